/**
 * Works through a listing's queue of clips: one task at a time in the host, one clip at a time in it. What is to be
 * rendered is read from the film again before each clip, so edits made meanwhile count. What a killed host had finished
 * is found again by its hash and never made twice.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ErrorData, PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { currentTake, type RenderRequest } from '../../db/studio/renders.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { ClipSpec, Progress, RenderedClip } from '../../pipeline/domain.ts';
import { ltxOptions } from '../../pipeline/render/ltx/render.node.ts';
import { renderTake, renderWithLadder, type TakeOptions } from '../../pipeline/render/take.node.ts';
import { motionWords, plural } from '../../pipeline/timeline/words.ts';
import { takeFiles } from '../take-files.node.ts';
import { mustListing } from './listings.node.ts';
import { moveJob, renderingEnded } from './renders-job.node.ts';
import { type RenderParts, takeState, type WantedClip, wantedClips } from './renders-parts.node.ts';
import type { Speeds } from './renders-speed.node.ts';
import { inputsOf } from './renders-wanted.node.ts';
import type { TaskControl } from './tasks.node.ts';

/** Events with a clip's progress come at most this often, milliseconds. */
const TELL_EVERY_MS = 250;
/** Failures that the next clip would meet too: the whole work stops with them. */
const OF_ALL: ReadonlySet<string> = new Set([
  'disk_full',
  'output_unwritable',
  'ffmpeg_missing',
  'database_failed',
  'model_missing',
  'model_damaged',
  'model_failed',
]);

interface Running {
  readonly clipId: string;
  readonly askedHash: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  progress: Progress;
}
interface Active {
  running: Running | undefined;
  /** Counts what was put into the queue while this one works. */
  kicks: number;
}

interface NextClip {
  readonly request: RenderRequest;
  readonly wanted: WantedClip;
  /** The whole queue, for progress. */
  readonly all: readonly RenderRequest[];
}

export class RenderQueue {
  private readonly parts: RenderParts;
  private readonly speeds: Speeds;
  private readonly active = new Map<string, Active>();

  constructor(parts: RenderParts, speeds: Speeds) {
    this.parts = parts;
    this.speeds = speeds;
  }

  /** The clip that is being rendered now, with how far it is. */
  running(listingId: string): { readonly clipId: string; readonly progress: Progress } | undefined {
    return this.active.get(listingId)?.running;
  }

  /** There is more in the queue: the task that works on it sees it, or a new one is made. */
  async kick(listingId: string): Promise<void> {
    const active = this.active.get(listingId);
    if (active !== undefined) {
      active.kicks += 1;
      return;
    }
    await this.parts.film.core.tasks.ensure('render', listingId, {});
  }

  /** Stops the clip that is being rendered, if it is one of these, and waits for its end. */
  async stop(listingId: string, clipIds: readonly string[]): Promise<void> {
    const running = this.active.get(listingId)?.running;
    if (running === undefined || !clipIds.includes(running.clipId)) return;
    running.abort.abort();
    await running.ended;
  }

  /** The task. Ends well with a sentence that says how many clips failed; throws what stops all of them. */
  async run({ task, signal, onProgress }: TaskControl): Promise<void> {
    const { core } = this.parts.film;
    const { store } = this.parts;
    let row = await mustListing(core, task.listingId ?? '');
    const active: Active = { running: undefined, kicks: 0 };
    const failed = new Set<string>();
    const watching = new AbortController();
    try {
      await store.requeueRunning(row.id);
      this.active.set(row.id, active);
      void this.watch(row, active, watching.signal);
      let begun = false;
      for (;;) {
        throwIfCancelled(signal);
        const kicks = active.kicks;
        // Its folder may lie elsewhere by now.
        row = await mustListing(core, row.id);
        const next = row.deletedAt === null ? await this.next(row) : undefined;
        if (next === undefined) {
          if (kicks !== active.kicks) continue;
          this.active.delete(row.id);
          break;
        }
        if (!begun) await moveJob(core, row, 'start_rendering');
        begun = true;
        const outcome = await this.renderOne(row, active, next, signal, onProgress);
        if (outcome === 'failed') failed.add(next.request.clipId);
        else failed.delete(next.request.clipId);
      }
      if (begun) await renderingEnded(this.parts, row);
      onProgress({ fraction: 1, sentence: await this.finished(row.id, failed.size) });
    } catch (error) {
      // A full disk refuses this too; the next start finds them running and puts them back.
      await store.requeueRunning(row.id).catch(() => {});
      await renderingEnded(this.parts, row);
      throw error;
    } finally {
      this.active.delete(row.id);
      watching.abort();
      core.bus.emit({ type: 'renders', listingId: row.id });
    }
  }

  /** The next request as the film wants it now. Those of clips that left the film, or are rendered already, end here. */
  private async next(row: ListingRow): Promise<NextClip | undefined> {
    const { store } = this.parts;
    for (;;) {
      const requests = await store.requests(row.id);
      const clips = await wantedClips(this.parts, row);
      const order = new Map(clips.map((clip, index) => [clip.clip.id, index]));
      await store.drop(
        row.id,
        requests.filter(({ clipId }) => !order.has(clipId)).map(({ clipId }) => clipId),
      );
      const [first] = requests
        .filter(({ clipId, state }) => state === 'queued' && order.has(clipId))
        .sort((a, b) => b.priority - a.priority || (order.get(a.clipId) ?? 0) - (order.get(b.clipId) ?? 0));
      const wanted = first === undefined ? undefined : clips[order.get(first.clipId) ?? -1];
      if (first === undefined || wanted === undefined) return undefined;
      if (wanted.wanted === undefined) {
        const error = new PicaividError('file_not_found', 'The photo of this clip is not in the listing any more.');
        await store.update(first.clipId, { state: 'failed', error: error.toJSON() });
        continue;
      }
      const { spec, hash } = wanted.wanted;
      if (hash !== first.askedHash) await store.update(first.clipId, { wanted: { askedHash: hash, spec } });
      const current = currentTake(wanted.facts, hash);
      if (current !== undefined && (await takeState(this.parts, row, current)) === 'present') {
        await store.update(first.clipId, { state: 'done' });
        continue;
      }
      return { request: { ...first, askedHash: hash, spec }, wanted, all: requests };
    }
  }

  private async renderOne(
    row: ListingRow,
    active: Active,
    { request, wanted, all }: NextClip,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<'rendered' | 'stopped' | 'failed'> {
    const { store, film } = this.parts;
    const { clipId, spec, askedHash } = request;
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const abort = new AbortController();
    const running: Running = { clipId, askedHash, abort, ended, progress: { fraction: 0, sentence: '' } };
    const title = `${wanted.room}, ${motionWords(spec.motion)}`;
    const tell = this.teller(row.id, running, all, { spec, title }, onProgress);
    active.running = running;
    tell({ fraction: 0, sentence: 'Reading the photo' });
    try {
      await store.update(clipId, { state: 'running' });
      film.core.bus.emit({ type: 'renders', listingId: row.id });
      const started = performance.now();
      const options = { signal: AbortSignal.any([signal, abort.signal]), onProgress: tell };
      const { rendered, fresh } = await this.made(row, request, wanted, options);
      const seconds = (performance.now() - started) / 1000;
      // One that another clip had made already took no time.
      if (fresh && seconds >= rendered.chosen.renderSeconds) await this.speeds.learn(spec, seconds);
      await store.saveRendered(rendered, askedHash, await takeFiles(rendered.takes));
      for (const { path } of rendered.takes) await tidy(dirname(path));
      await store.update(clipId, { state: 'done', error: null });
      return 'rendered';
    } catch (cause) {
      const error = toPicaividError(cause);
      if (signal.aborted || (!abort.signal.aborted && OF_ALL.has(error.code))) throw error;
      // Taken out of the queue, or the film wants something else of it by now: its row says which.
      if (abort.signal.aborted) {
        await store.requeueRunning(row.id);
        return 'stopped';
      }
      film.core.log.warn({ err: error, cause: error.cause, listingId: row.id, clipId }, 'a clip was not rendered');
      await store.update(clipId, {
        state: 'failed',
        error: withoutPath(error, wanted.wanted?.photo?.file ?? 'The photo'),
      });
      return 'failed';
    } finally {
      active.running = undefined;
      end();
      film.core.bus.emit({ type: 'renders', listingId: row.id });
    }
  }

  /** Renders, or finds, what the film asks for; a chosen take whose file is lost is made anew as it was. */
  private async made(
    row: ListingRow,
    { clipId, spec, askedHash }: RenderRequest,
    { wanted, facts }: WantedClip,
    { signal, onProgress }: Required<Pick<TakeOptions, 'signal' | 'onProgress'>>,
  ): Promise<{ readonly rendered: RenderedClip; readonly fresh: boolean }> {
    const { hashes, models, takesDir } = this.parts;
    const photo = wanted?.photo ?? null;
    await mkdir(takesDir, { recursive: true });
    if (photo !== null) await this.parts.film.core.team.bringSources(row, [photo.id]);
    return models.use(async (networks) => {
      const ltx = ltxOptions(this.parts.film.core.settings);
      const options = { dir: takesDir, models: networks, signal, onProgress, ...(ltx === undefined ? {} : { ltx }) };
      const current = currentTake(facts, askedHash);
      if (current !== undefined && facts.choices.get(askedHash) === current.specHash) {
        const lost = current.take.spec;
        const chosen = await renderTake(lost, await inputsOf(row, lost, photo, hashes), options);
        return { rendered: { clipId, takes: [chosen], chosen }, fresh: false };
      }
      const inputs = await inputsOf(row, spec, photo, hashes);
      const known = new Set(facts.takes.map((take) => take.specHash));
      const rendered = await renderWithLadder(clipId, spec, inputs, options);
      const fresh =
        rendered.takes.length === 1 && !known.has(rendered.chosen.specHash) && rendered.chosen.renderSeconds > 0;
      return { rendered, fresh };
    });
  }

  /** Progress of the clip for its row on the page, and of all frames for the task. */
  private teller(
    listingId: string,
    running: Running,
    all: readonly RenderRequest[],
    { spec, title }: { readonly spec: ClipSpec; readonly title: string },
    onProgress: (progress: Progress) => void,
  ): (progress: Progress) => void {
    const { bus } = this.parts.film.core;
    const mine = all.filter(({ state }) => state !== 'failed');
    const done = mine.filter(({ state }) => state === 'done');
    const waiting = mine.filter(({ clipId, state }) => state === 'queued' && clipId !== running.clipId);
    const doneFrames = done.reduce((sum, one) => sum + one.spec.frames, 0);
    const total = doneFrames + spec.frames + waiting.reduce((sum, one) => sum + one.spec.frames, 0);
    const laterSeconds = waiting.reduce((sum, one) => sum + (this.speeds.estimate(one.spec) ?? 0), 0);
    const expected = this.speeds.estimate(spec);
    const started = performance.now();
    let told = Number.NEGATIVE_INFINITY;
    let farthest = 0;
    return ({ fraction, sentence }) => {
      const elapsed = (performance.now() - started) / 1000;
      const secondsLeft =
        fraction > 0.1
          ? (elapsed / fraction) * (1 - fraction)
          : expected === null
            ? undefined
            : Math.max(0, expected - elapsed);
      running.progress = { fraction, sentence, ...(secondsLeft === undefined ? {} : { secondsLeft }) };
      // A step down the ladder begins at the clip's first frame again; the bar does not go back.
      farthest = Math.max(farthest, fraction);
      const known = secondsLeft !== undefined && (waiting.length === 0 || expected !== null);
      onProgress({
        fraction: (doneFrames + spec.frames * farthest) / Math.max(1, total),
        sentence: `Rendering clip ${done.length + 1} of ${mine.length}: ${title}`,
        ...(known ? { secondsLeft: secondsLeft + laterSeconds } : {}),
      });
      const now = performance.now();
      if (now - told < TELL_EVERY_MS && fraction < 1) return;
      told = now;
      bus.emit({ type: 'render_progress', listingId, clipId: running.clipId, progress: running.progress });
    };
  }
  /** Aborts the running clip when an edit of the film asks for other frames of it, or takes it out. */
  private async watch(row: ListingRow, active: Active, signal: AbortSignal): Promise<void> {
    const { core } = this.parts.film;
    try {
      for await (const event of core.bus.subscribe(signal)) {
        const { running } = active;
        if (event.type !== 'timeline' || event.listingId !== row.id || running === undefined) continue;
        const [now] = await wantedClips(this.parts, row, { only: running.clipId });
        if (now?.wanted?.hash !== running.askedHash) running.abort.abort();
      }
    } catch (error) {
      // It is rendered to its end, and then anew.
      core.log.warn({ err: error, listingId: row.id }, 'edits were not followed while rendering');
    }
  }

  /** Clears what is done, and says what became of all. */
  private async finished(listingId: string, failed: number): Promise<string> {
    const { store } = this.parts;
    const done = (await store.requests(listingId)).filter(({ state }) => state === 'done').length;
    await store.drop(listingId, 'all', ['done']);
    const rendered = done === 0 && failed === 0 ? 'Nothing is left to render' : `${plural(done, 'clip')} rendered`;
    if (failed === 0) return rendered;
    return `${rendered}, ${plural(failed, 'clip')} failed: see why beside ${failed === 1 ? 'it' : 'them'}`;
  }
}

/** Takes away what a host that was killed had half written beside a take. */
async function tidy(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (name.includes('.part')) await rm(join(folder, name), { force: true }).catch(() => {});
}

/** A failure as pages see it: names of photos, no paths of this machine. */
function withoutPath(error: PicaividError, photo: string): ErrorData {
  const { code, message, file } = error.toJSON();
  if (file === undefined) return { code, message };
  return { code, message: message.replaceAll(file, photo), file: photo };
}
