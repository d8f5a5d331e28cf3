/**
 * Files to and from the team's storage, by content: what is there is not sent again, what was cut goes on, at most two
 * at once, and what somebody waits for goes first.
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../../base/errors.ts';
import type { BlobRef } from '../../../db/sync/protocol.ts';
import { blobDownloadAnswerSchema, blobsMissingAnswerSchema, blobUploadAnswerSchema } from '../../service/fleet-api.ts';
import { downloadByLink, uploadByLink, uploadByParts } from '../../storage/links.node.ts';
import type { TeamHttp } from './http.node.ts';
import type { TeamMemory } from './memory.node.ts';

const AT_ONCE = 2;
const ASKED_AT_ONCE = 1_000;

interface Transfer {
  readonly key: string;
  readonly bytes: number;
  urgent: boolean;
  fraction: number;
  readonly run: (signal: AbortSignal, tell: (fraction: number) => void) => Promise<void>;
  readonly done: PromiseWithResolvers<void>;
}

export interface Upload extends BlobRef {
  readonly path: string;
  readonly contentType: string;
}

export class Transfers {
  private readonly memory: TeamMemory;
  private readonly onChange: () => void;
  private http: TeamHttp | undefined;
  private readonly queue: Transfer[] = [];
  private readonly running = new Map<Transfer, AbortController>();
  /** Files that the team's storage holds, as far as was asked. */
  private readonly there = new Set<string>();

  constructor(memory: TeamMemory, onChange: () => void) {
    this.memory = memory;
    this.onChange = onChange;
  }

  /** Where to send and fetch from now on; undefined ends what is under way. */
  connect(http: TeamHttp | undefined): void {
    // Another key may be another team's.
    if (http !== this.http) this.there.clear();
    this.http = http;
    if (http === undefined) this.cancel();
    else this.next();
  }

  cancel(): void {
    for (const abort of this.running.values()) abort.abort();
    for (const { done } of this.queue.splice(0)) done.reject(new PicaividError('cancelled', 'Stopped as asked.'));
    this.onChange();
  }

  get left(): { readonly files: number; readonly bytesLeft: number } {
    const all = [...this.queue, ...this.running.keys()];
    return {
      files: all.length,
      bytesLeft: Math.round(all.reduce((sum, one) => sum + one.bytes * (1 - one.fraction), 0)),
    };
  }

  holds(sha256: string): boolean {
    return this.there.has(sha256);
  }

  /** Asks which of these the storage holds. */
  async look(blobs: readonly BlobRef[], signal?: AbortSignal): Promise<void> {
    const unknown = [
      ...new Map(blobs.filter(({ sha256 }) => !this.there.has(sha256)).map((one) => [one.sha256, one])).values(),
    ];
    for (let i = 0; i < unknown.length; i += ASKED_AT_ONCE) {
      const group = unknown.slice(i, i + ASKED_AT_ONCE).map(({ sha256, bytes }) => ({ sha256, bytes }));
      const { missing } = await this.must().post('/blobs/missing', { blobs: group }, blobsMissingAnswerSchema, {
        signal,
      });
      const absent = new Set(missing);
      for (const { sha256 } of group) if (!absent.has(sha256)) this.there.add(sha256);
    }
  }

  /** A file that the team's storage holds, by its hash alone; undefined where it does not. Errors: `host_unreachable`. */
  async find(sha256: string, signal?: AbortSignal): Promise<BlobRef | undefined> {
    try {
      const { links } = await this.must().post('/blobs/download', { sha256: [sha256] }, blobDownloadAnswerSchema, {
        signal,
      });
      return links.map(({ bytes }) => ({ sha256, bytes }))[0];
    } catch (error) {
      if (error instanceof PicaividError && error.code === 'file_not_found') return undefined;
      throw error;
    }
  }

  /** Sends a file unless the storage has it. Errors: `file_not_found` (not on this disk), `verification_failed`, … */
  async upload(file: Upload, urgent = false): Promise<void> {
    if (this.there.has(file.sha256)) return;
    await this.once(`up ${file.sha256}`, file.bytes, urgent, async (signal, tell) => {
      await this.send(file, signal, tell);
      this.there.add(file.sha256);
    });
  }

  /** Fetches a file to this path, checked; one that is there is left. Errors: `host_unreachable`, `file_not_found`, … */
  async download(blob: BlobRef, path: string, urgent = false): Promise<void> {
    const info = await stat(path).catch(() => undefined);
    if (info?.size === blob.bytes) return;
    await this.once(`down ${blob.sha256} ${path}`, blob.bytes, urgent, async (signal, tell) => {
      const http = this.must();
      const link = async () => {
        const body = { sha256: [blob.sha256] };
        const { links } = await http.post('/blobs/download', body, blobDownloadAnswerSchema, { signal });
        const [first] = links;
        if (first === undefined)
          throw new PicaividError('file_not_found', 'The team’s storage does not hold this file.');
        return { ...first, url: this.absolute(first.url) };
      };
      await downloadByLink(link, path, blob, { signal, onProgress: ({ fraction }) => tell(fraction) });
    });
  }

  private absolute(url: string): string {
    return new URL(url, `${this.must().url}/`).href;
  }

  private must(): TeamHttp {
    if (this.http === undefined)
      throw new PicaividError('host_unreachable', 'The team’s server cannot be reached now.');
    return this.http;
  }

  private async send(file: Upload, signal: AbortSignal, tell: (fraction: number) => void): Promise<void> {
    const { sha256, bytes, path, contentType } = file;
    const http = this.must();
    const info = await stat(path).catch(() => undefined);
    if (info?.size !== bytes)
      throw new PicaividError(
        'file_not_found',
        'A file that is to be sent is not on this disk (any more), or was changed.',
      );
    const uploadId = await this.memory.upload(sha256);
    const begun = await http.post(
      '/blobs/upload',
      { sha256, bytes, contentType, ...(uploadId === undefined ? {} : { uploadId }) },
      blobUploadAnswerSchema,
      { signal },
    );
    if (begun.state === 'there') return this.memory.setUpload(sha256, null);
    const options = { signal, onProgress: ({ fraction }: { fraction: number }) => tell(fraction) };
    if (begun.state === 'whole') {
      await uploadByLink({ ...begun.link, url: this.absolute(begun.link.url) }, path, file, options);
    } else {
      await this.memory.setUpload(sha256, begun.uploadId);
      const parts = begun.parts.map((link) => ({ ...link, url: this.absolute(link.url) }));
      await uploadByParts({ ...begun, parts }, path, file, options);
    }
    throwIfCancelled(signal);
    const whole = begun.state === 'parts' ? { uploadId: begun.uploadId } : {};
    await http.post('/blobs/complete', { sha256, bytes, ...whole }, z.object({ sha256: z.string() }), {
      signal,
      timeoutMs: 120_000,
    });
    if (begun.state === 'parts') await this.memory.setUpload(sha256, null);
  }

  /** One transfer of a file, however many ask for it. */
  private once(key: string, bytes: number, urgent: boolean, run: Transfer['run']): Promise<void> {
    const known = [...this.queue, ...this.running.keys()].find((one) => one.key === key);
    if (known !== undefined) {
      known.urgent ||= urgent;
      return known.done.promise;
    }
    this.must();
    const transfer: Transfer = { key, bytes, urgent, fraction: 0, run, done: Promise.withResolvers<void>() };
    transfer.done.promise.catch(() => {}); // whoever asked hears of it
    this.queue.push(transfer);
    this.onChange();
    this.next();
    return transfer.done.promise;
  }

  private next(): void {
    // What somebody waits for does not wait behind two films that are being sent.
    const limit = this.queue.some(({ urgent }) => urgent) ? AT_ONCE + 1 : AT_ONCE;
    while (this.running.size < limit && this.queue.length > 0) {
      const at = Math.max(
        0,
        this.queue.findIndex(({ urgent }) => urgent),
      );
      if (this.running.size >= AT_ONCE && this.queue[at]?.urgent !== true) return;
      const [transfer] = this.queue.splice(at, 1);
      if (transfer === undefined) return;
      const abort = new AbortController();
      this.running.set(transfer, abort);
      const tell = (fraction: number): void => {
        transfer.fraction = fraction;
        this.onChange();
      };
      transfer
        .run(abort.signal, tell)
        .then(
          () => transfer.done.resolve(),
          (error: unknown) => transfer.done.reject(toPicaividError(error)),
        )
        .finally(() => {
          this.running.delete(transfer);
          this.onChange();
          this.next();
        });
    }
  }
}
