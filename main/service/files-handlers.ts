/** `/blobs`: a team's files by their content. Bytes go between the studio and the storage, by links; never through here. */
import { PicaividError } from '../../base/errors.ts';
import type { BlobRef } from '../../db/sync/protocol.ts';
import { blobKey, type Storage } from '../storage/storage.ts';
import type { FilesKey, Handlers } from './handlers.ts';
import type { BlobLedger } from './parts.ts';
import { Refusal } from './refusal.ts';

/** From here on files go in parts, so that a broken line costs one part. Bytes. */
const PARTS_FROM = 32_000_000;
/** The largest file: a film of ten minutes in 4K is 4 GB. Bytes. */
const MOST_BYTES = 8_000_000_000;

export function filesHandlers(blobs: BlobLedger, storage: Storage): Handlers<FilesKey> {
  /** Whether the storage holds the whole of it, and nothing else under its name. */
  const isStored = async (teamId: string, { sha256, bytes }: BlobRef): Promise<boolean> => {
    const object = await storage.head(blobKey(teamId, sha256));
    return object !== undefined && object.bytes === bytes && object.sha256 === sha256;
  };

  return {
    'POST /blobs/missing': async ({ caller, body }) => {
      const names = [...new Set(body.blobs.map(({ sha256 }) => sha256))];
      const held = await blobs.held(caller.teamId, names);
      return { missing: names.filter((sha256) => !held.has(sha256)) };
    },

    'POST /blobs/upload': async ({ caller, body }) => {
      const { sha256, bytes, contentType, uploadId } = body;
      if (bytes === 0) throw new PicaividError('file_empty', 'An empty file is nothing to keep.');
      if (bytes > MOST_BYTES) throw new PicaividError('file_too_large', 'This file is larger than the team’s storage takes.'); // biome-ignore format: one sentence
      if ((await blobs.held(caller.teamId, [sha256])).has(sha256)) return { state: 'there' };
      // Sent, and the answer to `complete` was lost.
      if (await isStored(caller.teamId, body)) {
        await blobs.add(caller.teamId, { sha256, bytes });
        return { state: 'there' };
      }
      const key = blobKey(caller.teamId, sha256);
      const expected = { sha256, bytes, contentType };
      if (bytes < PARTS_FROM) {
        const link = await storage.signPut(key, expected);
        return { state: 'whole', link: { ...link, headers: { ...link.headers } } };
      }
      const parts = await storage.signParts(key, expected, uploadId);
      return {
        state: 'parts',
        uploadId: parts.uploadId,
        partBytes: parts.partBytes,
        parts: parts.parts.map((link) => ({ ...link, headers: { ...link.headers } })),
        done: [...parts.done],
      };
    },

    'POST /blobs/complete': async ({ caller, body }) => {
      const { sha256, bytes, uploadId } = body;
      const ref = { sha256, bytes };
      if ((await blobs.held(caller.teamId, [sha256])).get(sha256) === bytes) return ref;
      const key = blobKey(caller.teamId, sha256);
      if (!(await isStored(caller.teamId, body))) {
        if (uploadId !== undefined) await storage.completeParts(key, uploadId, ref);
        else {
          if ((await storage.head(key)) === undefined)
            throw new Refusal(404, 'file_not_found', `Nothing was sent for ${sha256}. Send it, then complete it.`);
          await storage.delete(key);
          throw new PicaividError('verification_failed', `What was sent for ${sha256} is another file. Send it again.`);
        }
      }
      await blobs.add(caller.teamId, ref);
      return ref;
    },

    'POST /blobs/download': async ({ caller, body }) => {
      const names = [...new Set(body.sha256)];
      const held = await blobs.held(caller.teamId, names);
      const absent = names.find((sha256) => !held.has(sha256));
      if (absent !== undefined) throw new Refusal(404, 'file_not_found', `The team has no file ${absent}.`);
      const links = await Promise.all(
        names.map(async (sha256) => {
          const link = await storage.signGet(blobKey(caller.teamId, sha256));
          return { ...link, headers: { ...link.headers }, sha256, bytes: held.get(sha256) ?? 0 };
        }),
      );
      return { links };
    },
  };
}
