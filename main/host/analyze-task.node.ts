/** The analysis of a listing as a task: networks opened once, photos told of as they come, the result stored whole. */
import { access, constants, mkdir } from 'node:fs/promises';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { findJob, transitionJob } from '../../db/jobs.node.ts';
import { saveAnalysis } from '../../db/results.node.ts';
import { openModels } from '../../models/open.node.ts';
import type { ModelSet, Models } from '../../models/types.ts';
import { analyze } from '../../pipeline/analyze/analyze.node.ts';
import type { Analysis, OnProgress, Photo } from '../../pipeline/domain.ts';
import type { JobFacts } from '../../pipeline/job-machine.ts';
import { toHumanDecisions } from '../../pipeline/rooms/decisions.ts';
import type { ReadyPhoto } from './contract.ts';
import type { HostCore } from './core.ts';
import { mustListing } from './listings.node.ts';
import type { KnownPhoto } from './task-view.ts';
import type { TaskControl } from './tasks.node.ts';

/** Milliseconds between two events with new photos. */
const PHOTOS_EVERY_MS = 250;
/** Milliseconds between two counts on the card of a first analysis. */
const CARD_EVERY_MS = 1_000;
/** Fraction of the work behind which the end is a few seconds away. */
const NEAR_END = 0.85;
const FACTS: JobFacts = { hasTimeline: true, unapprovedClips: 0 };

/** The networks of this process, opened at first use and again after what is installed changed. */
export class ModelHolder {
  private readonly set: ModelSet | 'auto';
  private opened: Promise<Models> | undefined;
  private stale = false;
  private users = 0;
  private retired: Promise<Models>[] = [];

  constructor(set: ModelSet | 'auto') {
    this.set = set;
  }

  /** What is installed changed: the next one who needs networks opens them anew. */
  markStale(): void {
    this.stale = true;
  }

  /** Runs with the networks, which stay open until it ends, also when they are dropped meanwhile. */
  async use<T>(run: (models: Models) => Promise<T>): Promise<T> {
    this.users += 1;
    try {
      return await run(await this.get());
    } catch (error) {
      // Networks that failed are opened anew by the next use.
      if (error instanceof PicaividError && error.code.startsWith('model_')) await this.drop();
      throw error;
    } finally {
      this.users -= 1;
      if (this.users === 0) for (const models of this.retired.splice(0)) await closed(models);
    }
  }

  private async get(): Promise<Models> {
    if (this.stale) await this.drop();
    const opened = this.opened ?? openModels({ set: this.set });
    this.opened = opened;
    opened.catch(() => {
      this.opened = undefined;
    });
    return opened;
  }

  /** Lets go of the networks, once nobody uses them; the next use opens anew. */
  async drop(): Promise<void> {
    this.stale = false;
    const opened = this.opened;
    this.opened = undefined;
    if (opened === undefined) return;
    if (this.users > 0) this.retired.push(opened);
    else await closed(opened);
  }
}

function closed(opened: Promise<Models>): Promise<void> {
  return opened.then(
    (models) => models.close(),
    () => {},
  );
}

/** `nearEnd` is called once when most of the work is done: for what shall be ready when the analysis is. */
export async function runAnalysis(
  core: HostCore,
  models: ModelHolder,
  control: TaskControl,
  nearEnd: () => void = () => {},
): Promise<void> {
  const { task, signal } = control;
  let told = false;
  const onProgress: OnProgress = (progress) => {
    control.onProgress(progress);
    if (told || progress.fraction < NEAR_END) return;
    told = true;
    nearEnd();
  };
  const row = await mustListing(core, task.listingId ?? '');
  if (row.deletedAt !== null) return;
  await core.team.bringAll(row);
  const { database, store, bus, settings } = core;
  const before = await core.analyses.get(row);
  // A first analysis shows on the card; a later one leaves a job that is further on where it is until it changes.
  if (before === undefined) await transitionJob(database, row.jobId, 'start_analysis', FACTS);
  const photos = photoTeller(core, row.id, control, before === undefined);
  try {
    const decisions = toHumanDecisions(await store.decisions(row.id));
    await mustWrite(core.home.listingDir(row.id));
    const analysis = await models.use((networks) =>
      analyze({ folder: row.folder, decisions }, networks, {
        workDir: core.home.listingDir(row.id),
        ltxEnabled: settings.LTX_ENABLED,
        ...(settings.COLMAP_PATH === undefined ? {} : { colmapPath: settings.COLMAP_PATH }),
        onProgress,
        onPhoto: photos.add,
        signal,
      }),
    );
    throwIfCancelled(signal);
    await photos.settle();
    // A host that died between the two writes below left a whole analysis and a job that does not know of it.
    const settled = row.status !== 'analyzing' && row.status !== 'draft';
    if (before !== undefined && settled && sameAnalysis(before.analysis, analysis)) {
      await core.cards.countFacts(row.id);
      return;
    }
    if (before !== undefined) await transitionJob(database, row.jobId, 'start_analysis', FACTS);
    await core.team.analysing(row);
    await saveAnalysis(database, row.jobId, analysis);
    await transitionJob(database, row.jobId, 'analysis_done', FACTS);
    core.analyses.forget(row.id);
    const revision = await store.bumpRevision(row.id);
    await core.cards.countFacts(row.id);
    bus.emit({ type: 'rooms', listingId: row.id, revision });
    // Without its server the team hears of it at the next start.
    await core.team
      .analysed(row)
      .catch((error: unknown) => core.log.warn({ err: error }, 'the team was not told of an analysis'));
  } catch (cause) {
    const error = cause instanceof PicaividError ? cause : undefined;
    if (error?.code === 'file_not_found') core.cards.forgetFolder(row.id);
    await photos.settle();
    if (before === undefined) await leaveJob(core, row.jobId, row.id, cause);
    throw cause;
  }
}

/** Node says of a folder on a read-only disk that it "is not there" when it shall be made with its parents. */
async function mustWrite(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    const error = toPicaividError(cause, 'output_unwritable', folder);
    if (error.code === 'disk_full') throw error;
    throw new PicaividError('output_unwritable', `Nothing can be written to ${folder}.`, { cause, file: folder });
  }
}

/** Equal but for the order of photos and of names in records, which storing does not keep. */
export function sameAnalysis(a: Analysis, b: Analysis): boolean {
  const canonical = ({ photos, ...rest }: Analysis): string =>
    JSON.stringify(sorted({ ...rest, photos: [...photos].sort((x, y) => (x.id < y.id ? -1 : 1)) }));
  return canonical(a) === canonical(b);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}

/** A first analysis that did not end: stopped by a person (as if it had not begun) or failed. */
async function leaveJob(core: HostCore, jobId: string, listingId: string, cause: unknown): Promise<void> {
  const { database, log } = core;
  const stopped = cause instanceof PicaividError && cause.code === 'cancelled';
  try {
    const job = await findJob(database, listingId);
    if (job?.status !== 'analyzing') return;
    await transitionJob(
      database,
      jobId,
      stopped ? 'interrupted' : 'fail',
      FACTS,
      stopped ? undefined : cause instanceof PicaividError ? cause.toJSON() : { code: 'internal', message: `${cause}` },
    );
  } catch (error) {
    // A full disk may refuse this note too; the first error is the one that counts.
    log.warn({ err: error, jobId }, 'the state of a job was not written');
  }
}

interface PhotoTeller {
  readonly add: (photo: Photo) => void;
  /** Everything told and written; nothing comes after it. */
  settle(): Promise<void>;
}

/** Gathers photos as they are read: events a few times a second, a first card, and what a stopped task keeps. */
function photoTeller(core: HostCore, listingId: string, control: TaskControl, firstAnalysis: boolean): PhotoTeller {
  const known = new Map<string, KnownPhoto>();
  let fresh: ReadyPhoto[] = [];
  let timer: NodeJS.Timeout | undefined;
  let cardAt = 0;
  let writing: Promise<void> = Promise.resolve();
  const card = (): void => {
    cardAt = Date.now();
    const poster = [...known.values()].reduce((a, b) => (b.file < a.file ? b : a));
    const facts = { photoCount: known.size, rejectedCount: 0, attentionCount: 0, posterPhotoId: poster.id };
    writing = writing
      .then(() => core.store.setCardFacts(listingId, facts))
      .then(() => core.bus.emit({ type: 'listing', listingId }))
      .catch((error: unknown) => core.log.warn({ err: error, listingId }, 'a first card was not written'));
  };
  const flush = (last: boolean): void => {
    clearTimeout(timer);
    timer = undefined;
    if (fresh.length > 0) {
      const photos = fresh;
      fresh = [];
      control.setReady([...known.values()]);
      core.bus.emit({ type: 'photos', listingId, photos });
    }
    if (firstAnalysis && known.size > 0 && (last || Date.now() - cardAt > CARD_EVERY_MS)) card();
  };
  return {
    add: ({ id, file, width, height, sha256 }) => {
      if (known.has(id)) return;
      known.set(id, { id, file, width, height, sha256 });
      fresh.push({ id, file, width, height });
      timer ??= setTimeout(() => flush(false), PHOTOS_EVERY_MS);
    },
    settle: () => {
      flush(true);
      return writing;
    },
  };
}
