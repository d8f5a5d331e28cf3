/** From rooms, music and settings to a film: as a task for the first one, as a proposal for a change. */
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import { sha256Text } from '../../base/files.node.ts';
import { newId } from '../../db/id.node.ts';
import { transitionJob } from '../../db/jobs.node.ts';
import type { Film, FilmStore } from '../../db/studio/films.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { Analysis, BeatTrack, HumanDecisions, OnProgress, Timeline } from '../../pipeline/domain.ts';
import type { JobFacts } from '../../pipeline/job-machine.ts';
import { toHumanDecisions } from '../../pipeline/rooms/decisions.ts';
import { type AnalysisView, effectiveAnalysis } from '../../pipeline/rooms/view.ts';
import type { BuildInput } from '../../pipeline/timeline/builder.ts';
import { TEMPLATES } from '../../pipeline/timeline/templates.ts';
import { viewOf } from './analyses.node.ts';
import type { TaskView } from './contract.ts';
import type { HostCore } from './core.ts';
import type { FilmPool } from './film-pool.node.ts';
import { firstSettings, frameOf, readSettingsOf, STUDIO_PIECE } from './film-settings.ts';
import { mustListing } from './listings.node.ts';
import type { Music } from './music.node.ts';
import { LightMeter } from './photo-light.node.ts';
import type { TaskControl } from './tasks.node.ts';
import { type FilmSettings, FRAME_SIZES, filmSettingsSchema, type Proposal } from './timeline-contract.ts';

export interface FilmCore {
  readonly core: HostCore;
  readonly films: FilmStore;
  readonly music: Music;
  readonly pool: FilmPool;
}

/** Rooms and photos as the film takes them. */
export interface FilmSource {
  readonly analysis: Analysis;
  readonly decisions: HumanDecisions;
  readonly view: AnalysisView;
  /** Hash of what a film depends on. */
  readonly key: string;
}

const FACTS: JobFacts = { hasTimeline: true, unapprovedClips: 0 };
/** Proposals are kept this long, milliseconds, and so many of them (a film is up to half a megabyte). */
const PROPOSAL_LIFE_MS = 3_600_000;
const PROPOSALS_KEPT = 40;
/** Sources kept: the same rooms are asked for at every look at a film. */
const SOURCES_KEPT = 12;

/** First films kept in memory, each up to half a megabyte: the listings of a morning. */
const AHEAD_KEPT = 20;

interface Ahead {
  readonly sourceKey: string;
  /** As JSON: what the film was built with. */
  readonly settings: string;
  readonly timeline: Promise<Timeline>;
}

export interface KeptProposal extends Proposal {
  readonly listingId: string;
  readonly sourceKey: string;
  readonly until: number;
}

export class FilmBuilder {
  private readonly film: FilmCore;
  private readonly proposals = new Map<string, KeptProposal>();
  private readonly sources = new Map<string, { readonly of: object; readonly revision: number; source: FilmSource }>();
  /** First films made before anybody asked for them, by listing. */
  private readonly ahead = new Map<string, Ahead>();
  /** Light of photos: measured ahead too, as every look at a film needs it. */
  readonly meter = new LightMeter();

  constructor(film: FilmCore) {
    this.film = film;
  }

  /** Undefined before the first analysis. */
  async source(row: ListingRow): Promise<FilmSource | undefined> {
    const { core } = this.film;
    const known = await core.analyses.get(row);
    if (known === undefined) return undefined;
    const kept = this.sources.get(row.id);
    if (kept?.of === known && kept.revision === row.revision) return kept.source;
    const decided = await core.store.decisions(row.id);
    const analysis = effectiveAnalysis(known.analysis, decided, { ltxEnabled: core.settings.LTX_ENABLED });
    const decisions = toHumanDecisions(decided);
    const source = { analysis, decisions, view: viewOf(analysis), key: sourceKey(analysis, decisions) };
    this.sources.delete(row.id);
    this.sources.set(row.id, { of: known, revision: row.revision, source });
    for (const old of [...this.sources.keys()].slice(0, Math.max(0, this.sources.size - SOURCES_KEPT)))
      this.sources.delete(old);
    return source;
  }

  /** The settings of the listing's film, or those that its first film would have. */
  async settings(row: ListingRow, film: Film | undefined): Promise<FilmSettings> {
    const { music } = this.film;
    if (film !== undefined) return readSettingsOf(film.settings, firstSettings(row.template, row.targetSeconds, null));
    return firstSettings(row.template, row.targetSeconds, await music.studioPiece(STUDIO_PIECE[row.template]));
  }

  /** Settings with changes; a style brings its frame along unless a frame is asked for. */
  private merged(before: FilmSettings, changes: Partial<FilmSettings>): FilmSettings {
    const { template } = changes;
    const frame = template === undefined || template === before.template ? before.frame : frameOf(template);
    return filmSettingsSchema.parse({ ...before, frame, ...changes });
  }

  /** Near the end of an analysis: its film's music is heard, a thread is there. Never throws. */
  listenAhead(listingId: string | null): void {
    const { core, music, pool } = this.film;
    const listen = async (): Promise<void> => {
      const row = listingId === null ? undefined : await core.store.listing(listingId);
      if (row === undefined || row.deletedAt !== null || (await this.film.films.film(row.id)) !== undefined) return;
      const { musicId } = await this.settings(row, undefined);
      if (musicId !== null) await music.track(musicId);
      await pool.warm();
    };
    listen().catch((error: unknown) => core.log.info({ err: error, listingId }, 'music was not listened to ahead'));
  }

  /**
   * Builds the first film while a person still looks at the rooms. It is kept in memory and becomes the listing's film
   * when the timeline is opened, if rooms and settings are then the same: a film that was stored by itself would be out
   * of date as soon as the first room is mended, and would say "timeline ready" of a film that nobody has seen.
   * Never throws; what fails is tried again, and told, when the film is asked for.
   */
  async buildAhead(listingId: string): Promise<void> {
    const { core, films } = this.film;
    try {
      const row = await core.store.listing(listingId);
      if (row === undefined || row.deletedAt !== null || (await films.film(listingId)) !== undefined) return;
      const source = await this.source(row);
      if (source === undefined) return;
      const settings = await this.settings(row, undefined);
      const timeline = this.track(settings).then((track) => this.build(source, settings, track));
      this.ahead.delete(listingId);
      this.ahead.set(listingId, { sourceKey: source.key, settings: JSON.stringify(settings), timeline });
      for (const old of [...this.ahead.keys()].slice(0, Math.max(0, this.ahead.size - AHEAD_KEPT)))
        this.ahead.delete(old);
      await Promise.all([timeline, this.meter.of(source.analysis.photos)]);
      core.log.info({ listingId }, 'the first film was built ahead');
    } catch (error) {
      this.ahead.delete(listingId);
      core.log.info({ err: error, listingId }, 'the first film was not built ahead');
    }
  }

  /** The film that was made ahead, once, if it is the one that would be built now. */
  private async takeAhead(listingId: string, sourceKey: string, settings: FilmSettings): Promise<Timeline | undefined> {
    const known = this.ahead.get(listingId);
    this.ahead.delete(listingId);
    if (known?.sourceKey !== sourceKey || known.settings !== JSON.stringify(settings)) return undefined;
    const timeline = await known.timeline.catch(() => undefined);
    if (timeline !== undefined) this.film.core.log.info({ listingId }, 'the film that was built ahead is taken');
    return timeline;
  }

  /** Starts Phase 3 for a listing without a film; gives the running one when there is one. */
  async start(listingId: string, changes: Partial<FilmSettings>): Promise<TaskView> {
    const { core, films } = this.film;
    const row = await mustListing(core, listingId);
    const tasks = await core.tasks.viewsOf(row);
    const running = tasks.find(
      ({ kind, state }) => kind === 'timeline' && (state === 'waiting' || state === 'running'),
    );
    if (running !== undefined) return running;
    if ((await films.film(listingId)) !== undefined)
      throw new PicaividError('transition_refused', 'This listing has a film already. Build it anew from there.');
    if ((await this.source(row)) === undefined) throw notAnalysed();
    const task = await core.tasks.ensure('timeline', listingId, { settings: changes });
    return core.tasks.view(task, row.name);
  }

  /** Phase 3: listens and builds. */
  async run({ task, signal, onProgress }: TaskControl): Promise<void> {
    const { core, films } = this.film;
    const row = await mustListing(core, task.listingId ?? '');
    if ((await films.film(row.id)) !== undefined) {
      onProgress({ fraction: 1, sentence: 'The film is ready' });
      return;
    }
    const settings = this.merged(await this.settings(row, undefined), settingsIn(task.input));
    const source = await this.source(row);
    if (source === undefined) throw notAnalysed();
    const timeline =
      (await this.takeAhead(row.id, source.key, settings)) ??
      (await this.listenAndBuild(source, settings, signal, onProgress));
    throwIfCancelled(signal);
    const film = await films.create(row.id, timeline, { settings, sourceKey: source.key });
    await transitionJob(core.database, row.jobId, 'timeline_built', FACTS).catch((error: unknown) =>
      // The film is stored; an analysis that runs again holds the job's state until it is done.
      core.log.info({ err: error, listingId: row.id }, 'the job did not move on'),
    );
    core.bus.emit({ type: 'timeline', listingId: row.id, revision: film.revision });
    onProgress({ fraction: 1, sentence: 'The film is ready' });
  }

  /** Builds with changed settings, for looking at. */
  async propose(listingId: string, changes: Partial<FilmSettings>): Promise<Proposal> {
    const { core, films } = this.film;
    const row = await mustListing(core, listingId);
    const film = await films.film(listingId);
    const source = await this.source(row);
    if (source === undefined) throw notAnalysed();
    const settings = this.merged(await this.settings(row, film), changes);
    const track = await this.track(settings);
    const timeline = await this.build(source, settings, track);
    const revision = film?.revision ?? 0;
    const proposal: KeptProposal = {
      id: newId(),
      settings,
      timeline,
      track,
      revision,
      listingId,
      sourceKey: source.key,
      until: Date.now() + PROPOSAL_LIFE_MS,
    };
    this.proposals.set(proposal.id, proposal);
    for (const [id, { until }] of this.proposals)
      if (until < Date.now() || this.proposals.size > PROPOSALS_KEPT) this.proposals.delete(id);
    const { id } = proposal;
    return { id, settings, timeline, track, revision };
  }

  proposal(listingId: string, id: string): KeptProposal {
    const found = this.proposals.get(id);
    if (found === undefined || found.listingId !== listingId || found.until < Date.now())
      throw new PicaividError('file_not_found', 'This proposal is not there any more. Look at the change once more.');
    return found;
  }

  private async listenAndBuild(
    source: FilmSource,
    settings: FilmSettings,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<Timeline> {
    onProgress({ fraction: 0, sentence: 'Listening to the music' });
    const track = await this.track(settings, signal);
    onProgress({ fraction: 0.6, sentence: 'Choosing shots and cuts' });
    return this.build(source, settings, track, signal);
  }

  /** Null for a silent film on an even grid. */
  private async track(settings: FilmSettings, signal?: AbortSignal): Promise<BeatTrack | null> {
    return settings.musicId === null ? null : this.film.music.track(settings.musicId, signal);
  }

  private build(
    source: FilmSource,
    settings: FilmSettings,
    track: BeatTrack | null,
    signal?: AbortSignal,
  ): Promise<Timeline> {
    const { core, pool } = this.film;
    const { brand } = settings;
    const look = { accent: brand.accent, ...(brand.logoId === null ? {} : { logoId: brand.logoId }) };
    const title = (text: string, subtext: string) => ({ text, ...(subtext === '' ? {} : { subtext }), ...look });
    const input: Omit<BuildInput, 'newId'> = {
      analysis: source.analysis,
      decisions: source.decisions,
      track,
      template: TEMPLATES[settings.template],
      targetSeconds: settings.targetSeconds,
      frameRate: { num: core.settings.OUTPUT_FPS, den: 1 },
      size: FRAME_SIZES[settings.frame],
      defaultBpm: core.settings.DEFAULT_BPM,
      titles: {
        ...(brand.title === '' ? {} : { opening: title(brand.title, brand.subtitle) }),
        // A logo alone makes an end card.
        ...(brand.endTitle === '' && brand.logoId === null
          ? {}
          : { closing: title(brand.endTitle, brand.endSubtitle) }),
      },
    };
    return pool.run({ kind: 'build', input }, signal);
  }
}

function settingsIn(input: unknown): Partial<FilmSettings> {
  if (typeof input !== 'object' || input === null || !('settings' in input)) return {};
  return settingsChanges(input.settings);
}

/** Settings that were sent, without the defaults that `partial` would fill in. Throws a ZodError. */
export function settingsChanges(sent: unknown): Partial<FilmSettings> {
  if (typeof sent !== 'object' || sent === null) return {};
  const parsed = filmSettingsSchema.partial().parse(sent);
  return Object.fromEntries(Object.entries(parsed).filter(([name]) => Object.hasOwn(sent, name)));
}

/** Everything of rooms and photos that the builder reads: when it is the same, the same film would be built. */
export function sourceKey(analysis: Analysis, decisions: HumanDecisions): string {
  const { roomOverride, excluded, heroes, motions, durationsSeconds } = decisions;
  const byName = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256Text(
    JSON.stringify([
      analysis.photos.map((photo) => [
        photo.id,
        photo.finalScore,
        photo.roomLabel,
        photo.clusterId,
        photo.duplicateOf ?? null,
      ]),
      analysis.clusters.map(({ id, roomType, photoIds, heroPhotoId, shots }) => [
        id,
        roomType,
        photoIds,
        heroPhotoId,
        shots,
      ]),
      byName(roomOverride),
      [...excluded].sort(),
      [...heroes].sort(),
      byName(motions),
      byName(durationsSeconds),
    ]),
  );
}

function notAnalysed(): PicaividError {
  return new PicaividError('transition_refused', 'The photos have not been analysed yet. The film follows by itself.');
}
