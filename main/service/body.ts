/**
 * A request's JSON, read with limits before anything is made of it: bytes while they come, depth before parsing (zod and
 * JSON.stringify descend by calls), and no text that Postgres cannot hold (NUL, half of a surrogate pair). Pure.
 */
import { Refusal } from './refusal.ts';

/** The deepest document that is asked for, a film's settings in a push, has 12 levels. */
export const MAX_DEPTH = 64;

/** The body as text. Throws a `Refusal`: 413 above `most` bytes, 400 where it is not UTF-8. */
export async function readText(request: Request, most: number): Promise<string> {
  const tooLarge = (): Refusal =>
    new Refusal(413, 'file_too_large', `This is more than may be sent here at once (${most} bytes).`);
  const announced = request.headers.get('content-length');
  if (announced !== null && Number(announced) > most) throw tooLarge();
  if (request.body === null) return '';
  const reader = request.body.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > most) throw tooLarge();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    // What is left of it is not read; the server closes the connection.
    reader.cancel().catch(() => {});
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, 'bad_usage', 'The body is not text in UTF-8, or it ended early.');
  }
}

/** How deep arrays and objects lie in each other, without parsing. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (inText) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function isHoldable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Whether every text and name in it can be kept in the database. */
function allHoldable(value: unknown): boolean {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string') {
      if (!isHoldable(one)) return false;
    } else if (Array.isArray(one)) for (const inner of one as unknown[]) left.push(inner);
    else if (typeof one === 'object' && one !== null)
      for (const [name, inner] of Object.entries(one)) {
        if (!isHoldable(name) || name === '__proto__') return false;
        left.push(inner);
      }
  }
  return true;
}

/** Parses it. Throws a `Refusal` (400) for what is no JSON, too deep, or holds what cannot be kept. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new Refusal(400, 'bad_usage', `The JSON is more than ${MAX_DEPTH} levels deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'bad_usage', 'The body is not JSON.');
  }
  // Text of a well-formed request is searched only where an escape could hide something.
  if ((text.includes('\\u') || text.includes('__proto__')) && !allHoldable(value))
    throw new Refusal(
      400,
      'bad_usage',
      'A text in the JSON holds a NUL, half a character or a name that is not allowed.',
    );
  return value;
}

/** The JSON body of a request. 415 for another content type. */
export async function readJsonBody(request: Request, most: number): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const text = await readText(request, most);
  if (text === '') return undefined;
  if (type !== 'application/json')
    throw new Refusal(415, 'bad_usage', 'Send JSON, with Content-Type: application/json.');
  return parseJson(text);
}
