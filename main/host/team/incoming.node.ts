/**
 * What came from the team, put where the studio's screens look: a listing made whole when somebody opens it or there is
 * time, its analysis fetched and stored with this machine's paths, and the pages told by the events they know.
 */
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../../base/errors.ts';
import { transitionJob } from '../../../db/jobs.node.ts';
import { saveAnalysis } from '../../../db/results.node.ts';
import { forgetSteps } from '../../../db/studio/film-steps.node.ts';
import type { Film, FilmStore } from '../../../db/studio/films.node.ts';
import { ring } from '../../../db/studio/outbox.node.ts';
import { RenderStore } from '../../../db/studio/renders.node.ts';
import type { ListingRow } from '../../../db/studio/types.ts';
import { type FeedEntry, listingsAnswerSchema, snapshotSchema } from '../../../db/sync/protocol.ts';
import type { Applied, ChangedPart, FeedOptions } from '../../../db/sync/remote.node.ts';
import { applySnapshot, layCards, partialListings } from '../../../db/sync/snapshot.node.ts';
import {
  analysisName,
  analysisStateSchema,
  getState,
  isPartial,
  partialName,
  putState,
  setFeedPosition,
} from '../../../db/sync/state.node.ts';
import type { HostCore } from '../core.ts';
import { localAnalysis } from './analysis-blob.node.ts';
import type { TeamFiles } from './files.node.ts';
import type { TeamHttp } from './http.node.ts';
import { logosIn, type TeamLogos } from './logos.node.ts';
import type { TeamMemory } from './memory.node.ts';
import type { Transfers } from './transfers.node.ts';

/** Cards in one answer; 5,000 listings are ten of them. */
const CARDS = 500;
/** Between two listings that are made whole while nobody waits, milliseconds: the server's limit is 50 requests a second. */
const BREATH_MS = 40;
/** The library follows what came for listings that are not open after this, milliseconds. */
const CARD_AFTER_MS = 300;
const UNFINISHED: ReadonlySet<string> = new Set(['waiting', 'running', 'paused']);
const FACTS = { hasTimeline: true, unapprovedClips: 0 } as const;
const EVERY_PART: ReadonlySet<ChangedPart> = new Set(['card', 'rooms', 'photos', 'analysis', 'film', 'versions', 'music', 'takes', 'review']); // biome-ignore format: one list

export interface IncomingParts {
  readonly core: HostCore;
  readonly films: FilmStore;
  readonly files: TeamFiles;
  readonly transfers: Transfers;
  readonly memory: TeamMemory;
  /** An edit that a page makes on the film of before is meant on the film of now. */
  readonly followFilm: (listingId: string, before: Film) => Promise<void>;
  /** One writer of what comes from the team at a time. */
  readonly lay: <T>(work: () => Promise<T>) => Promise<T>;
  readonly http: () => TeamHttp | undefined;
  readonly logos: TeamLogos;
  readonly onMusic: () => void;
  readonly onFirstSync: (done: number, of: number) => void;
}

export class Incoming {
  private readonly parts: IncomingParts;
  private readonly takes: RenderStore;
  private readonly whole = new Map<string, Promise<void>>();
  private readonly loading = new Map<string, Promise<void>>();
  /** Listings that somebody looked at since the start: their files are fetched as they come. */
  private readonly opened = new Set<string>();
  private readonly before = new Map<string, Film>();
  private card: NodeJS.Timeout | undefined;

  constructor(parts: IncomingParts) {
    this.parts = parts;
    this.takes = new RenderStore(parts.core.database);
  }

  options(teamId: string): FeedOptions {
    return { teamId, folderOf: (listingId) => this.parts.files.folderOf(listingId) };
  }

  // ───────────────────────────── The first sync ─────────────────────────────

  /**
   * All cards, then everything from their place on; goes on where it was cut. After the server was set back it gives
   * the listings that it does not have any more; else undefined.
   */
  async cards(teamId: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { core, memory, lay } = this.parts;
    const http = this.must();
    const begun = await memory.firstSync();
    const setBack = begun?.setBack === true;
    // All of them must be seen to know which are missing.
    let first = setBack ? undefined : begun;
    let known = 0;
    const ids = new Set<string>();
    for (;;) {
      const after: string | null = first?.after ?? null;
      const path = `/sync/listings?limit=${CARDS}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`;
      const answer = await http.get(path, listingsAnswerSchema, { signal });
      throwIfCancelled(signal);
      const added = await lay(() => layCards(core.database, answer.listings, this.options(teamId)));
      known += answer.listings.length;
      for (const { id } of answer.listings) ids.add(id);
      for (const listingId of added.slice(0, 1)) core.bus.emit({ type: 'listing', listingId }); // the library asks for all
      first = { after: answer.next, head: first?.head ?? answer.head };
      this.parts.onFirstSync(0, known);
      if (answer.next === null) break;
      if (!setBack) await memory.setFirstSync(first);
    }
    const gone = setBack ? await lay(() => memory.keepAlone(ids)) : undefined;
    await setFeedPosition(core.database, first.head);
    await memory.setFirstSync(null);
    return gone;
  }

  /** Makes listings whole one after the other while there is time. */
  async makeWhole(signal: AbortSignal): Promise<void> {
    const { core, onFirstSync } = this.parts;
    const all = await partialListings(core.database);
    let done = 0;
    for (const listingId of all) {
      if (signal.aborted) return;
      onFirstSync(done++, all.length);
      if (!(await isPartial(core.database, listingId))) continue;
      await this.fetchWhole(listingId, signal);
      await sleep(BREATH_MS, undefined, { signal }).catch(() => {});
    }
    if (!signal.aborted) onFirstSync(all.length, all.length);
  }

  /** The listing as the team has it, unless it is whole here already. */
  async ensureWhole(listingId: string): Promise<void> {
    if (this.parts.http() !== undefined && (await isPartial(this.parts.core.database, listingId)))
      await this.fetchWhole(listingId);
  }

  private fetchWhole(listingId: string, signal?: AbortSignal): Promise<void> {
    const running =
      this.whole.get(listingId) ?? this.fetchOnce(listingId, signal).finally(() => this.whole.delete(listingId));
    this.whole.set(listingId, running);
    return running;
  }

  private async fetchOnce(listingId: string, signal?: AbortSignal): Promise<void> {
    const { core, memory, lay } = this.parts;
    const teamId = await memory.teamId();
    if (teamId === undefined) return;
    const http = this.must();
    const path = `/sync/listings/${encodeURIComponent(listingId)}`;
    // What the feed brought while it was on its way is newer: then once more.
    for (let look = 0; look < 3; look++) {
      const snapshot = await http.get(path, snapshotSchema, { signal, timeoutMs: 60_000 });
      const done = await lay(async () => {
        this.remember(listingId);
        const changed = await applySnapshot(core.database, snapshot, this.options(teamId));
        if (changed) await this.tell(listingId, EVERY_PART);
        return changed;
      });
      // A film that went beside the server's is a version to be sent.
      if (done) return ring();
    }
  }

  /** An entry of this listing could not be laid: it is fetched whole. */
  async repair(listingId: string): Promise<void> {
    await putState(this.parts.core.database, partialName(listingId), { seq: 0 });
    this.fetchWhole(listingId).catch(() => {}); // it is partial, and tried again at the next start
  }

  // ───────────────────────────── The feed ─────────────────────────────

  /** Before entries are laid: films in memory as pages know them. */
  remembering(entries: readonly FeedEntry[]): void {
    for (const { listingId, body } of entries) if (body.kind.startsWith('film.')) this.remember(listingId);
  }

  private remember(listingId: string): void {
    const film = this.parts.films.remembered(listingId);
    if (film !== undefined) this.before.set(listingId, film);
  }

  async applied({ changed, branched, added }: Applied): Promise<void> {
    for (const { listingId } of branched) await forgetSteps(this.parts.core.database, listingId);
    for (const listingId of added) this.cardSoon(listingId);
    for (const [listingId, parts] of changed) await this.tell(listingId, parts);
    this.before.clear();
  }

  private async tell(listingId: string, parts: ReadonlySet<ChangedPart>): Promise<void> {
    const { core } = this.parts;
    const row = await core.store.listing(listingId);
    if (row === undefined) return;
    if (parts.has('analysis') || parts.has('film')) await this.stands(row);
    if (!this.opened.has(listingId)) return this.cardSoon(listingId);
    const { bus } = core;
    if (parts.has('rooms')) {
      bus.emit({ type: 'rooms', listingId, revision: row.revision });
      core.cards.factsSoon(listingId);
    }
    if (parts.has('film') || parts.has('versions')) {
      const film = await this.parts.films.film(listingId);
      const before = this.before.get(listingId);
      if (before !== undefined) await this.parts.followFilm(listingId, before);
      if (film !== undefined) bus.emit({ type: 'timeline', listingId, revision: film.revision });
      bus.emit({ type: 'renders', listingId });
    } else if (parts.has('takes')) bus.emit({ type: 'renders', listingId });
    if (parts.has('takes') || parts.has('review')) bus.emit({ type: 'review', listingId });
    if (parts.has('music')) this.parts.onMusic();
    bus.emit({ type: 'listing', listingId });
    if (parts.has('analysis')) this.inBackground(this.ensureAnalysis(listingId), 'an analysis of the team');
    if (parts.has('takes') || parts.has('music') || parts.has('film')) this.inBackground(this.prefetch(row), 'files of the team'); // biome-ignore format: one call
  }

  /** A job whose analysis or film came from the team stands where one does whose were made here. */
  private async stands({ id, jobId, status }: ListingRow): Promise<void> {
    const { database } = this.parts.core;
    let now = status;
    if (now === 'draft' || now === 'analyzing') {
      if ((await getState(database, analysisName(id), analysisStateSchema)) === undefined) return;
      if (await this.isAnalysing(id)) return;
      await transitionJob(database, jobId, 'start_analysis', FACTS);
      now = await transitionJob(database, jobId, 'analysis_done', FACTS);
    }
    if (now !== 'planned') return;
    const film = await database.db
      .selectFrom('films')
      .select('revision')
      .where('listing_id', '=', id)
      .executeTakeFirst();
    if (film !== undefined) await transitionJob(database, jobId, 'timeline_built', FACTS);
  }

  /** Somebody reads the folder here right now: whoever does says when that ends. */
  private async isAnalysing(listingId: string): Promise<boolean> {
    const tasks = await this.parts.core.store.tasks();
    return tasks.some((task) => task.kind === 'analyze' && task.listingId === listingId && UNFINISHED.has(task.state));
  }

  /** Of listings that nobody has open only the library shows something: one event for many. */
  private cardSoon(listingId: string): void {
    if (this.card !== undefined) return;
    this.card = setTimeout(() => {
      this.card = undefined;
      this.parts.core.bus.emit({ type: 'listing', listingId });
    }, CARD_AFTER_MS);
    this.card.unref();
  }

  // ───────────────────────────── Looked at ─────────────────────────────

  /** Somebody opens the listing: made whole, its analysis fetched; its takes and music follow. */
  async open(listingId: string): Promise<void> {
    const { core, files } = this.parts;
    const row = await core.store.listing(listingId);
    if (row === undefined || row.teamId === null) return;
    files.look(listingId);
    const first = !this.opened.has(listingId);
    this.opened.add(listingId);
    await this.ensureWhole(listingId);
    await this.ensureAnalysis(listingId);
    if (first && this.parts.http() !== undefined) this.inBackground(this.prefetch(row), 'files of the team');
  }

  /** Loads the team's analysis where the tables hold another one, or none. */
  ensureAnalysis(listingId: string): Promise<void> {
    const running =
      this.loading.get(listingId) ?? this.loadAnalysis(listingId).finally(() => this.loading.delete(listingId));
    this.loading.set(listingId, running);
    return running;
  }

  private async loadAnalysis(listingId: string): Promise<void> {
    const { core, files, memory, transfers } = this.parts;
    const { database, store } = core;
    const state = await getState(database, analysisName(listingId), analysisStateSchema);
    if (state === undefined || (await memory.loaded(listingId)) === state.blob.sha256) return;
    const row = await store.listing(listingId);
    if (row === undefined) return;
    const path = files.analysisFile(state.blob.sha256);
    await transfers.download(state.blob, path, true);
    const work = core.home.listingDir(listingId);
    const analysis = localAnalysis(await readFile(path, 'utf8'), {
      folder: row.folder,
      depth: (_photo, blob) => files.depthFile(listingId, blob.sha256),
      proxy: (photo, side) => `${work}/proxies/${photo.sha256}-${side}.jpg`,
    });
    const before = await core.analyses.get(row);
    if (before === undefined || row.status === 'draft' || row.status === 'analyzing')
      await transitionJob(database, row.jobId, 'start_analysis', FACTS);
    await saveAnalysis(database, row.jobId, analysis);
    if (before === undefined || row.status === 'draft' || row.status === 'analyzing')
      await transitionJob(database, row.jobId, 'analysis_done', FACTS);
    await memory.setLoaded(listingId, state.blob.sha256);
    core.analyses.forget(listingId);
    const revision = await store.bumpRevision(listingId);
    await core.cards.countFacts(listingId);
    core.bus.emit({ type: 'rooms', listingId, revision });
    // What is open shows it with its film.
    const film = await this.parts.films.film(listingId);
    const now = await store.listing(listingId);
    if (now !== undefined) await this.stands(now);
    if (film !== undefined) core.bus.emit({ type: 'timeline', listingId, revision: film.revision });
    await rm(path, { force: true });
  }

  /** Takes and logos of the film, so that Renders and Review show them as if they were made here. */
  async prefetch(row: ListingRow): Promise<void> {
    const { films, files, core } = this.parts;
    const film = await films.film(row.id);
    if (film === undefined) return;
    const facts = await this.takes.facts(film.timeline.clips.map(({ id }) => id));
    for (const { id } of film.timeline.clips)
      for (const take of facts(id).takes) {
        await files.bringTake(take, false);
        core.bus.emit({ type: 'renders', listingId: row.id });
      }
    for (const id of new Set(logosIn(film.timeline.titles))) await this.parts.logos.bring(id);
  }

  private inBackground(work: Promise<unknown>, what: string): void {
    work.catch((cause: unknown) => {
      const error = toPicaividError(cause);
      if (error.code !== 'host_unreachable' && error.code !== 'cancelled')
        this.parts.core.log.info({ err: error }, `${what} could not be fetched`);
    });
  }

  private must(): TeamHttp {
    const http = this.parts.http();
    if (http === undefined) throw new PicaividError('host_unreachable', 'The team’s server cannot be reached now.');
    return http;
  }
}
