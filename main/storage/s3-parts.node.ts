/**
 * Uploads in parts to S3. S3 knows no SHA-256 over parts that is the file's own, so they are put together under a name of
 * their own, read back and checked there, and only then copied to the key: nothing unchecked is ever seen under a key.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { PicaividError } from '../../base/errors.ts';
import { sha256Text } from '../../base/files.node.ts';
import { bytesOfPart, partCount } from './keys.ts';
import { nameOf, statusOf } from './s3-errors.ts';
import type { Expected } from './storage.ts';

/** What S3 copies in one call; it takes 5 GB at most. Larger objects in parts of this. */
const COPY_BYTES = 2 ** 30;
const COPIES_AT_ONCE = 4;
/** What is only tidied away is tried for so long. Milliseconds. */
const TIDY_MS = 3_000;
const soon = (): AbortSignal => AbortSignal.timeout(TIDY_MS);
const UPLOAD = /^([0-9a-f]{32})\.([\x21-\x7e]{1,980})$/;

/** Where an upload arrives. */
export interface Arriving {
  readonly Key: string;
  readonly UploadId: string;
}
export interface ArrivedPart {
  /** From 0. */
  readonly number: number;
  readonly etag: string;
}

const arrivingKey = (key: string, nonce: string): string => `blobs/arriving/${sha256Text(key).slice(0, 32)}-${nonce}`;

/** The place of an upload's id that `beginParts` gave for this key; undefined for any other text. */
export function arrivingOf(key: string, uploadId: string): Arriving | undefined {
  const [, nonce, UploadId] = UPLOAD.exec(uploadId) ?? [];
  return nonce === undefined || UploadId === undefined ? undefined : { Key: arrivingKey(key, nonce), UploadId };
}

export class S3Parts {
  private readonly client: S3Client;
  private readonly Bucket: string;
  private readonly copyBytes: number;

  constructor(client: S3Client, bucket: string, copyBytes = COPY_BYTES) {
    this.client = client;
    this.Bucket = bucket;
    this.copyBytes = copyBytes;
  }

  /** The id of a new upload. */
  async begin(key: string, contentType: string): Promise<string> {
    const { Bucket } = this;
    const nonce = randomBytes(16).toString('hex');
    const Key = arrivingKey(key, nonce);
    const { UploadId } = await this.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ContentType: contentType }),
    );
    if (UploadId === undefined) throw new PicaividError('host_unreachable', 'S3 began an upload without a name.');
    return `${nonce}.${UploadId}`;
  }

  /** The whole parts that are there, in order; undefined where S3 knows the upload no more. */
  async list(at: Arriving, expected: Expected): Promise<ArrivedPart[] | undefined> {
    const { Bucket } = this;
    const parts: ArrivedPart[] = [];
    let marker: string | undefined;
    try {
      do {
        const page = await this.client.send(new ListPartsCommand({ Bucket, ...at, PartNumberMarker: marker }));
        for (const { PartNumber = 0, ETag = '', Size = -1 } of page.Parts ?? []) {
          const number = PartNumber - 1;
          if (number < partCount(expected.bytes) && Size === bytesOfPart(expected.bytes, number))
            parts.push({ number, etag: ETag });
        }
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
    } catch (error) {
      if (nameOf(error) === 'NoSuchUpload') return undefined;
      throw error;
    }
    return parts.sort((a, b) => a.number - b.number);
  }

  async join(at: Arriving, parts: readonly ArrivedPart[]): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number + 1, ETag: etag }));
    await this.client.send(
      new CompleteMultipartUploadCommand({ Bucket: this.Bucket, ...at, MultipartUpload: { Parts } }),
    );
  }

  /** Bytes of what was put together and not yet settled; undefined where there is none. */
  async arrived({ Key }: Arriving): Promise<number | undefined> {
    try {
      return (await this.client.send(new HeadObjectCommand({ Bucket: this.Bucket, Key }))).ContentLength;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 403) return undefined;
      throw error;
    }
  }

  /**
   * Reads what arrived, compares, and copies exactly that to the key; a wrong one is taken away (`verification_failed`).
   * Throws S3's own error where nothing has arrived.
   */
  async settle(at: Arriving, key: string, expected: Expected, signal?: AbortSignal): Promise<void> {
    const { client, Bucket } = this;
    const abortable = signal === undefined ? {} : { abortSignal: signal };
    const { Body, ETag, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key: at.Key }), abortable);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of Body as Readable) {
      if (signal?.aborted === true) throw signal.reason;
      bytes += (chunk as Uint8Array).byteLength;
      hash.update(chunk as Uint8Array);
    }
    const right = bytes === expected.bytes && hash.digest('hex') === expected.sha256;
    // The tag holds the copy to what was read, should something else have come under the name meanwhile.
    if (right) await this.copy(at.Key, key, expected, ETag, ContentType);
    await client.send(new DeleteObjectCommand({ Bucket, Key: at.Key }));
    if (!right)
      throw new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.');
  }

  /** Takes away what an upload of ours brought, as far as S3 answers soon; the rest is the bucket's own rule's. */
  async discard(at: Arriving): Promise<void> {
    await this.abandon(at);
    const { client, Bucket } = this;
    await client.send(new DeleteObjectCommand({ Bucket, Key: at.Key }), { abortSignal: soon() }).catch(() => {});
  }

  /** Gives an upload up, as far as S3 answers soon: whoever stops a program does not wait for a dead line. */
  async abandon(at: Arriving): Promise<void> {
    const { client, Bucket } = this;
    await client.send(new AbortMultipartUploadCommand({ Bucket, ...at }), { abortSignal: soon() }).catch(() => {});
  }

  private async copy(from: string, Key: string, expected: Expected, ETag = '', ContentType = ''): Promise<void> {
    const { client, Bucket, copyBytes } = this;
    const source = { CopySource: `${Bucket}/${from}`, CopySourceIfMatch: ETag };
    const facts = { Metadata: { sha256: expected.sha256 }, ContentType };
    if (expected.bytes <= copyBytes) {
      await client.send(new CopyObjectCommand({ Bucket, Key, ...source, MetadataDirective: 'REPLACE', ...facts }));
      return;
    }
    const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...facts }));
    const at = { Key, UploadId };
    try {
      const parts: ArrivedPart[] = [];
      const numbers = Array.from({ length: Math.ceil(expected.bytes / copyBytes) }, (_, number) => number).values();
      await Promise.all(
        Array.from({ length: COPIES_AT_ONCE }, async () => {
          for (const number of numbers) {
            const end = Math.min(expected.bytes, (number + 1) * copyBytes) - 1;
            const CopySourceRange = `bytes=${number * copyBytes}-${end}`;
            const command = new UploadPartCopyCommand({ Bucket, ...at, ...source, PartNumber: number + 1, CopySourceRange }); // biome-ignore format: one call
            const { CopyPartResult } = await client.send(command);
            parts.push({ number, etag: CopyPartResult?.ETag ?? '' });
          }
        }),
      );
      await this.join(
        at,
        parts.sort((a, b) => a.number - b.number),
      );
    } catch (error) {
      await this.abandon(at);
      throw error;
    }
  }
}
