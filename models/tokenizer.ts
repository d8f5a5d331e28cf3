/**
 * CLIP's byte-pair tokenizer (Radford et al. 2021; `simple_tokenizer.py` of OpenAI CLIP and open_clip), pure. Text is
 * lower-cased and its white space collapsed; unlike the reference it does not repair broken encodings or HTML.
 */
export const CONTEXT_LENGTH = 77;
/** Merges that CLIP uses of the published list: its vocabulary is 49,152 less 256 bytes and 2 marks. */
const MERGE_COUNT = 49_152 - 256 - 2;
const START = '<|startoftext|>';
const END = '<|endoftext|>';
const PATTERN = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

export interface Tokenizer {
  readonly start: number;
  readonly end: number;
  /** Ids with start and end marks, at most `CONTEXT_LENGTH` (cut, the end mark kept), not padded. */
  encode(text: string): number[];
}

/** GPT-2's reversible map of bytes to printable characters, in the order of the vocabulary. */
function byteCharacters(): { readonly order: readonly string[]; readonly byByte: readonly string[] } {
  const printable: number[] = [];
  for (const [from, to] of [
    [33, 126],
    [161, 172],
    [174, 255],
  ] as const)
    for (let byte = from; byte <= to; byte++) printable.push(byte);
  const byByte: string[] = [];
  const order: string[] = [];
  for (const byte of printable) {
    byByte[byte] = String.fromCodePoint(byte);
    order.push(String.fromCodePoint(byte));
  }
  for (let byte = 0, extra = 0; byte < 256; byte++) {
    if (byByte[byte] !== undefined) continue;
    byByte[byte] = String.fromCodePoint(256 + extra++);
    order.push(byByte[byte] as string);
  }
  return { order, byByte };
}

/** The merges of `bpe_simple_vocab_16e6.txt` (after its heading line), as CLIP uses them. */
export function mergesFromVocabulary(text: string): string[] {
  return text.split('\n').slice(1, MERGE_COUNT + 1);
}

/** Builds the tokenizer from merges `a b`, best first; ids follow from their order unless a vocabulary is given. */
export function createTokenizer(merges: readonly string[], vocabulary?: Readonly<Record<string, number>>): Tokenizer {
  const { order, byByte } = byteCharacters();
  const ids = new Map<string, number>();
  const ranks = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) ranks.set(merge, rank);
  if (vocabulary !== undefined) {
    for (const [token, id] of Object.entries(vocabulary)) ids.set(token, id);
  } else {
    const add = (token: string): void => {
      ids.set(token, ids.size);
    };
    for (const character of order) add(character);
    for (const character of order) add(`${character}</w>`);
    for (const merge of merges) add(merge.replace(' ', ''));
    add(START);
    add(END);
  }
  const start = ids.get(START);
  const end = ids.get(END);
  if (start === undefined || end === undefined) throw new RangeError('The vocabulary has no start or end mark.');
  const encoder = new TextEncoder();
  const cache = new Map<string, readonly number[]>();

  const word = (text: string): readonly number[] => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const parts = [...encoder.encode(text)].map((byte) => byByte[byte] as string);
    parts[parts.length - 1] += '</w>';
    const found = mergeParts(parts, ranks).map((part) => ids.get(part) ?? end);
    cache.set(text, found);
    return found;
  };

  return {
    start,
    end,
    encode: (text) => {
      const out = [start];
      for (const [piece] of text.toLowerCase().replace(/\s+/gu, ' ').trim().matchAll(PATTERN)) {
        const mark = piece === START || piece === END ? ids.get(piece) : undefined;
        if (mark !== undefined) out.push(mark);
        else out.push(...word(piece));
        if (out.length >= CONTEXT_LENGTH) break;
      }
      return [...out.slice(0, CONTEXT_LENGTH - 1), end];
    },
  };
}

/** Joins the best-ranked neighbours, everywhere they occur, until none is left. */
function mergeParts(start: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let parts = start;
  while (parts.length > 1) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`);
      if (rank !== undefined && rank < best) {
        best = rank;
        at = i;
      }
    }
    if (at < 0) break;
    const left = parts[at];
    const right = parts[at + 1];
    const next: string[] = [];
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] === left && parts[i + 1] === right) {
        next.push(`${left}${right}`);
        i++;
      } else next.push(parts[i] as string);
    }
    parts = next;
  }
  return parts;
}
