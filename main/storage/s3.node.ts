/**
 * The storage in S3. A whole upload carries its SHA-256, which S3 itself checks; one in parts is read back and checked
 * when it is put together, for S3 knows no SHA-256 over parts that is the file's own.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  NoSuchUpload,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import { isKey, mustKey, partBytesOf, partCount } from './keys.ts';
import { base64Sha256, downloadByLink, hexSha256 } from './links.node.ts';
import type { Expected, SignedLink, SignedParts, Storage, StoredObject, TransferOptions } from './storage.ts';

const LINK_SECONDS = 900;
/** From here on this machine's own uploads go in parts. Bytes. */
const PARTS_FROM = 32_000_000;

export interface S3Options {
  readonly bucket: string;
  readonly region?: string;
  /** Another address than Amazon's own; buckets are then a part of the path. */
  readonly endpoint?: string;
}

export function s3Client({ region, endpoint }: Pick<S3Options, 'region' | 'endpoint'>): S3Client {
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // Ours are SHA-256, named by hand; the client's own CRC beside them would have to be in every link too.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 5,
  });
}

export function s3Storage(options: S3Options): Storage {
  const client = s3Client(options);
  const Bucket = options.bucket;
  const expiresAt = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

  const head = async (key: string): Promise<StoredObject | undefined> => {
    if (!isKey(key)) {
      // Whether the bucket answers at all is what a question for no object is for.
      await client.send(new HeadObjectCommand({ Bucket, Key: key })).catch(absent);
      return undefined;
    }
    const found = await client.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' })).catch(absent);
    if (found === undefined) return undefined;
    const whole = found.ChecksumSHA256 !== undefined && !found.ChecksumSHA256.includes('-');
    const sha256 = whole ? hexSha256(found.ChecksumSHA256 ?? '') : (found.Metadata?.sha256 ?? '');
    return { key, bytes: found.ContentLength ?? 0, sha256 };
  };

  /** Reads an object back and compares; takes a wrong one away. */
  const verify = async (key: string, expected: Expected): Promise<StoredObject> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }));
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of Body as Readable) {
      bytes += (chunk as Uint8Array).byteLength;
      hash.update(chunk as Uint8Array);
    }
    if (bytes === expected.bytes && hash.digest('hex') === expected.sha256) return { key, ...expected };
    await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
    throw new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.');
  };

  const listParts = async (
    key: string,
    uploadId: string,
  ): Promise<{ number: number; etag: string; bytes: number }[]> => {
    const parts: { number: number; etag: string; bytes: number }[] = [];
    let marker: string | undefined;
    do {
      const page = await client.send(
        new ListPartsCommand({ Bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
      );
      for (const { PartNumber = 0, ETag = '', Size = 0 } of page.Parts ?? [])
        parts.push({ number: PartNumber - 1, etag: ETag, bytes: Size });
      marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  };

  const begin = async (key: string, sha256: string, contentType: string): Promise<string> => {
    const made = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: key, ContentType: contentType, Metadata: { sha256 } }),
    );
    return made.UploadId ?? '';
  };

  const complete = async (key: string, uploadId: string, expected: Expected): Promise<StoredObject> => {
    const size = partBytesOf(expected.bytes);
    const parts = (await listParts(key, uploadId)).filter(({ number, bytes }) => bytes === Math.min(size, expected.bytes - number * size)); // biome-ignore format: one thought
    if (parts.length !== partCount(expected.bytes))
      throw new PicaividError('verification_failed', `${partCount(expected.bytes) - parts.length} parts of this file have not arrived. Send them, then complete it.`); // biome-ignore format: one sentence
    const Parts = parts.sort((a, b) => a.number - b.number).map(({ number, etag }) => ({ PartNumber: number + 1, ETag: etag })); // biome-ignore format: one thought
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts } })); // biome-ignore format: one call
    return verify(key, expected);
  };

  const signGet = async (key: string, seconds = LINK_SECONDS): Promise<SignedLink> => ({
    url: await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: mustKey(key) }), { expiresIn: seconds }),
    method: 'GET',
    headers: {},
    expiresAt: expiresAt(seconds),
  });

  return {
    engine: 's3',
    head,
    async putFile(key, path, expected, { signal, onProgress }: TransferOptions = {}) {
      mustKey(key);
      throwIfCancelled(signal);
      const known = await head(key);
      if (known?.bytes === expected.bytes && known.sha256 === expected.sha256) return known;
      const abortable = signal === undefined ? {} : { abortSignal: signal };
      try {
        if (expected.bytes < PARTS_FROM) {
          await client.send(
            new PutObjectCommand({
              Bucket,
              Key: key,
              Body: createReadStream(path),
              ContentLength: expected.bytes,
              ChecksumSHA256: base64Sha256(expected.sha256),
            }),
            abortable,
          );
          return { key, ...expected };
        }
        const uploadId = await begin(key, expected.sha256, 'application/octet-stream');
        const size = partBytesOf(expected.bytes);
        const count = partCount(expected.bytes);
        try {
          for (let number = 0; number < count; number += 1) {
            const start = number * size;
            const bytes = Math.min(size, expected.bytes - start);
            await client.send(
              new UploadPartCommand({
                Bucket,
                Key: key,
                UploadId: uploadId,
                PartNumber: number + 1,
                Body: createReadStream(path, { start, end: start + bytes - 1 }),
                ContentLength: bytes,
              }),
              abortable,
            );
            onProgress?.({ fraction: (number + 1) / count, sentence: 'Sending' });
          }
          return await complete(key, uploadId, expected);
        } catch (error) {
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId })).catch(() => {});
          throw error;
        }
      } catch (error) {
        throwIfCancelled(signal);
        throw known400(error);
      }
    },
    getFile: (key, path, expected, transfer = {}) => downloadByLink(() => signGet(key), path, expected, transfer),
    async delete(key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: mustKey(key) }));
    },
    async signPut(key, { bytes, sha256, contentType }) {
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
      const url = await getSignedUrl(client, command, { expiresIn: LINK_SECONDS, unhoistableHeaders, signableHeaders });
      const headers = { 'Content-Type': contentType, 'x-amz-checksum-sha256': checksum };
      return { url, method: 'PUT', headers, expiresAt: expiresAt(LINK_SECONDS) };
    },
    async signParts(key, expected, uploadId): Promise<SignedParts> {
      mustKey(key);
      const size = partBytesOf(expected.bytes);
      let id = uploadId;
      let there: { number: number; bytes: number }[] = [];
      if (id !== undefined)
        try {
          there = await listParts(key, id);
        } catch (error) {
          if (!(error instanceof NoSuchUpload) && !(error instanceof S3ServiceException && error.name === 'NoSuchUpload')) throw error; // biome-ignore format: one thought
          // It was given up meanwhile: from the beginning.
          id = undefined;
        }
      id ??= await begin(key, expected.sha256, expected.contentType);
      const parts: SignedLink[] = [];
      for (let number = 0; number < partCount(expected.bytes); number += 1) {
        const command = new UploadPartCommand({ Bucket, Key: key, UploadId: id, PartNumber: number + 1 });
        const url = await getSignedUrl(client, command, { expiresIn: LINK_SECONDS });
        parts.push({ url, method: 'PUT', headers: {}, expiresAt: expiresAt(LINK_SECONDS) });
      }
      const whole = there.filter(({ number, bytes }) => bytes === Math.min(size, expected.bytes - number * size));
      return { uploadId: id, partBytes: size, parts, done: whole.map(({ number }) => number).sort((a, b) => a - b) };
    },
    completeParts: (key, uploadId, expected) => complete(mustKey(key), uploadId, expected),
    signGet,
    close: async () => client.destroy(),
  };
}

/** Undefined for what is not there; anything else is thrown. */
function absent(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
  throw error;
}

/** A wrong checksum as what it is. */
function known400(error: unknown): unknown {
  const wrong = error instanceof S3ServiceException && ['BadDigest', 'InvalidRequest', 'XAmzContentChecksumMismatch'].includes(error.name); // biome-ignore format: one thought
  return wrong
    ? new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.', { cause: error }) // biome-ignore format: one sentence
    : error;
}
