/** Photos on their way from a browser to the host. */
import { create } from 'zustand';
import { PicaividError } from '../../../base/errors.ts';
import { type CreatedListings, UPLOAD_PATH } from '../../../main/host/contract.ts';
import { errorDataOf, HOST_UNREACHABLE } from '../../api.ts';
import type { ListingToSend } from './dropped.ts';

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly photos: number;
  readonly sentPhotos: number;
  /** 0..1, by bytes. */
  readonly fraction: number;
  readonly cancel: () => void;
}

export const useUploads = create<{ readonly uploads: readonly Upload[] }>(() => ({ uploads: [] }));

/** Photos sent at a time: two keep the line busy while the host writes one. */
const AT_A_TIME = 2;
const TRIES = 3;

let count = 0;

/**
 * Sends a listing's photos; gives what the host made of them. Throws `cancelled`, `host_unreachable` after three tries
 * of a photo, or what the host says of it (`disk_full`, `file_too_large`).
 */
export async function sendListing(listing: ListingToSend): Promise<CreatedListings> {
  count += 1;
  const id = `upload-${count}`;
  const stop = new AbortController();
  const total = listing.photos.reduce((sum, { file }) => sum + file.size, 0);
  let sentBytes = 0;
  let sentPhotos = 0;
  const change = (patch: Partial<Upload>): void =>
    useUploads.setState(({ uploads }) => ({
      uploads: uploads.map((one) => (one.id === id ? { ...one, ...patch } : one)),
    }));
  useUploads.setState(({ uploads }) => ({
    uploads: [
      ...uploads,
      {
        id,
        name: listing.name,
        photos: listing.photos.length,
        sentPhotos: 0,
        fraction: 0,
        cancel: () => stop.abort(new PicaividError('cancelled', 'Sending was cancelled; no listing was made.')),
      },
    ],
  }));
  try {
    const begun: unknown = await (
      await ask(UPLOAD_PATH, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: listing.name.slice(0, 200) }),
        signal: stop.signal,
      })
    ).json();
    const uploadId = uploadIdOf(begun);
    const queue = [...listing.photos.entries()];
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, { name, file }] = next;
        await ask(
          `${UPLOAD_PATH}/${encodeURIComponent(uploadId)}/${index}?name=${encodeURIComponent(name)}`,
          { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: file, signal: stop.signal },
          TRIES,
        );
        sentBytes += file.size;
        sentPhotos += 1;
        change({ sentPhotos, fraction: total === 0 ? 1 : sentBytes / total });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: AT_A_TIME }, () => lane().catch(fail(queue))));
    for (const one of lanes) if (one.status === 'rejected') throw one.reason;
    const done = await ask(`${UPLOAD_PATH}/${encodeURIComponent(uploadId)}/done`, {
      method: 'POST',
      signal: stop.signal,
    });
    return (await done.json()) as CreatedListings; // the contract's shape, from our own host
  } finally {
    useUploads.setState(({ uploads }) => ({ uploads: uploads.filter((one) => one.id !== id) }));
  }
}

/** A failed lane empties the queue, so the others end as well. */
function fail(queue: unknown[]): (error: unknown) => never {
  return (error) => {
    queue.length = 0;
    throw error;
  };
}

function uploadIdOf(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'uploadId' in answer && typeof answer.uploadId === 'string')
    return answer.uploadId;
  throw new PicaividError('internal', 'The studio did not say where to send the photos.');
}

async function ask(url: string, init: RequestInit, tries = 1): Promise<Response> {
  for (let at = 1; ; at += 1) {
    try {
      const answer = await fetch(url, init);
      if (answer.ok) return answer;
      const data = errorDataOf(await answer.json().catch(() => null));
      if (data !== null) throw new PicaividError(data.code, data.message);
      throw new PicaividError(HOST_UNREACHABLE.code, HOST_UNREACHABLE.message);
    } catch (error) {
      if (init.signal?.aborted === true) throw init.signal.reason;
      const known = error instanceof PicaividError;
      if (known && error.code !== 'host_unreachable') throw error;
      if (at >= tries)
        throw new PicaividError('host_unreachable', 'The connection broke while photos were sent. Drop them again.', {
          cause: error,
        });
      await new Promise((resolve) => setTimeout(resolve, 500 * at));
    }
  }
}
