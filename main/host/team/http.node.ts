/**
 * Requests to the team's server. Every one has a time limit, so that a connection whose other end is gone is found; what
 * comes back is parsed before it is used; the token is in a header alone, and in no message.
 */
import { z } from 'zod';
import { ERROR_CODES, PicaividError, throwIfCancelled } from '../../../base/errors.ts';

export type Asked = { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined };

/** Milliseconds. Answers of the server come within a second; a slow line gets time. */
const TIMEOUT_MS = 20_000;
/** Bytes of an answer: the snapshot of a listing of 500 photos is 5 MB. */
const MOST_BYTES = 64_000_000;

const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string() });

/** The server does not know the token, or not for this: no other try helps. */
export class TokenRefused extends PicaividError {
  constructor(message = 'The team’s server does not know this key (any more). Ask its operator for a new one.') {
    super('forbidden_role', message);
  }
}

/** Told to wait: another try helps after so long. */
export class TooMany extends PicaividError {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super('host_unreachable', 'The team’s server asks to be left alone for a moment.');
    this.afterMs = afterMs;
  }
}

/**
 * The address as it is kept: without a path at its end. https, or http to this machine or a private network, where a
 * key can be read along only by those who are in it. Throws `bad_usage`.
 */
export function serverUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`);
  } catch {
    throw new PicaividError('bad_usage', 'This is no address of a server. It looks like https://team.example.com.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new PicaividError('bad_usage', 'A server’s address begins with https://, or http:// on this machine.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new PicaividError('bad_usage', 'Give the server’s address alone, without names, passwords or a “?”.');
  if (url.protocol === 'http:' && !isNear(url.hostname))
    throw new PicaividError('bad_usage', 'Over http the key could be read on the way. Use the server’s https address.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function isNear(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    name === 'localhost' || name === '::1' || name.endsWith('.local') || !/[.:]/.test(name) ||
    /^(127|10)\.\d+\.\d+\.\d+$/.test(name) || /^192\.168\.\d+\.\d+$/.test(name) ||
    /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(name) || /^f[cd][0-9a-f]{2}:/.test(name)
  ); // biome-ignore format: one thought
}

export class TeamHttp {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  get<T>(path: string, schema: z.ZodType<T>, asked: Asked = {}): Promise<T> {
    return this.ask('GET', path, undefined, schema, asked);
  }

  post<T>(path: string, body: unknown, schema: z.ZodType<T>, asked: Asked = {}): Promise<T> {
    return this.ask('POST', path, body, schema, asked);
  }

  /**
   * Errors: `host_unreachable` (no answer, a server that is down or busy), `forbidden_role` (TokenRefused, or the role),
   * what the server says, `cancelled`.
   */
  private async ask<T>(method: string, path: string, body: unknown, schema: z.ZodType<T>, asked: Asked): Promise<T> {
    const { signal } = asked;
    throwIfCancelled(signal);
    const limit = AbortSignal.timeout(asked.timeoutMs ?? TIMEOUT_MS);
    let status: number;
    let retryAfter: string | null;
    let text: string;
    try {
      const answer = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect could take the key elsewhere.
        redirect: 'error',
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      status = answer.status;
      retryAfter = answer.headers.get('retry-after');
      text = await readText(answer);
    } catch (error) {
      throwIfCancelled(signal);
      throw new PicaividError('host_unreachable', 'The team’s server cannot be reached now.', { cause: error });
    }
    if (status >= 200 && status < 300) return parsed(text, schema);
    throw refusal(status, text, retryAfter);
  }
}

async function readText(answer: Response): Promise<string> {
  if (answer.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new PicaividError('file_too_large', 'The server answered more than it should.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed<T>(text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new PicaividError(
      'host_unreachable',
      'At this address something answers that is not a team’s server of this version. Check the address, or update the studio.',
      { cause: error },
    );
  }
}

function refusal(status: number, text: string, retryAfter: string | null): PicaividError {
  if (status === 401) return new TokenRefused();
  if (status === 429) return new TooMany(Math.min(60, Math.max(1, Number(retryAfter) || 2)) * 1000);
  let said: z.infer<typeof errorSchema> | undefined;
  try {
    said = errorSchema.parse(JSON.parse(text));
  } catch {
    said = undefined; // something in between answered
  }
  if (status >= 500 || said === undefined)
    return new PicaividError('host_unreachable', `The team’s server cannot answer now (${status}).`);
  return new PicaividError(said.code, said.message);
}
