/**
 * The task of kind `deliver`: makes the films of a delivery one after the other, checks each, and fills the folder that
 * is handed over. Everything is made in the studio's home and goes to the folder whole, the provenance last; a killed
 * host goes on with the films that are not done.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { transitionJob } from '../../db/jobs.node.ts';
import { type DeliveryFilmRow, type DeliveryRow, DeliveryStore } from '../../db/studio/deliveries.node.ts';
import type { Film } from '../../db/studio/films.node.ts';
import { type Approval, approvalsOf, ReviewStore } from '../../db/studio/reviews.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import { type DeliveryClip, deliver } from '../../pipeline/assemble/delivery.node.ts';
import { assembleFilm } from '../../pipeline/assemble/film.node.ts';
import { makeOutputTakes, type OutputClip } from '../../pipeline/assemble/outputs.node.ts';
import { sameFrame } from '../../pipeline/assemble/outputs.ts';
import type { MusicPlan, Progress, Timeline } from '../../pipeline/domain.ts';
import { frameToSeconds, secondsToFrame } from '../../pipeline/time.ts';
import { totalFrames } from '../../pipeline/timeline/clip-math.ts';
import { deliveryClip, filmOtio, posterFrame } from '../hand-over.ts';
import { verifyTakeFile } from '../take-files.node.ts';
import { deliveryIdOf } from './deliveries.node.ts';
import { type VoiceFile, verifiedVoice } from './deliveries-voice.node.ts';
import { outputSpec, softness } from './deliveries-words.ts';
import { firstSettings, readSettingsOf } from './film-settings.ts';
import { mustListing } from './listings.node.ts';
import { logoOf } from './logos.node.ts';
import type { CurrentTake, RenderCore } from './renders.node.ts';
import { type WantedClip, wantedClips } from './renders-parts.node.ts';
import { inputsOf } from './renders-wanted.node.ts';
import { type DeliverySettings, deliverySettingsSchema, outputSchema } from './review-contract.ts';
import type { TaskControl } from './tasks.node.ts';

/** Events with progress come at most this often, milliseconds. */
const TELL_EVERY_MS = 500;
/** Shares of the whole work: the films, and the folder around them. */
const FILMS_SHARE = 0.95;
/** A clip of the film with the take that goes into it. */
interface ShownClip extends WantedClip {
  readonly take: CurrentTake;
}

interface Job {
  readonly row: ListingRow;
  readonly delivery: DeliveryRow;
  readonly settings: DeliverySettings;
  readonly film: Film;
  readonly clips: readonly ShownClip[];
  readonly music: { readonly path: string; readonly plan: MusicPlan } | null;
  readonly voice: VoiceFile | null;
  /** Folder in the home where its films are made. */
  readonly work: string;
}

export class DeliveryRun {
  private readonly parts: RenderCore;
  private readonly store: DeliveryStore;
  private readonly version: string;
  /** Of films that are being made, by delivery and place. */
  private readonly live = new Map<string, Progress>();
  private toldAt = 0;

  constructor(parts: RenderCore, version: string) {
    this.parts = parts;
    this.store = new DeliveryStore(parts.film.core.database);
    this.version = version;
  }

  progress(deliveryId: string, at: number): Progress | null {
    return this.live.get(`${deliveryId} ${at}`) ?? null;
  }

  /** Errors: `edit_refused` when the film was changed, `clip_invalid`, those of the assembly; finished films are kept. */
  async run(control: TaskControl): Promise<void> {
    const { core } = this.parts.film;
    const { task, signal, onProgress } = control;
    const row = await mustListing(core, task.listingId ?? '');
    const delivery = await this.store.get(deliveryIdOf(task.input));
    if (delivery === undefined || delivery.state === 'done') return;
    const facts = { hasTimeline: true, unapprovedClips: 0 };
    try {
      const job = await this.prepare(row, delivery, signal);
      await this.store.update(delivery.id, { state: 'running', error: null });
      await transitionJob(core.database, row.jobId, 'start_assembly', facts);
      const films = await this.makeFilms(job, control);
      throwIfCancelled(signal);
      onProgress({ fraction: FILMS_SHARE, sentence: 'Filling the delivery folder' });
      // Again: a signature may have been taken back while the films were made.
      const approvals = await this.signatures(row, delivery, job.clips);
      await this.fillFolder(job, films, approvals, signal);
      const failed = films.filter(({ state }) => state === 'failed');
      await transitionJob(core.database, row.jobId, 'delivered', facts);
      await this.store.update(delivery.id, {
        state: failed.length === 0 ? 'done' : 'failed',
        error: failed[0]?.error ?? null,
      });
      if (failed.length === 0) await rm(job.work, { recursive: true, force: true });
      this.tell(row.id);
      onProgress({ fraction: 1, sentence: doneWords(films.length - failed.length, films.length) });
    } catch (cause) {
      const error = toPicaividError(cause);
      await this.leave(row, delivery, error);
      throw error;
    } finally {
      for (const key of this.live.keys()) if (key.startsWith(delivery.id)) this.live.delete(key);
    }
  }

  /** The job stands where it stood before; a stopped delivery can go on, a failed one says why. */
  private async leave(row: ListingRow, delivery: DeliveryRow, error: PicaividError): Promise<void> {
    const { core } = this.parts.film;
    const stopped = error.code === 'cancelled';
    await this.store
      .update(delivery.id, stopped ? { state: 'waiting' } : { state: 'failed', error: error.toJSON() })
      .catch((cause: unknown) => core.log.warn({ err: cause }, 'the end of a delivery was not written'));
    if ((await core.store.listing(row.id))?.status === 'assembling')
      await transitionJob(core.database, row.jobId, 'interrupted', { hasTimeline: true, unapprovedClips: 0 }).catch(
        (cause: unknown) => core.log.warn({ err: cause }, 'the state of a job was not written'),
      );
    this.tell(row.id);
  }

  /** Everything that goes into the films, looked at byte by byte. */
  private async prepare(row: ListingRow, delivery: DeliveryRow, signal: AbortSignal): Promise<Job> {
    const { film: parts, renders } = this.parts;
    const film = await parts.films.film(row.id);
    if (film === undefined || film.revision !== delivery.filmRevision)
      throw new PicaividError(
        'edit_refused',
        'The film was changed since this delivery was asked for. Deliver it anew.',
      );
    const takes = await renders.currentTakes(row.id);
    const clips: ShownClip[] = [];
    for (const one of await wantedClips(renders.parts, row, { film })) {
      throwIfCancelled(signal);
      const take = takes.get(one.clip.id);
      if (take !== undefined) await parts.core.team.bringTake(row, take);
      const state = take === undefined ? 'missing' : await verifyTakeFile(take.file);
      if (take === undefined || state !== 'present')
        throw new PicaividError(
          state === 'missing' ? 'clip_missing' : 'clip_invalid',
          `The file of ${one.room}, clip ${clips.length + 1}, ${state === 'missing' ? 'is not on the disk any more' : 'is not the one that was rendered'}. Render it again.`,
        );
      clips.push({ ...one, take });
    }
    await this.signatures(row, delivery, clips);
    const { musicId } = readSettingsOf(film.settings, firstSettings(film.timeline.template, 45, null));
    const plan = film.timeline.music;
    const music = musicId === null || plan === null ? null : { path: await parts.music.file(musicId), plan };
    const work = join(parts.core.home.dir, 'assembly', delivery.id);
    await mkdir(work, { recursive: true });
    const settings = deliverySettingsSchema.parse(delivery.settings);
    const voice = settings.voiceOver === null ? null : await verifiedVoice(parts.core.home, settings.voiceOver.id);
    return { row, delivery, settings, film, clips, music, voice, work };
  }

  /**
   * Who signed the clips as they are shown. A delivery may wait, or be gone on with after a kill: without somebody who
   * vouches for it, each clip must be signed still. Errors: `transition_refused`.
   */
  private async signatures(
    row: ListingRow,
    delivery: DeliveryRow,
    clips: readonly ShownClip[],
  ): Promise<readonly Approval[]> {
    const shown = new Map(clips.map(({ clip, take }) => [clip.id, take.specHash]));
    const decisions = await new ReviewStore(this.parts.film.core.database).decisions(row.id);
    const approvals = approvalsOf(decisions, shown);
    const signed = new Set(approvals.map(({ clipId }) => clipId));
    const at = clips.findIndex(({ clip }) => !signed.has(clip.id));
    if (at !== -1 && delivery.override === null)
      throw new PicaividError(
        'transition_refused',
        `${clips[at]?.room}, clip ${at + 1}, was approved when this delivery was asked for, and is not any more. Review it, then deliver the film anew.`,
      );
    return approvals;
  }

  /** One after the other; one that fails does not keep the next from being made. */
  private async makeFilms(job: Job, { signal, onProgress }: TaskControl): Promise<readonly DeliveryFilmRow[]> {
    const { delivery, row } = job;
    const films = [...delivery.films];
    const set = async (at: number, changes: Partial<DeliveryFilmRow>): Promise<void> => {
      const film = films[at];
      if (film !== undefined) films[at] = { ...film, ...changes };
      await this.store.update(delivery.id, { films });
      this.tell(row.id);
    };
    for (const [at, film] of films.entries()) {
      throwIfCancelled(signal);
      if (film.state === 'done' && (await isThere(join(job.work, film.name), film.bytes))) continue;
      await set(at, { state: 'running', error: null });
      try {
        const told = (progress: Progress): void => {
          this.live.set(`${delivery.id} ${at}`, progress);
          const fraction = (FILMS_SHARE * (at + progress.fraction)) / films.length;
          onProgress({ fraction, sentence: `${film.name}: ${progress.sentence}` });
          this.tellSoon(row.id);
        };
        const made = await this.makeFilm(job, at, film, told, signal);
        await set(at, { state: 'done', ...made });
      } catch (cause) {
        const error = toPicaividError(cause);
        await set(at, error.code === 'cancelled' ? { state: 'waiting' } : { state: 'failed', error: error.toJSON() });
        // A disk that is full, or a person who stops it, ends all of it.
        if (error.code === 'cancelled' || error.code === 'disk_full') throw error;
      } finally {
        this.live.delete(`${delivery.id} ${at}`);
      }
    }
    const first = films.find(({ state }) => state === 'failed');
    if (first?.error != null && films.every(({ state }) => state === 'failed'))
      throw new PicaividError(first.error.code, first.error.message);
    return films;
  }

  private async makeFilm(
    job: Job,
    at: number,
    { name, output }: DeliveryFilmRow,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Partial<DeliveryFilmRow>> {
    const { core } = this.parts.film;
    const spec = outputSpec(outputSchema.parse(output), job.settings.loudnessLufs);
    const { timeline } = job.film;
    const asEdited = sameFrame(timeline, spec);
    const shown = asEdited
      ? { timeline, clips: new Map(job.clips.map((clip) => [clip.clip.id, sourceOf(clip)])), notes: [] }
      : await makeOutputTakes({
          timeline,
          clips: await this.outputClips(job),
          output: spec,
          takesDir: core.home.takesDir,
          onProgress: (progress) => onProgress({ ...progress, fraction: progress.fraction * 0.8 }),
          signal,
        });
    const share = asEdited ? 0 : 0.8;
    const plan = shown.timeline.music;
    const soft = softness(spec, timeline, job.clips.map(drawnClip));
    const film = await assembleFilm({
      timeline: shown.timeline,
      clips: shown.clips,
      music: job.music === null || plan === null ? null : { path: job.music.path, plan },
      ...voiceOf(job, shown.timeline),
      output: spec,
      outPath: join(job.work, name),
      workDir: join(job.work, `segments-${at}`),
      logoOf: (id) => logoOf(core, job.row, id),
      onProgress: (progress) => onProgress({ ...progress, fraction: share + (1 - share) * progress.fraction }),
      signal,
    });
    await rm(join(job.work, `segments-${at}`), { recursive: true, force: true });
    return {
      bytes: (await stat(film.path)).size,
      seconds: frameToSeconds(totalFrames(shown.timeline.clips), shown.timeline.frameRate),
      verification: [...film.verification.lines],
      notes: [...shown.notes, ...(soft === null ? [] : [soft]), ...film.notes],
      copiedFrames: film.copiedFrames,
      encodedFrames: film.encodedFrames,
    };
  }

  /** What a clip is rendered from, for a film of another size or rate. */
  private async outputClips({ row, clips }: Job): Promise<ReadonlyMap<string, OutputClip>> {
    const found = new Map<string, OutputClip>();
    for (const clip of clips) {
      const { spec } = clip.take.take;
      const photo = clip.wanted?.photo ?? null;
      const { photoPath, depthPath } = await inputsOf(row, spec, photo, this.parts.renders.parts.hashes);
      found.set(clip.clip.id, {
        spec,
        path: clip.take.file.path,
        photoPath,
        depthPath,
        focus: spec.focus,
        photoSize: { width: photo?.width ?? spec.width, height: photo?.height ?? spec.height },
      });
    }
    return found;
  }

  private async fillFolder(
    job: Job,
    films: readonly DeliveryFilmRow[],
    approvals: readonly Approval[],
    signal: AbortSignal,
  ): Promise<void> {
    const { row, delivery, settings, clips, film } = job;
    const { timeline } = film;
    const analysis = await this.parts.film.core.analyses.get(row);
    const decisions = await this.parts.film.core.store.decisions(row.id);
    const signed = new Set(approvals.map(({ clipId }) => clipId));
    const done = films.filter(({ state }) => state === 'done');
    const handed = await Promise.all(clips.map((clip) => this.handed(row, clip)));
    await deliver({
      folder: delivery.folder,
      listing: row.name,
      films: done.map(({ name, verification, notes }) => ({ path: join(job.work, name), name, verification, notes })),
      posterFrame: posterFrame(settings.coverFrame, timeline.frameRate, rateOf(done[0], timeline)),
      frameRate: rateOf(done[0], timeline),
      clips: handed,
      otio: filmOtio(timeline, { name: row.name, clips: handed, musicPath: job.music?.path ?? null, folder: delivery.folder }), // biome-ignore format: one call
      programVersion: this.version,
      titles: timeline.titles,
      titleRate: timeline.frameRate,
      disclosure: settings.disclosure,
      ...(delivery.override === null ? {} : { vouchedFor: delivery.override }),
      overrides: {
        listing: row.id,
        delivery: delivery.id,
        delivered_by: delivery.person,
        approvals,
        not_approved: clips.map(({ clip }) => clip.id).filter((id) => !signed.has(id)),
        vouched_for: delivery.override,
        decisions,
        ...(settings.voiceOver === null ? {} : { voice_over: settings.voiceOver }),
        networks: analysis?.analysis.models ?? {},
      },
      signal,
    });
  }

  private async handed(row: ListingRow, { clip, take, room, wanted, photoFile }: ShownClip): Promise<DeliveryClip> {
    const { photoPath } = await inputsOf(row, take.take.spec, wanted?.photo ?? null, this.parts.renders.parts.hashes);
    return deliveryClip({
      clipId: clip.id,
      title: room,
      take: take.take,
      clipPath: take.file.path,
      clipSha256: take.sha256,
      photo: { path: photoPath, file: photoFile },
      depthSource: wanted?.photo?.depth?.source,
      downgradeReason: take.downgradeReason,
    });
  }

  private tell(listingId: string): void {
    this.toldAt = Date.now();
    this.parts.film.core.bus.emit({ type: 'deliveries', listingId });
  }

  private tellSoon(listingId: string): void {
    if (Date.now() - this.toldAt >= TELL_EVERY_MS) this.tell(listingId);
  }
}

function drawnClip({ take, room, wanted }: ShownClip, index: number) {
  return { room, index, spec: take.take.spec, photo: wanted?.photo ?? null };
}

/** The voice-over at the frame of the film where it begins: inside it, whatever its rate rounds to. */
function voiceOf({ voice, settings }: Job, { clips, frameRate }: Timeline) {
  if (voice === null || settings.voiceOver === null) return {};
  const startFrame = Math.min(secondsToFrame(settings.voiceOver.startSeconds, frameRate), totalFrames(clips) - 1);
  return { voiceOver: { path: voice.path, startFrame } };
}

function sourceOf({ take }: ShownClip) {
  return { path: take.file.path, focus: take.take.spec.focus };
}

/** The poster is of the first film, which may run at another rate than the one that was edited. */
function rateOf(first: DeliveryFilmRow | undefined, timeline: Timeline): Timeline['frameRate'] {
  return first === undefined ? timeline.frameRate : { num: outputSchema.parse(first.output).fps, den: 1 };
}

async function isThere(path: string, bytes: number | null): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && info.size === bytes;
}

const doneWords = (good: number, all: number): string =>
  good === all
    ? all === 1
      ? 'The film is delivered'
      : `${all} films are delivered`
    : `${good} of ${all} films are delivered`;
