/**
 * Phase 2 on a worker: one clip. Its photo and depth map come by content, the clip goes to the storage by content, and
 * its take enters the team's order in the transaction that ends the task.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { sha256File } from '../../base/files.node.ts';
import type { Actor, BlobRef, OperationBody } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { Models } from '../../models/types.ts';
import type { ClipSpec, RenderedClip } from '../../pipeline/domain.ts';
import type { LtxOptions } from '../../pipeline/render/ltx/render.node.ts';
import type { ClipInputs } from '../../pipeline/render/prepare.node.ts';
import { renderWithLadder } from '../../pipeline/render/take.node.ts';
import { clipSpecSchema } from '../../pipeline/schemas.ts';
import { type FleetTask, type RenderInput, renderInputSchema } from '../fleet/contract.ts';
import { blobKey, type Storage } from '../storage/storage.ts';
import type { BlobCache } from './cache.node.ts';
import type { Done, Execute } from './worker.node.ts';

/** Shares of a clip's time: fetching, rendering with its check, sending. */
const FETCHED = 0.05;
const RENDERED = 0.95;
/** Takes that stay on the worker for a task that comes again; beyond it the oldest go. */
const TAKES_KEPT = 200;

/** Writes an operation into the team's order, inside the caller's transaction. */
export type Append = (trx: Kysely<Tables>, teamId: string, listingId: string, actor: Actor, body: OperationBody) => Promise<void>; // biome-ignore format: one shape
/** The team has this file from now on. */
export type RecordBlob = (trx: Kysely<Tables>, teamId: string, blob: BlobRef) => Promise<void>;
export type RenderClip = (clipId: string, spec: ClipSpec, inputs: ClipInputs, options: Parameters<typeof renderWithLadder>[3]) => Promise<RenderedClip>; // biome-ignore format: one shape

export interface RenderTaskParts {
  readonly storage: Storage;
  readonly caches: (teamId: string) => BlobCache;
  /** The warm networks of this process. */
  readonly withModels: <T>(run: (models: Models) => Promise<T>) => Promise<T>;
  readonly takesDir: string;
  readonly workerName: string;
  readonly append: Append;
  readonly recordBlob: RecordBlob;
  /** Where generated clips are made; without it they step down the ladder. */
  readonly ltx?: LtxOptions;
  /** Another renderer in its place (a GPU's); the pipeline's by default. */
  readonly render?: RenderClip;
}

/** Errors: those of the storage, of rendering and validation; `bad_usage` for an input that is none. */
export function renderTask(parts: RenderTaskParts): Execute {
  return async ({ task }, { signal, onProgress }) => {
    const input = inputOf(task);
    const spec = clipSpecSchema.parse(input.spec);
    const { depth, photo } = input;
    const blobs: BlobRef[] = depth === null ? [photo] : [photo, depth];
    onProgress({ fraction: 0, sentence: 'Fetching the photo' });
    return parts.caches(task.teamId).use(blobs, signal, async ([photoPath, depthPath]) => {
      if (photoPath === undefined) throw new PicaividError('internal', 'A photo was fetched and has no place.');
      await mkdir(parts.takesDir, { recursive: true });
      const rendered = await parts.withModels((models) =>
        (parts.render ?? renderWithLadder)(
          input.clipId,
          spec,
          { photoPath, depthPath: depthPath ?? null },
          {
            dir: parts.takesDir,
            models,
            ...(parts.ltx === undefined ? {} : { ltx: parts.ltx }),
            signal,
            onProgress: ({ fraction, sentence }) =>
              onProgress({ fraction: FETCHED + (RENDERED - FETCHED) * fraction, sentence }),
          },
        ),
      );
      onProgress({ fraction: RENDERED, sentence: 'Sending the clip' });
      const done = await sent(parts, task, input, rendered, signal);
      await tidy(parts.takesDir);
      return done;
    });
  };
}

function inputOf(task: FleetTask): RenderInput {
  const parsed = renderInputSchema.safeParse(task.input);
  if (!parsed.success || !clipSpecSchema.safeParse(parsed.data.spec).success)
    throw new PicaividError('bad_usage', 'This task does not say what is to be rendered.');
  return parsed.data;
}

/** Every take of the ladder is sent: a reviewer sees why one was not good enough. The chosen one comes last. */
async function sent(
  { storage, append, recordBlob, workerName }: RenderTaskParts,
  task: FleetTask,
  input: RenderInput,
  rendered: RenderedClip,
  signal: AbortSignal,
): Promise<Done> {
  const files: { readonly blob: BlobRef; readonly body: OperationBody }[] = [];
  for (const take of rendered.takes) {
    const blob = { sha256: await sha256File(take.path), bytes: (await stat(take.path)).size };
    await storage.putFile(blobKey(task.teamId, blob.sha256), take.path, blob, { signal });
    const chosen = take.specHash === rendered.chosen.specHash;
    const { path: _, ...record } = take;
    files.push({
      blob,
      body: {
        kind: 'take.add',
        clipId: input.clipId,
        specHash: take.specHash,
        askedHash: input.askedHash,
        take: record,
        blob,
        downgradeReason: chosen ? (rendered.downgradeReason ?? null) : null,
      },
    });
  }
  return {
    result: { specHash: rendered.chosen.specHash, takes: files.map(({ blob }) => blob) },
    commit: async (trx) => {
      for (const { blob, body } of files) {
        await recordBlob(trx, task.teamId, blob);
        await append(trx, task.teamId, task.listingId, { name: workerName, role: 'worker' }, body);
      }
    },
  };
}

/** Keeps the newest takes. */
async function tidy(dir: string): Promise<void> {
  const takes: { readonly path: string; readonly usedMs: number }[] = [];
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) takes.push({ path, usedMs: info.mtimeMs });
  }
  for (const { path } of takes.sort((a, b) => b.usedMs - a.usedMs).slice(TAKES_KEPT))
    await rm(path, { recursive: true, force: true });
}
