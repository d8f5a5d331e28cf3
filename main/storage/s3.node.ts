/**
 * The storage in S3. A whole upload carries its SHA-256, which S3 itself checks; one in parts is checked in
 * `s3-parts.node.ts` before it is seen.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { errnoOf, PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { bytesOfPart, isKey, mustKey, partBytesOf, partCount } from './keys.ts';
import { base64Sha256, downloadByLink, hexSha256, readSpan, StaleLink } from './links.node.ts';
import { nameOf, s3Problem, statusOf } from './s3-errors.ts';
import { arrivingOf, S3Parts } from './s3-parts.node.ts';
import type { Expected, SignedLink, SignedParts, Storage, StoredObject, TransferOptions } from './storage.ts';

const LINK_SECONDS = 900;
/** The longest that S3 signs for. */
const MOST_LINK_SECONDS = 7 * 86_400;
/** From here on this machine's own uploads go in parts. Bytes; what is smaller is held in memory, to be sent again. */
const PARTS_FROM = 32_000_000;
const PARTS_AT_ONCE = 3;
/** A line that is dead is given up, and the call made anew. Milliseconds. */
const CONNECT_MS = 5_000;
const SILENCE_MS = 30_000;

export interface S3Options {
  readonly bucket: string;
  readonly region?: string;
  /** Another address than Amazon's own; buckets are then a part of the path. */
  readonly endpoint?: string;
  /** Above this an upload in parts is copied to its key in parts too. Bytes; 5 MiB to 5 GB. */
  readonly copyBytes?: number;
  /** From here on this machine's own uploads go in parts. Bytes. */
  readonly partsFrom?: number;
}

export function s3Client({ region, endpoint }: Pick<S3Options, 'region' | 'endpoint'>): S3Client {
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // Ours are SHA-256, named by hand; the client's own CRC beside them would have to be in every link too.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 5,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
}

/** Every call throws PicaividErrors only; `host_unreachable` for what may pass. */
export function s3Storage(options: S3Options): Storage {
  const client = s3Client(options);
  const Bucket = options.bucket;
  const parts = new S3Parts(client, Bucket, options.copyBytes);
  const expiresAt = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES' ? toPicaividError(error) : s3Problem(error);
    }
  };

  /**
   * Asked with GET, whose answer says why: without the right to list the bucket, S3 answers 403 for what is not there,
   * and only the name in the body tells that from wrong credentials. Throws for anything but "not there".
   */
  const ask = async (key: string): Promise<void> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key, Range: 'bytes=0-0' }));
      await Body?.transformToByteArray();
    } catch (error) {
      if (!['NoSuchKey', 'AccessDenied', 'InvalidRange'].includes(nameOf(error))) throw error;
    }
  };

  const head = async (key: string): Promise<StoredObject | undefined> => {
    if (!isKey(key)) {
      // Whether the bucket answers at all is what a question for no object is for.
      await ask('blobs/none');
      return undefined;
    }
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }));
      const whole = found.ChecksumSHA256 !== undefined && !found.ChecksumSHA256.includes('-');
      // Metadata is written by us alone, when what came in parts was checked: a link's headers are all signed.
      const sha256 = whole ? hexSha256(found.ChecksumSHA256 ?? '') : (found.Metadata?.sha256 ?? '');
      return { key, bytes: found.ContentLength ?? 0, sha256 };
    } catch (error) {
      const status = statusOf(error);
      if (status !== 404 && status !== 403) throw error;
      await ask(key);
      return undefined;
    }
  };
  const holds = async (key: string, expected: Expected): Promise<StoredObject | undefined> => {
    const known = await head(key);
    return known?.bytes === expected.bytes && known.sha256 === expected.sha256 ? known : undefined;
  };

  const complete = async (
    key: string,
    uploadId: string,
    expected: Expected,
    signal?: AbortSignal,
  ): Promise<StoredObject> => {
    const at = arrivingOf(key, uploadId);
    if (at === undefined) throw new PicaividError('bad_usage', 'This is no upload of the storage.');
    const there = await parts.list(at, expected);
    const left = partCount(expected.bytes) - (there?.length ?? 0);
    if (there !== undefined && left > 0)
      throw new PicaividError('verification_failed', `${left} parts of this file have not arrived. Send them, then complete it.`); // biome-ignore format: one sentence
    // Undefined: they were put together before, and the answer or this program was lost.
    try {
      if (there !== undefined) await parts.join(at, there);
    } catch (error) {
      // A second try of the client's, whose first was done though its answer was lost: what arrived tells.
      if (nameOf(error) !== 'NoSuchUpload') throw error;
    }
    try {
      await parts.settle(at, key, expected, signal);
    } catch (error) {
      if (!['NoSuchKey', 'AccessDenied', 'PreconditionFailed'].includes(nameOf(error))) throw error;
      const known = await holds(key, expected);
      if (known === undefined)
        throw new PicaividError('verification_failed', 'This upload is not known (any more). Send the file again.');
      return known;
    }
    return { key, bytes: expected.bytes, sha256: expected.sha256 };
  };

  const putWhole = async (
    key: string,
    path: string,
    expected: Expected,
    abortable: { abortSignal?: AbortSignal },
  ): Promise<void> => {
    const Body = await readSpan(path, 0, expected.bytes);
    const ChecksumSHA256 = base64Sha256(expected.sha256);
    const ContentLength = expected.bytes;
    await client.send(new PutObjectCommand({ Bucket, Key: key, Body, ContentLength, ChecksumSHA256 }), abortable);
  };

  const putParts = async (
    key: string,
    path: string,
    expected: Expected,
    { signal, onProgress }: TransferOptions,
  ): Promise<void> => {
    const uploadId = await parts.begin(key, 'application/octet-stream');
    const at = arrivingOf(key, uploadId);
    if (at === undefined) throw new PicaividError('internal', 'S3 named an upload in a way that is not known.');
    const count = partCount(expected.bytes);
    const numbers = Array.from({ length: count }, (_, number) => number).values();
    const stop = new AbortController();
    const abortSignal = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
    let sent = 0;
    const sender = async (): Promise<void> => {
      for (const number of numbers) {
        throwIfCancelled(signal);
        const bytes = bytesOfPart(expected.bytes, number);
        const Body = await readSpan(path, number * partBytesOf(expected.bytes), bytes);
        await client.send(
          new UploadPartCommand({ Bucket, ...at, PartNumber: number + 1, Body, ContentLength: bytes }),
          { abortSignal },
        );
        sent += 1;
        onProgress?.({ fraction: sent / count, sentence: 'Sending' });
      }
    };
    const senders = Array.from({ length: PARTS_AT_ONCE }, sender);
    try {
      await Promise.all(senders);
      await complete(key, uploadId, expected, signal);
    } catch (error) {
      // A part that is still under way would outlive the upload.
      stop.abort();
      await Promise.allSettled(senders);
      await parts.discard(at);
      throw error;
    }
  };

  const signGet = async (key: string, seconds = LINK_SECONDS): Promise<SignedLink> => {
    const expiresIn = Math.min(MOST_LINK_SECONDS, seconds);
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: mustKey(key) }), { expiresIn });
    return { url, method: 'GET', headers: {}, expiresAt: expiresAt(expiresIn) };
  };

  return {
    engine: 's3',
    head: (key) => guarded(() => head(key)),
    putFile: (key, path, expected, transfer = {}) =>
      guarded(async () => {
        const { signal, onProgress } = transfer;
        mustKey(key);
        throwIfCancelled(signal);
        const known = await holds(key, expected);
        if (known === undefined) {
          try {
            if (expected.bytes < (options.partsFrom ?? PARTS_FROM))
              await putWhole(key, path, expected, signal === undefined ? {} : { abortSignal: signal }); // biome-ignore format: one call
            else await putParts(key, path, expected, transfer);
          } catch (error) {
            throwIfCancelled(signal);
            throw error;
          }
        }
        onProgress?.({ fraction: 1, sentence: 'Stored' });
        return { key, bytes: expected.bytes, sha256: expected.sha256 };
      }),
    async getFile(key, path, expected, transfer = {}) {
      mustKey(key);
      try {
        await downloadByLink(() => guarded(() => signGet(key)), path, expected, transfer);
      } catch (error) {
        // 403 is what S3 answers for what is not there, too; and 404 for a bucket that is not.
        const unclear =
          error instanceof StaleLink || (error instanceof PicaividError && error.code === 'file_not_found');
        if (unclear && (await guarded(() => head(key))) === undefined)
          throw new PicaividError('file_not_found', 'The storage does not hold this file.', { cause: error });
        throw error;
      }
    },
    delete: (key) =>
      guarded(async () => void (await client.send(new DeleteObjectCommand({ Bucket, Key: mustKey(key) })))),
    signPut: (key, { bytes, sha256, contentType }) =>
      guarded(async () => {
        const checksum = base64Sha256(sha256);
        const command = new PutObjectCommand({
          Bucket,
          Key: mustKey(key),
          ContentLength: bytes,
          ContentType: contentType,
          ChecksumSHA256: checksum,
        });
        // In headers, which are signed: in the address a header beside it could say otherwise.
        const unhoistableHeaders = new Set(['x-amz-checksum-sha256']);
        const signableHeaders = new Set(['content-type', 'content-length', 'host', 'x-amz-checksum-sha256']);
        const url = await getSignedUrl(client, command, { expiresIn: LINK_SECONDS, unhoistableHeaders, signableHeaders }); // biome-ignore format: one call
        const headers = { 'Content-Type': contentType, 'x-amz-checksum-sha256': checksum };
        return { url, method: 'PUT', headers, expiresAt: expiresAt(LINK_SECONDS) };
      }),
    signParts: (key, expected, uploadId): Promise<SignedParts> =>
      guarded(async () => {
        mustKey(key);
        const known = uploadId === undefined ? undefined : arrivingOf(key, uploadId);
        const there = known === undefined ? undefined : await parts.list(known, expected);
        const count = partCount(expected.bytes);
        // Put together, and this program ended before it was checked: what is left to do is to complete it.
        const joined = known !== undefined && there === undefined && (await parts.arrived(known)) === expected.bytes;
        const all = Array.from({ length: joined ? count : 0 }, (_, number) => number);
        // One that was given up meanwhile, or is another storage's, is begun anew.
        const id =
          uploadId === undefined || (there === undefined && !joined)
            ? await parts.begin(key, expected.contentType)
            : uploadId;
        const at = arrivingOf(key, id);
        if (at === undefined) throw new PicaividError('internal', 'S3 named an upload in a way that is not known.');
        const links: SignedLink[] = [];
        for (let number = 0; number < count; number += 1) {
          const ContentLength = bytesOfPart(expected.bytes, number);
          const command = new UploadPartCommand({ Bucket, ...at, PartNumber: number + 1, ContentLength });
          const signableHeaders = new Set(['content-length', 'host']);
          const url = await getSignedUrl(client, command, { expiresIn: LINK_SECONDS, signableHeaders });
          links.push({ url, method: 'PUT', headers: {}, expiresAt: expiresAt(LINK_SECONDS) });
        }
        const done = there?.map(({ number }) => number) ?? all;
        return { uploadId: id, partBytes: partBytesOf(expected.bytes), parts: links, done };
      }),
    completeParts: (key, uploadId, expected) => guarded(() => complete(mustKey(key), uploadId, expected)),
    signGet: (key, seconds) => guarded(() => signGet(key, seconds)),
    close: async () => client.destroy(),
  };
}
