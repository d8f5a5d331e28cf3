/**
 * A job of the team in a work folder of this machine: its photos, music, analysis, film and clips, brought here by
 * content, so that the very phases of the command line run on it. The folder is a cache: everything in it can be brought
 * or made again.
 */
import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { sha256File } from '../../base/files.node.ts';
import { createJob, type Decision, loadDecisions, saveDecisions } from '../../db/jobs.node.ts';
import { loadAnalysis, saveAnalysis, saveRenderedClip, saveTimeline } from '../../db/results.node.ts'; // biome-ignore format: one list
import type { BlobRef } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { Models } from '../../models/types.ts';
import type { Analysis, HumanDecisions } from '../../pipeline/domain.ts';
import type { JobContext } from '../phases.node.ts';
import type { Settings } from '../settings.ts';
import { blobKey, type Storage } from '../storage/storage.ts';
import { openWorkFolder, type WorkFolder } from '../work-folder.node.ts';
import type { JobRow } from './job-row.node.ts';
import type { SignedFilm } from './signed-film.node.ts';

export interface LocalParts {
  readonly db: Kysely<Tables>;
  readonly storage: Storage;
  readonly settings: Settings;
  readonly log: Logger;
  /** Folder of all jobs' work folders. */
  readonly jobsDir: string;
}

export interface LocalJob {
  readonly work: WorkFolder;
  readonly photosDir: string;
  /** Fetches a file of the team to a path, unless it is there. */
  bring(blob: BlobRef, path: string): Promise<void>;
  close(): Promise<void>;
}

export const asDatabase = (db: Kysely<Tables>) =>
  ({ db, dialect: 'postgres', path: undefined, close: async () => {} }) as const;

/** Opens the job's folder; one task of a job runs here at a time. */
export async function openLocalJob(parts: LocalParts, job: JobRow, signal: AbortSignal): Promise<LocalJob> {
  const dir = join(parts.jobsDir, job.id);
  const work = await openWorkFolder(dir);
  const photosDir = join(dir, 'photos');
  await mkdir(photosDir, { recursive: true });
  return {
    work,
    photosDir,
    async bring(blob, path) {
      const known = await stat(path).catch(() => undefined);
      if (known?.size === blob.bytes && (await sha256File(path)) === blob.sha256) return;
      await parts.storage.getFile(blobKey(job.teamId, blob.sha256), path, blob, { signal });
    },
    close: () => work.close(),
  };
}

/** Names of photos come from outside: only their last part is kept, and two never meet at one name. */
export function safeFile(name: string, taken: ReadonlySet<string>): string {
  const last = basename(name.replaceAll('\\', '/'))
    .replace(/[\p{Cc}:*?"<>|]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(-120);
  const dot = last.lastIndexOf('.');
  const [stem, end] = dot > 0 ? [last.slice(0, dot), last.slice(dot)] : [last === '' ? 'photo' : last, ''];
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? `${stem}${end}` : `${stem} ${count}${end}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** Brings the photos of the listing that the team has; gives their analysis with paths of this machine. */
export async function bringAnalysis(
  { db }: LocalParts,
  job: JobRow,
  local: LocalJob,
  what: { readonly photos: boolean },
): Promise<Analysis | undefined> {
  const analysis = await loadAnalysis(asDatabase(db), job.id);
  if (analysis === undefined) return undefined;
  const rows = await db.selectFrom('photo_blobs').selectAll().where('listing_id', '=', job.listingId).execute();
  const blobs = new Map(rows.map((row) => [row.photo_key, row]));
  const photos: Analysis['photos'][number][] = [];
  for (const photo of analysis.photos) {
    const path = join(local.photosDir, basename(photo.file));
    const blob = blobs.get(photo.id);
    if (what.photos && blob !== undefined) await local.bring({ sha256: blob.sha256, bytes: Number(blob.bytes) }, path);
    photos.push({ ...photo, path });
  }
  return { ...analysis, photos };
}

export interface PhaseRun {
  readonly context: JobContext;
  readonly jobId: string;
}

/** A job in the work folder's own database that holds what the phase needs; made anew each time. */
export async function prepareRun(
  parts: LocalParts,
  job: JobRow,
  local: LocalJob,
  options: {
    readonly models: Models;
    readonly signal: AbortSignal;
    readonly musicPath: string | null;
    readonly out: string;
    readonly analysis?: Analysis;
    /** The film that was signed: its clips are brought, and the phase says who signed. */
    readonly film?: SignedFilm;
  },
): Promise<PhaseRun> {
  const { work } = local;
  const { settings, log } = parts;
  await work.database.db.deleteFrom('jobs').execute();
  const jobId = await createJob(work.database, {
    listingId: job.listingId,
    template: job.template,
    targetSeconds: job.targetSeconds,
    musicPath: options.musicPath,
    options: { folder: local.photosDir, out: options.out, renderer: 'depth_parallax', modelSet: 'auto', beatSync: job.beatSync }, // biome-ignore format: one shape
  });
  await saveDecisions(work.database, jobId, decisionsOf(await loadDecisions(asDatabase(parts.db), job.id)));
  if (options.analysis !== undefined) {
    await saveAnalysis(work.database, jobId, options.analysis);
    await work.database.db.updateTable('jobs').set({ status: 'planned', current_phase: 1 }).where('id', '=', jobId).execute(); // biome-ignore format: one query
  }
  if (options.film !== undefined) await bringFilm(options.film, local, jobId);
  const context: JobContext = {
    work,
    jobId,
    models: options.models,
    settings: { ...settings, ENABLE_BEAT_SYNC: settings.ENABLE_BEAT_SYNC && job.beatSync },
    log,
    signal: options.signal,
    ...(options.film === undefined
      ? {}
      : { approvals: options.film.approvals, handedOn: { listing: options.film.listing } }),
  };
  return { context, jobId };
}

/** The film and its clips, each file under the takes folder as if it was rendered here. */
async function bringFilm({ stored, takes }: SignedFilm, local: LocalJob, jobId: string): Promise<void> {
  const { work } = local;
  await saveTimeline(work.database, jobId, stored);
  for (const { clipId, take } of takes) {
    if (take.sha256 === null || take.bytes === null) continue;
    const dir = join(work.takesDir, take.specHash);
    await mkdir(dir, { recursive: true });
    const path = join(dir, 'clip.mp4');
    const blob = { sha256: take.sha256, bytes: take.bytes };
    await local.bring(blob, path);
    const chosen = { ...take.take, path };
    await saveRenderedClip(
      work.database,
      {
        clipId,
        takes: [chosen],
        chosen,
        ...(take.downgradeReason === null ? {} : { downgradeReason: take.downgradeReason }),
      },
      {
        askedHash: take.askedHash,
        files: new Map([[chosen.specHash, { ...blob, mtimeMs: (await stat(path)).mtimeMs }]]),
      },
    );
  }
  await work.database.db.updateTable('jobs').set({ status: 'rendered', current_phase: 2 }).where('id', '=', jobId).execute(); // biome-ignore format: one query
}

function decisionsOf(decisions: HumanDecisions): Decision[] {
  return [
    ...Object.entries(decisions.roomOverride).map(([photoId, room]) => ({ kind: 'room_override', photoId, room }) as const), // biome-ignore format: one thought
    ...decisions.excluded.map((photoId) => ({ kind: 'exclude', photoId, excluded: true }) as const),
    ...decisions.heroes.map((photoId) => ({ kind: 'hero', photoId, hero: true }) as const),
    ...Object.entries(decisions.motions).map(([photoId, motion]) => ({ kind: 'motion', photoId, motion }) as const),
    ...Object.entries(decisions.durationsSeconds).map(([photoId, seconds]) => ({ kind: 'duration', photoId, seconds }) as const), // biome-ignore format: one thought
    ...decisions.mustLink.map((pair) => ({ kind: 'link', pair, link: 'must' }) as const),
    ...decisions.cannotLink.map((pair) => ({ kind: 'link', pair, link: 'cannot' }) as const),
  ];
}
