/** H.264 byte streams (ITU-T H.264, Annex B): start codes, and pictures cut apart as they come. */

/** Length-prefixed NAL units of one MP4 sample, rewritten with start codes. Parameter sets inside are left out. */
export function sampleToAnnexB(sample: Uint8Array, lengthSize: number): Uint8Array {
  const parts: { from: number; to: number }[] = [];
  let total = 0;
  for (let at = 0; at + lengthSize <= sample.length; ) {
    let size = 0;
    for (let i = 0; i < lengthSize; i++) size = size * 256 + (sample[at + i] as number);
    const from = at + lengthSize;
    const to = Math.min(sample.length, from + size);
    if (isPicture(sample[from] ?? 0)) {
      parts.push({ from, to });
      total += 4 + to - from;
    }
    at = from + size;
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const { from, to } of parts) {
    out[at + 3] = 1;
    out.set(sample.subarray(from, to), at + 4);
    at += 4 + to - from;
  }
  return out;
}

/** True for the NAL units that make the picture: slices 1 and 5. Headers, delimiters and comments are written anew. */
function isPicture(header: number): boolean {
  const type = header & 31;
  return type >= 1 && type <= 5;
}

/**
 * Cuts an Annex B stream into pictures as bytes arrive. `push` gives the pictures completed by a chunk, `end` the last
 * one. Each is its slices with start codes; parameter sets seen on the way are kept in `parameterSets`.
 */
export class PictureSplitter {
  parameterSets = new Uint8Array(0);
  #pending = new Uint8Array(0);
  /** Where the search for the next start code goes on inside #pending. */
  #searched = 0;
  #picture: Uint8Array[] = [];
  #sets: Uint8Array[] = [];
  #setTypes = new Set<number>();

  push(chunk: Uint8Array): Uint8Array[] {
    const joined = new Uint8Array(this.#pending.length + chunk.length);
    joined.set(this.#pending);
    joined.set(chunk, this.#pending.length);
    const out: Uint8Array[] = [];
    let nal = startCodeAt(joined, 0) === 0 ? 0 : -1;
    let at = Math.max(nal === 0 ? 3 : 0, this.#searched);
    for (;;) {
      const next = startCodeAt(joined, at);
      if (next < 0) break;
      if (nal >= 0) this.#unit(joined.subarray(nal + 3, next), out);
      nal = next;
      at = next + 3;
    }
    this.#pending = joined.slice(Math.max(nal, 0));
    this.#searched = Math.max(nal >= 0 ? 3 : 0, this.#pending.length - 2);
    return out;
  }

  end(): Uint8Array[] {
    const out: Uint8Array[] = [];
    if (this.#pending.length > 3) this.#unit(this.#pending.subarray(3), out);
    this.#pending = new Uint8Array(0);
    this.#flush(out);
    return out;
  }

  #unit(unit: Uint8Array, out: Uint8Array[]): void {
    // Zero bytes before the next start code belong to its four-byte form, not to this unit.
    let end = unit.length;
    while (end > 0 && unit[end - 1] === 0) end--;
    const body = unit.subarray(0, end);
    const header = body[0] ?? 0;
    const type = header & 31;
    if (isPicture(header)) {
      // first_mb_in_slice is the first Exp-Golomb code of the slice: a leading 1 bit means 0, a new picture.
      if (((body[1] ?? 0) & 0x80) !== 0) this.#flush(out);
      this.#picture.push(withStartCode(body));
    } else {
      this.#flush(out);
      if ((type === 7 || type === 8) && !this.#setTypes.has(type)) {
        this.#setTypes.add(type);
        this.#sets.push(withStartCode(body));
        this.parameterSets = concatBytes(this.#sets);
      }
    }
  }

  #flush(out: Uint8Array[]): void {
    if (this.#picture.length > 0) out.push(concatBytes(this.#picture));
    this.#picture = [];
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** True when the picture is an IDR picture: decoding can start there. */
export function isKeyPicture(picture: Uint8Array): boolean {
  return ((picture[4] ?? 0) & 31) === 5;
}

function withStartCode(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + 4);
  out[3] = 1;
  out.set(body, 4);
  return out;
}

/** Index of the next 00 00 01 at or after `from`, or -1. */
function startCodeAt(bytes: Uint8Array, from: number): number {
  for (let i = bytes.indexOf(1, from + 2); i >= 0; i = bytes.indexOf(1, i + 1)) {
    if (bytes[i - 1] === 0 && bytes[i - 2] === 0) return i - 2;
  }
  return -1;
}
