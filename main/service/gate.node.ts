/** Who asks: the key of a request, its role, and how much it may ask. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { type BucketOptions, Slots, TokenBuckets } from './limits.ts';
import type { Caller, KeyLookup } from './parts.ts';
import { Refusal } from './refusal.ts';
import type { RouteRow } from './routes.ts';

export interface GateOptions {
  /** Of a key. A studio at work asks about one request a second; the first sync of many listings asks in bursts. */
  readonly key?: BucketOptions;
  /** Of an address, for requests that come without a key that is known. */
  readonly address?: BucketOptions;
  /** Feeds that one key may wait on at once. */
  readonly feedsPerKey?: number;
  /** Proxies in front of the service that are ours: so many of `X-Forwarded-For`, from its end, are believed. */
  readonly trustedProxies?: number;
}

const KEY_LIMIT: BucketOptions = { perSecond: 50, burst: 300 };
const ADDRESS_LIMIT: BucketOptions = { perSecond: 5, burst: 60 };
const FEEDS_PER_KEY = 64;
/** Keys that were known lately: they get past the limit of an address that others have used up. */
const REMEMBERED_KEYS = 10_000;

const later = (seconds: number): Refusal =>
  new Refusal(429, 'host_unreachable', `Too many requests at once. Try again in ${seconds} s.`, {
    'Retry-After': String(seconds),
  });
const unknownKey = (): Refusal =>
  new Refusal(401, 'forbidden_role', 'This needs a key that the server knows: Authorization: Bearer <key>.', {
    'WWW-Authenticate': 'Bearer',
  });

/** The key a request came with; undefined where there is none, or two that differ. */
export function presentedKey(headers: Headers): string | undefined {
  const authorization = headers.get('authorization');
  const bearer = authorization === null ? undefined : /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1];
  const header = headers.get('x-api-key')?.trim();
  if (authorization !== null && bearer === undefined) return undefined;
  if (bearer !== undefined && header !== undefined && bearer !== header) return undefined;
  const key = bearer ?? header;
  return key !== undefined && /^[\x21-\x7e]{1,200}$/.test(key) ? key : undefined;
}

/** The address to count by: IPv6 by its /64, which one customer has. */
export function countedAddress(
  incoming: IncomingMessage | undefined,
  forwarded: string | null,
  trustedProxies: number,
): string {
  let address = incoming?.socket.remoteAddress ?? 'unknown';
  if (trustedProxies > 0 && forwarded !== null) {
    const hops = forwarded.split(',').map((hop) => hop.trim());
    address = hops[Math.max(0, hops.length - trustedProxies)] ?? address;
  }
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').slice(0, 60);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].slice(0, 4).join(':');
}

export class Gate {
  readonly feeds: Slots;
  private readonly lookup: KeyLookup;
  private readonly keys: TokenBuckets;
  private readonly addresses: TokenBuckets;
  private readonly known = new Set<string>();

  constructor(lookup: KeyLookup, options: GateOptions = {}) {
    this.lookup = lookup;
    this.keys = new TokenBuckets(options.key ?? KEY_LIMIT);
    this.addresses = new TokenBuckets(options.address ?? ADDRESS_LIMIT);
    this.feeds = new Slots(options.feedsPerKey ?? FEEDS_PER_KEY);
  }

  /** A request that needs no key, or that no address answers: counted by its address. */
  stranger(address: string): void {
    const wait = this.addresses.take(address);
    if (wait > 0) throw later(wait);
  }

  /** Whose key it is, and whether the row lets them. Throws a `Refusal`: 401, 403 or 429. */
  async enter(row: RouteRow, headers: Headers, address: string): Promise<Caller> {
    const key = presentedKey(headers);
    if (key === undefined) {
      this.stranger(address);
      throw unknownKey();
    }
    const mark = createHash('sha256').update(key).digest('base64');
    if (!this.known.has(mark)) {
      const wait = this.addresses.wait(address);
      if (wait > 0) throw later(wait);
    }
    const caller = await this.lookup.find(key);
    if (caller === undefined) {
      this.known.delete(mark);
      this.stranger(address);
      throw unknownKey();
    }
    this.remember(mark);
    const wait = this.keys.take(caller.keyId);
    if (wait > 0) throw later(wait);
    if (row.who === 'open' || !row.who.includes(caller.role))
      throw new Refusal(403, 'forbidden_role', `A key of role ${caller.role} may not do this.`);
    return caller;
  }

  /** Whether a key that came in is still good: streams ask again now and then. */
  async isStillGood(headers: Headers): Promise<boolean> {
    const key = presentedKey(headers);
    return key !== undefined && (await this.lookup.find(key)) !== undefined;
  }

  private remember(mark: string): void {
    this.known.delete(mark);
    this.known.add(mark);
    if (this.known.size <= REMEMBERED_KEYS) return;
    const [oldest] = this.known;
    if (oldest !== undefined) this.known.delete(oldest);
  }
}
