/**
 * Fetches what the backend names by address: objects of the buckets that are ours to read, and https addresses of public
 * hosts. A name that leads into this network is refused when it is connected to, whatever it led to before.
 */
import { lookup as lookupCallback } from 'node:dns';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile } from '../../base/files.node.ts';
import { MAX_FILE_BYTES } from '../../pipeline/analyze/ingest.node.ts';

/** Without a byte for this long it is given up, milliseconds. */
const SILENCE_MS = 20_000;

/** Addresses that no upload of a customer lies at: this machine, private networks, metadata, multicast, reserved. */
const REFUSED = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24],
  ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) REFUSED.addSubnet(network, bits, 'ipv4'); // biome-ignore format: a table
for (const [network, bits] of [
  ['::', 128], ['::1', 128], ['64:ff9b::', 96], ['100::', 64], ['2001:db8::', 32], ['2002::', 16], ['fc00::', 7],
  ['fe80::', 10], ['ff00::', 8],
] as const) REFUSED.addSubnet(network, bits, 'ipv6'); // biome-ignore format: a table

/** Whether an address may be fetched from. IPv4 inside IPv6 counts as the IPv4 that it is. */
export function isPublicAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return !REFUSED.check(mapped, 'ipv4');
  if (/^::ffff:/i.test(address)) return false;
  return !REFUSED.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Looks up as the connection is made, so that a name cannot lead elsewhere between the check and the use. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookupCallback(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const [first] = addresses;
    if (first === undefined || addresses.some(({ address }) => !isPublicAddress(address)))
      return callback(Object.assign(new Error(`${hostname} leads into this network.`), { code: 'EACCES' }), '', 0);
    if (options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

export interface Sources {
  /** Undefined where no bucket is set. */
  readonly s3: S3Client | undefined;
  readonly buckets: ReadonlySet<string>;
  /** For tests, which have no public host. */
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

/**
 * Writes what lies at the address to `path`, whole or not at all. Errors: `bad_usage` for an address that is not ours to
 * read, `download_failed`, `file_too_large`, `cancelled`.
 */
export async function fetchUri(uri: string, path: string, sources: Sources, signal: AbortSignal): Promise<void> {
  const part = besidePath(path);
  const url = new URL(uri);
  try {
    if (url.protocol === 's3:') await keep(await fromBucket(url, sources, signal), part, uri, signal);
    else if (url.protocol === 'https:') await keep(await fromWeb(url, sources, signal), part, uri, signal);
    else throw new PicaividError('bad_usage', 'A photo or music lies at s3://bucket/key or https://host/path.');
    await commitFile(part, path);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof PicaividError) throw error;
    if (signal.aborted) throw new PicaividError('cancelled', 'Stopped as asked.', { cause: error });
    const known = toPicaividError(error, 'download_failed');
    throw known.code === 'disk_full'
      ? known
      : new PicaividError('download_failed', `${shown(url)} could not be fetched.`, { cause: error });
  }
}

/** Without what may be a secret of a signed address. */
const shown = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;

async function fromBucket(url: URL, { s3, buckets }: Sources, signal: AbortSignal): Promise<Readable> {
  if (s3 === undefined || !buckets.has(url.hostname))
    throw new PicaividError('bad_usage', `The bucket ${url.hostname} is not one that this service reads.`);
  const key = decodeURIComponent(url.pathname.slice(1));
  const answer = await s3.send(new GetObjectCommand({ Bucket: url.hostname, Key: key }), { abortSignal: signal });
  if ((answer.ContentLength ?? 0) > MAX_FILE_BYTES) throw tooLarge(url);
  if (answer.Body === undefined) throw new PicaividError('download_failed', `${shown(url)} is empty.`);
  return answer.Body as Readable;
}

function fromWeb(url: URL, { lookup, ca }: Sources, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      signal,
      timeout: SILENCE_MS,
      lookup: lookup ?? publicLookup,
      ...(ca === undefined ? {} : { ca }),
    };
    const request = get(url, options, (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode !== 200) {
        answer.resume();
        // A redirect is not followed: where it leads was not what the backend named.
        reject(new PicaividError('download_failed', `${shown(url)} answered ${statusCode}.`));
      } else if (Number(answer.headers['content-length'] ?? 0) > MAX_FILE_BYTES) {
        answer.destroy();
        reject(tooLarge(url));
      } else resolve(answer);
    });
    request.on('timeout', () => request.destroy(new Error('No answer for too long.')));
    request.on('error', reject);
  });
}

async function keep(body: Readable, path: string, uri: string, signal: AbortSignal): Promise<void> {
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      // A length that was not told, or not true.
      if (bytes > MAX_FILE_BYTES) throw tooLarge(new URL(uri));
      yield chunk;
    }
  };
  await pipeline(body, counted, createWriteStream(path, { flags: 'wx' }), { signal });
}

const tooLarge = (url: URL): PicaividError =>
  new PicaividError('file_too_large', `${shown(url)} is larger than ${MAX_FILE_BYTES / 1_000_000} MB.`);
