/**
 * Phases 1, 3 and 4 on a CPU worker: the phases of the command line, in a work folder that is filled by content. What
 * they give enters the team's order, with the step that follows, in the transaction that ends the task.
 */
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import type { Kysely } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { sha256File, writeFileAtomic } from '../../base/files.node.ts';
import { loadDecisions, moveJobIn } from '../../db/jobs.node.ts';
import { writeAnalysis } from '../../db/results.node.ts';
import { readRegisters } from '../../db/studio/registers.node.ts';
import type { BlobRef, OperationBody } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { Models } from '../../models/types.ts';
import { toHumanDecisions } from '../../pipeline/rooms/decisions.ts';
import { effectiveAnalysis } from '../../pipeline/rooms/view.ts';
import { runPhase4 } from '../deliver.node.ts';
import { phaseInputSchema } from '../fleet/contract.ts';
import { firstSettings } from '../host/film-settings.ts';
import { depthFiles, portableAnalysis } from '../host/team/analysis-blob.node.ts';
import { sourceKey } from '../host/timeline-build.node.ts';
import { runPhase1, runPhase3 } from '../phases.node.ts';
import { blobKey } from '../storage/storage.ts';
import type { Append, RecordBlob } from '../worker/render-task.node.ts';
import type { Done, Execute, Progress } from '../worker/worker.node.ts';
import { beginPhase, type FlowParts, followReview, tell } from './flow.node.ts';
import { type JobRow, readJob } from './job-row.node.ts';
import { asDatabase, bringAnalysis, type LocalJob, type LocalParts, openLocalJob, prepareRun, safeFile } from './local-job.node.ts'; // biome-ignore format: one list
import { type SignedFilm, signedFilm, teamFile } from './signed-film.node.ts';
import { fetchUri, type Sources } from './uris.node.ts';

export interface PhaseParts extends LocalParts {
  readonly flow: FlowParts;
  readonly sources: Sources;
  readonly withModels: <T>(run: (models: Models) => Promise<T>) => Promise<T>;
  readonly append: Append;
  readonly recordBlob: RecordBlob;
}

const ACTOR = { name: 'Fleet', role: 'worker' } as const;
/** Shares of a task's time: bringing, the phase itself, sending. */
const BROUGHT = 0.1;
const WORKED = 0.9;

type Body = (run: {
  readonly job: JobRow;
  readonly local: LocalJob;
  readonly models: Models;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}) => Promise<Done>;

/** Reads the job, opens its folder, runs, and closes whatever happens. */
function inJob(parts: PhaseParts, body: Body): Execute {
  return async ({ task }, { signal, onProgress }) => {
    const { jobId } = phaseInputSchema.parse(task.input);
    const job = await readJob(parts.db, task.teamId, jobId);
    if (job === undefined) throw new PicaividError('file_not_found', 'This job is not there any more.');
    const local = await openLocalJob(parts, job, signal);
    try {
      return await parts.withModels((models) => body({ job, local, models, signal, onProgress }));
    } finally {
      await local.close();
    }
  };
}

const scaled =
  (onProgress: (progress: Progress) => void) =>
  ({ fraction, sentence }: Progress): void =>
    onProgress({ fraction: BROUGHT + (WORKED - BROUGHT) * fraction, sentence });

/** Phase 1. */
export function analyzeTask(parts: PhaseParts): Execute {
  return inJob(parts, async ({ job, local, models, signal, onProgress }) => {
    onProgress({ fraction: 0, sentence: 'Fetching the photos' });
    await bringPhotos(parts, job, local, signal);
    const { context } = await prepareRun(parts, job, local, { models, signal, musicPath: null, out: '' });
    const analysis = await runPhase1(context, scaled(onProgress));
    onProgress({ fraction: WORKED, sentence: 'Sending photos and depth' });
    const depths = await depthFiles(analysis);
    const send = sender(parts, job, signal);
    const put: Extract<OperationBody, { kind: 'photos.set' }>['put'] = [];
    for (const photo of analysis.photos) {
      const depth = depths.get(photo.id);
      put.push({
        photoId: photo.id,
        file: photo.file,
        blob: await send.file(photo.path),
        depth: depth === undefined ? null : await send.file(depth.path),
      });
    }
    const text = join(local.work.dir, 'analysis.json');
    await writeFileAtomic(text, portableAnalysis(analysis, depths));
    const blob = await send.file(text);
    const before = await parts.db.selectFrom('photo_blobs').select('photo_key').where('listing_id', '=', job.listingId).execute(); // biome-ignore format: one query
    const kept = new Set(put.map(({ photoId }) => photoId));
    const remove = before.map(({ photo_key }) => photo_key).filter((id) => !kept.has(id));
    return {
      result: { photos: put.length, rejected: analysis.rejected.length },
      commit: async (trx) => {
        await send.record(trx);
        const append = (body: OperationBody) => parts.append(trx, job.teamId, job.listingId, ACTOR, body);
        await append({ kind: 'photos.set', put, remove });
        await append({
          kind: 'analysis.set',
          blob,
          photoCount: put.length,
          rejectedCount: analysis.rejected.length,
          posterPhotoId: analysis.clusters[0]?.heroPhotoId ?? null,
        });
        const team = asDatabase(trx);
        await writeAnalysis(team, job.id, analysis, await loadDecisions(team, job.id));
        await moveJobIn(trx, job.id, 'analysis_done', { hasTimeline: true, unapprovedClips: 0 });
        await beginPhase(trx, parts.flow, job, 3);
      },
    };
  });
}

/** What the backend named, else what the team has of the listing. */
async function bringPhotos(parts: PhaseParts, job: JobRow, local: LocalJob, signal: AbortSignal): Promise<void> {
  const taken = new Set<string>();
  const place = (name: string): string => {
    const file = safeFile(name, taken);
    taken.add(file.toLowerCase());
    return join(local.photosDir, file);
  };
  for (const photo of job.backend?.photos ?? []) {
    if (typeof photo !== 'string') {
      await local.bring(photo, place(photo.file));
      continue;
    }
    const path = place(decodeURIComponent(basename(new URL(photo).pathname)));
    // An address may give other bytes tomorrow, so what was fetched for this job is kept.
    const known = await stat(path).catch(() => undefined);
    if (known === undefined) await fetchUri(photo, path, parts.sources, signal);
  }
  if (job.backend !== undefined) return;
  const rows = await parts.db.selectFrom('photo_blobs').selectAll().where('listing_id', '=', job.listingId).execute();
  for (const row of rows) await local.bring({ sha256: row.sha256, bytes: Number(row.bytes) }, place(row.file));
}

/** Phase 3. A film that the team has is kept: people may have worked on it. */
export function timelineTask(parts: PhaseParts): Execute {
  return inJob(parts, async ({ job, local, models, signal, onProgress }) => {
    const film = await parts.db.selectFrom('films').select('revision').where('listing_id', '=', job.listingId).executeTakeFirst(); // biome-ignore format: one query
    const facts = { hasTimeline: true, unapprovedClips: 0 };
    if (film !== undefined)
      return {
        result: { revision: film.revision },
        commit: async (trx) => {
          await moveJobIn(trx, job.id, 'timeline_built', facts);
          await beginPhase(trx, parts.flow, job, 2);
        },
      };
    const analysis = await bringAnalysis(parts, job, local, { photos: false });
    if (analysis === undefined) throw new PicaividError('transition_refused', 'Phase 1 has not run yet.');
    const send = sender(parts, job, signal);
    onProgress({ fraction: 0, sentence: 'Fetching the music' });
    const music = await bringMusic(parts, job, local, signal);
    const musicBlob = music === null ? null : await send.file(music.path);
    const musicPath = music?.path ?? null;
    const { context } = await prepareRun(parts, job, local, { models, signal, musicPath, out: '', analysis });
    const { timeline, track } = await runPhase3(context, scaled(onProgress));
    const decided = await readRegisters(parts.db, job.id);
    const seen = effectiveAnalysis(analysis, decided, { ltxEnabled: parts.settings.LTX_ENABLED });
    const settings = firstSettings(job.template, job.targetSeconds, musicBlob?.sha256 ?? null);
    const created: OperationBody = {
      kind: 'film.create',
      timeline: { ...timeline, clips: [...timeline.clips] } as Extract<
        OperationBody,
        { kind: 'film.create' }
      >['timeline'],
      settings,
      sourceKey: sourceKey(seen, toHumanDecisions(decided)),
    };
    return {
      result: { clips: timeline.clips.length, bpm: track?.bpm ?? null },
      commit: async (trx) => {
        await send.record(trx);
        const append = (body: OperationBody) => parts.append(trx, job.teamId, job.listingId, ACTOR, body);
        if (music !== null && musicBlob !== null)
          await append({
            kind: 'music.add',
            blob: musicBlob,
            name: music.name,
            extension: music.extension,
            licence: null,
            duration: null,
            track,
            trackKey: null,
          });
        await append(created);
        await trx.updateTable('jobs').set({ bpm: track?.bpm ?? null, beat_offset: track?.beatOffset ?? null }).where('id', '=', job.id).execute(); // biome-ignore format: one query
        await moveJobIn(trx, job.id, 'timeline_built', facts);
        await beginPhase(trx, parts.flow, job, 2);
      },
    };
  });
}

interface MusicFile {
  readonly path: string;
  readonly name: string;
  readonly extension: string;
}

async function bringMusic(
  parts: PhaseParts,
  job: JobRow,
  local: LocalJob,
  signal: AbortSignal,
): Promise<MusicFile | null> {
  const asked = job.backend?.music ?? null;
  if (asked === null) return null;
  if (typeof asked !== 'string') {
    // As a sentence names it: what was given is a hash.
    const path = join(local.work.dir, 'the music');
    await local.bring(asked, path);
    return { path, name: 'Music', extension: 'bin' };
  }
  const name = safeFile(decodeURIComponent(basename(new URL(asked).pathname)), new Set());
  const extension = /^\.([a-z0-9]{1,8})$/.exec(extname(name).toLowerCase())?.[1] ?? 'bin';
  const path = join(local.work.dir, `music.${extension}`);
  const known = await stat(path).catch(() => undefined);
  if (known === undefined) {
    await fetchUri(asked, `${path}.new`, parts.sources, signal);
    await rename(`${path}.new`, path);
  }
  return { path, name, extension };
}

/**
 * Phase 4, of the film that people signed, with the music and logos that it names now. The film and its delivery folder
 * go to the storage, file by file. A film that was changed meanwhile is not delivered: the job stands where it stood, and
 * follows from there.
 */
export function assembleTask(parts: PhaseParts): Execute {
  return inJob(parts, async ({ job, local, models, signal, onProgress }) => {
    onProgress({ fraction: 0, sentence: 'Fetching the clips' });
    const analysis = await bringAnalysis(parts, job, local, { photos: true });
    if (analysis === undefined) throw new PicaividError('transition_refused', 'Phases 1 and 3 have not run yet.');
    // At one moment: a push between two of its questions would give half of one film and half of another.
    const once = parts.db.transaction().setIsolationLevel('repeatable read');
    const film = await once.execute((trx) => signedFilm(trx, job)).catch(ifRefused);
    if (film === undefined) return { result: null, commit: (trx) => standBack(trx, job) };
    const musicPath = await bringNamed(parts, job, local, film);
    const out = join(local.work.dir, 'film.mp4');
    const { context } = await prepareRun(parts, job, local, { models, signal, musicPath, out, analysis, film });
    const delivered = await runPhase4(context, scaled(onProgress));
    onProgress({ fraction: WORKED, sentence: 'Sending the film' });
    const send = sender(parts, job, signal);
    const made = await send.file(delivered.path);
    // With the photos and clips that the page of originals shows.
    const files: (BlobRef & { readonly name: string })[] = [];
    for (const entry of await readdir(delivered.deliveryDir, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = relative(delivered.deliveryDir, path).replaceAll('\\', '/');
      files.push({ name, ...(await send.file(path)) });
    }
    return {
      result: { film: made, files, verification: delivered.verification },
      commit: async (trx) => {
        await send.record(trx);
        const isSame = (await signedFilm(trx, job).catch(ifRefused))?.key === film.key;
        if (!isSame) return standBack(trx, job);
        await moveJobIn(trx, job.id, 'delivered', SIGNED);
        await tell(trx, job);
      },
    };
  });
}

const SIGNED = { hasTimeline: true, unapprovedClips: 0 };

/** What people did since decides: approved still, or back in review. The backend is told either way. */
async function standBack(trx: Kysely<Tables>, job: JobRow): Promise<void> {
  const status = await moveJobIn(trx, job.id, 'interrupted', SIGNED);
  if ((await followReview(trx, { ...job, status })) === status) await tell(trx, job);
}

function ifRefused(error: unknown): undefined {
  if (!(error instanceof PicaividError) || error.code !== 'transition_refused') throw error;
}

/** Brings the music and the logos that a film names; gives where the music lies, null where it has none. */
async function bringNamed(parts: PhaseParts, job: JobRow, local: LocalJob, film: SignedFilm): Promise<string | null> {
  const logos = join(local.work.dir, 'logos');
  await mkdir(logos, { recursive: true });
  for (const id of film.logoIds)
    await local.bring(await teamFile(parts.db, job.teamId, id, 'A logo of this film'), join(logos, `${id}.png`));
  if (film.music === null) return null;
  const { id, name, extension } = film.music;
  const path = join(local.work.dir, `music-${id.slice(0, 16)}.${extension}`);
  await local.bring(await teamFile(parts.db, job.teamId, id, `The music of this film, ${name},`), path);
  return path;
}

/** Sends files of a job by content and records them as the team's, once the task is ended. */
function sender({ storage, recordBlob }: PhaseParts, job: JobRow, signal: AbortSignal) {
  const sent = new Map<string, BlobRef>();
  return {
    async file(path: string): Promise<BlobRef> {
      const blob = { sha256: await sha256File(path), bytes: (await stat(path)).size };
      if (!sent.has(blob.sha256)) await storage.putFile(blobKey(job.teamId, blob.sha256), path, blob, { signal });
      sent.set(blob.sha256, blob);
      return blob;
    },
    async record(trx: Kysely<Tables>): Promise<void> {
      for (const blob of sent.values()) await recordBlob(trx, job.teamId, blob);
    },
  };
}
