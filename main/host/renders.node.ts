/**
 * Rendering in the studio: what is rendered of a film and what is not, the queue, takes and the choice among them.
 *
 * For review and delivery, with the `RenderCore` that they get:
 *   `clipRenders(parts, listingId)`: every clip of the film as pages see it, current take and its state included;
 *   `currentTakes(parts, listingId)`: by clip id, the take that the film shows, with the path of its file here and what
 *     is recorded of it (none for a clip that is not rendered as the film asks);
 *   `verifyTakeFile(take.file)` of `main/take-files.node.ts`: whether that file is still the rendered one, every byte.
 */
import { PicaividError } from '../../base/errors.ts';
import type { Film } from '../../db/studio/films.node.ts';
import { currentTake, type RenderRequest, RenderStore, type TakeRow } from '../../db/studio/renders.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { Edit, SimpleEdit } from '../../pipeline/timeline/edits-types.ts';
import { motionWords } from '../../pipeline/timeline/words.ts';
import { FileHashes } from '../clip-spec.node.ts';
import type { RecordedFile } from '../take-files.node.ts';
import type { ModelHolder } from './analyze-task.node.ts';
import type { TaskView } from './contract.ts';
import { cardOf, mustListing } from './listings.node.ts';
import { allowed, person } from './person.node.ts';
import { renderingEnded } from './renders-job.node.ts';
import { type RenderParts, recordedFile, takeState, type WantedClip, wantedClips } from './renders-parts.node.ts';
import { RenderQueue } from './renders-queue.node.ts';
import { Speeds } from './renders-speed.node.ts';
import { clipRender } from './renders-view.node.ts';
import { unfit, usedFrames } from './renders-wanted.node.ts';
import type { ClipRender, RendersDocument, Rerender, ReviewService } from './review-contract.ts';
import type { TaskControl } from './tasks.node.ts';
import type { FilmBuilder, FilmCore } from './timeline-build.node.ts';
import type { FilmMethods } from './timelines.node.ts';

export interface RenderCore {
  readonly film: FilmCore;
  readonly builder: FilmBuilder;
  readonly films: FilmMethods;
  readonly renders: Renders;
}
type RenderMethods = Pick<
  ReviewService,
  'renders' | 'render' | 'cancelRender' | 'lookAtClips' | 'rerender' | 'chooseTake'
>;

/** The take that the film shows of a clip. */
export interface CurrentTake extends TakeRow {
  readonly file: RecordedFile;
}

const UNFINISHED: ReadonlySet<string> = new Set(['waiting', 'running', 'paused']);

/** Every clip of the listing's film, in its order. */
export async function clipRenders(
  { renders }: Pick<RenderCore, 'renders'>,
  listingId: string,
): Promise<readonly ClipRender[]> {
  return renders.clips(listingId);
}

/** By clip id; clips that are not rendered as the film asks are not in it. Whether the file is there is not looked at. */
export async function currentTakes(
  { renders }: Pick<RenderCore, 'renders'>,
  listingId: string,
): Promise<ReadonlyMap<string, CurrentTake>> {
  return renders.currentTakes(listingId);
}

export class Renders {
  readonly parts: RenderParts;
  readonly speeds: Speeds;
  readonly queue: RenderQueue;

  constructor(film: FilmCore, builder: FilmBuilder, models: ModelHolder) {
    const { core } = film;
    const store = new RenderStore(core.database);
    this.parts = { film, builder, store, hashes: new FileHashes(), models, takesDir: core.home.takesDir };
    this.speeds = new Speeds(core.store);
    this.queue = new RenderQueue(this.parts, this.speeds);
  }

  /** The task of kind `render`. */
  async run(control: TaskControl): Promise<void> {
    await this.speeds.load();
    await this.queue.run(control);
  }

  /** Once, at the start: jobs that a dead host left rendering, with nothing that would go on by itself. */
  async settle(): Promise<void> {
    const { core } = this.parts.film;
    for (const { listingId } of await this.parts.store.rendering()) {
      const row = await core.store.listing(listingId);
      if (row !== undefined && (await this.task(row)) === null) await renderingEnded(this.parts, row);
    }
  }

  /** The listing's unfinished tasks of rendering: one, or a running one and another that waits behind it. */
  async tasks(row: ListingRow): Promise<readonly TaskView[]> {
    const tasks = await this.parts.film.core.tasks.viewsOf(row);
    return tasks.filter(({ kind, state }) => kind === 'render' && UNFINISHED.has(state));
  }

  async task(row: ListingRow): Promise<TaskView | null> {
    const mine = await this.tasks(row);
    return mine.find(({ state }) => state === 'running') ?? mine[0] ?? null;
  }

  async clips(listingId: string, film?: Film): Promise<readonly ClipRender[]> {
    await this.speeds.load();
    const row = await mustListing(this.parts.film.core, listingId);
    const known = film ?? (await this.parts.film.films.film(listingId));
    if (known === undefined) return [];
    const wanted = await wantedClips(this.parts, row, { film: known });
    const source = await this.parts.builder.source(row);
    const shots = new Map(
      source?.analysis.clusters.flatMap(({ shots: all }) => all.map((shot) => [shot.photoId, shot])),
    );
    const { waiting, failed } = await this.requests(row, wanted);
    const running = this.queue.running(listingId);
    return Promise.all(
      wanted.map((one, index) =>
        clipRender(one, {
          index,
          used: usedFrames(known.timeline, index),
          allowedMotions: shots.get(one.clip.photoId)?.allowedMotions ?? [one.clip.motion],
          running: running?.clipId === one.clip.id ? running.progress : null,
          place: waiting.get(one.clip.id) ?? null,
          failed: failed.get(one.clip.id),
          estimate: one.wanted === undefined ? null : this.speeds.estimate(one.wanted.spec),
        }),
      ),
    );
  }

  async currentTakes(listingId: string): Promise<ReadonlyMap<string, CurrentTake>> {
    const row = await mustListing(this.parts.film.core, listingId);
    const found = new Map<string, CurrentTake>();
    for (const { clip, facts, wanted } of await wantedClips(this.parts, row)) {
      const take = wanted === undefined ? undefined : currentTake(facts, wanted.hash);
      if (take !== undefined) found.set(clip.id, { ...take, file: recordedFile(this.parts, take) });
    }
    return found;
  }

  /** Places of what waits, from 1, and failures that are of what the film wants now. */
  private async requests(
    row: ListingRow,
    clips: readonly WantedClip[],
  ): Promise<{ readonly waiting: ReadonlyMap<string, number>; readonly failed: ReadonlyMap<string, RenderRequest> }> {
    const requests = await this.parts.store.requests(row.id);
    const order = new Map(clips.map(({ clip }, index) => [clip.id, index]));
    const wanted = new Map(clips.map((one) => [one.clip.id, one.wanted?.hash]));
    const running = this.queue.running(row.id)?.clipId;
    // Without a task nobody works on the queue: its task was cancelled.
    const live = (await this.task(row)) !== null;
    const queued = requests
      .filter(
        ({ clipId, state }) =>
          live && (state === 'queued' || state === 'running') && clipId !== running && order.has(clipId),
      )
      .sort((a, b) => b.priority - a.priority || (order.get(a.clipId) ?? 0) - (order.get(b.clipId) ?? 0));
    const failed = requests.filter(
      (one) =>
        one.state === 'failed' && (wanted.get(one.clipId) === undefined || wanted.get(one.clipId) === one.askedHash),
    );
    return {
      waiting: new Map(queued.map(({ clipId }, index) => [clipId, index + 1])),
      failed: new Map(failed.map((one) => [one.clipId, one])),
    };
  }
}

export function renderMethods({ film, films, renders }: RenderCore): RenderMethods {
  const { core } = film;
  const { store } = renders.parts;
  const changed = (listingId: string): void => core.bus.emit({ type: 'renders', listingId });

  const document = async (listingId: string): Promise<RendersDocument> => {
    const row = await mustListing(core, listingId);
    // First what works, then what it made: an answer without a task shows all that the task did.
    const task = await renders.task(row);
    const known = await film.films.film(listingId);
    return {
      listing: await cardOf(core, row),
      filmRevision: known?.revision ?? 0,
      frameRate: known?.timeline.frameRate ?? { num: core.settings.OUTPUT_FPS, den: 1 },
      clips: known === undefined ? [] : await renders.clips(listingId, known),
      task,
      person: await person(core),
    };
  };

  const mustFilm = async (listingId: string): Promise<Film> => {
    const known = await film.films.film(listingId);
    if (known === undefined)
      throw new PicaividError('transition_refused', 'This listing has no film yet. Open its timeline to build one.');
    return known;
  };

  /** Puts clips into the queue; those that are rendered already are left as they are. */
  const enqueue = async (row: ListingRow, clipIds: readonly string[] | 'changed'): Promise<void> => {
    const wanted = await wantedClips(renders.parts, row, { film: await mustFilm(row.id) });
    const ids = clipIds === 'changed' ? undefined : new Set(clipIds);
    if (ids !== undefined && ids.size > wanted.filter(({ clip }) => ids.has(clip.id)).length)
      throw new PicaividError('edit_refused', 'A clip is not in the film any more. Look at the film again.');
    const lacking: { clipId: string; askedHash: string; spec: RenderRequest['spec'] }[] = [];
    let lost: PicaividError | undefined;
    for (const { clip, facts, wanted: asked } of wanted) {
      if (ids !== undefined && !ids.has(clip.id)) continue;
      if (asked === undefined) {
        lost = new PicaividError(
          'file_not_found',
          'The photo of this clip is not in the listing any more. Give the clip another photo.',
        );
        continue;
      }
      const take = currentTake(facts, asked.hash);
      if (take !== undefined && (await takeState(renders.parts, row, take)) === 'present') continue;
      lacking.push({ clipId: clip.id, askedHash: asked.hash, spec: asked.spec });
    }
    if (lacking.length === 0 && lost !== undefined) throw lost;
    if (lacking.length === 0) return;
    const live = (await renders.task(row)) !== null;
    const before = new Map((await store.requests(row.id)).map((one) => [one.clipId, one]));
    // What a cancelled task left behind is not asked for any more.
    if (!live) await store.drop(row.id, 'all', ['queued', 'running', 'done']);
    const running = renders.queue.running(row.id)?.clipId;
    await store.enqueue(
      row.id,
      lacking.filter(({ clipId }) => clipId !== running),
      (clipId) => before.get(clipId)?.priority ?? 0,
    );
    await renders.queue.kick(row.id);
  };

  /** A task that waits or is paused has nothing to wait for when the queue is empty; a running one ends by itself. */
  const endIdle = async (row: ListingRow, all: boolean): Promise<void> => {
    const left = (await store.requests(row.id)).some(({ state }) => state === 'queued' || state === 'running');
    if (left && !all) return;
    for (const { id, state } of await renders.tasks(row)) if (all || state !== 'running') await core.tasks.cancel(id);
  };

  return {
    renders: document,
    render: async (listingId, clipIds) => {
      await allowed(core, 'render clips');
      const row = await mustListing(core, listingId);
      await enqueue(row, clipIds);
      changed(listingId);
      return document(listingId);
    },
    cancelRender: async (listingId, clipIds) => {
      await allowed(core, 'render clips');
      const row = await mustListing(core, listingId);
      await store.drop(listingId, clipIds, ['queued', 'running']);
      if (clipIds !== 'all') await renders.queue.stop(listingId, clipIds);
      await endIdle(row, clipIds === 'all');
      changed(listingId);
      return document(listingId);
    },
    lookAtClips: async (listingId, clipIds) => {
      await mustListing(core, listingId);
      await store.prioritise(listingId, clipIds);
      core.tasks.look(listingId);
    },
    rerender: async (listingId, clipId, changes) => {
      const row = await mustListing(core, listingId);
      const known = await mustFilm(listingId);
      const clip = known.timeline.clips.find((one) => one.id === clipId);
      if (clip === undefined)
        throw new PicaividError('edit_refused', 'This clip is not in the film any more. Look at the film again.');
      await allowed(core, 'render clips');
      const edits = editsOf(clip, changes);
      const [first, ...rest] = edits;
      if (first !== undefined) {
        await allowed(core, 'edit the film');
        const edit: Edit = rest.length === 0 ? first : { type: 'batch', edits: [first, ...rest] };
        await films.editTimeline(listingId, known.revision, labelOf(edits), edit);
      }
      if (changes.seed !== undefined && (await setSeed(known, clipId, changes.seed)))
        await renders.queue.stop(listingId, [clipId]);
      await enqueue(row, [clipId]);
      changed(listingId);
      core.bus.emit({ type: 'review', listingId });
      return document(listingId);
    },
    chooseTake: async (listingId, clipId, specHash) => {
      await allowed(core, 'render clips');
      const row = await mustListing(core, listingId);
      const known = await mustFilm(listingId);
      refuseLocked(known);
      const clips = await wantedClips(renders.parts, row, { film: known });
      const index = clips.findIndex(({ clip }) => clip.id === clipId);
      const { facts, wanted } = clips[index] ?? {};
      const take = facts?.takes.find((one) => one.specHash === specHash);
      if (take === undefined || wanted === undefined)
        throw new PicaividError('clip_missing', 'This take is not there any more. Look at the clip again.');
      const reason = unfit(take, wanted.spec, usedFrames(known.timeline, index));
      if (reason !== undefined) throw new PicaividError('clip_invalid', `This take does not fit the film. ${reason}`);
      const state = await takeState(renders.parts, row, take);
      if (state !== 'present')
        throw new PicaividError(
          state === 'missing' ? 'clip_missing' : 'clip_invalid',
          `The file of this take is ${state === 'missing' ? 'gone' : 'not the one that was rendered'}. Choose another take, or render the clip again.`,
        );
      await store.choose(clipId, wanted.hash, specHash);
      // It has what it needs now.
      await store.drop(listingId, [clipId]);
      await renders.queue.stop(listingId, [clipId]);
      changed(listingId);
      core.bus.emit({ type: 'review', listingId });
      return document(listingId);
    },
  };

  /** True when it is another one than before. */
  async function setSeed(known: Film, clipId: string, seed: number): Promise<boolean> {
    if ((await store.facts([clipId]))(clipId).seed === seed) return false;
    refuseLocked(known);
    await store.setSeed(clipId, seed);
    return true;
  }
}

function refuseLocked({ timeline }: Film): void {
  if (timeline.status === 'locked')
    throw new PicaividError('edit_refused', 'This film is locked. Unlock it to show another take.');
}

type Clip = Film['timeline']['clips'][number];

function editsOf(clip: Clip, { motion, renderer, amount }: Rerender): SimpleEdit[] {
  const clipId = clip.id;
  return [
    ...(motion === undefined || motion === clip.motion ? [] : [{ type: 'setMotion' as const, clipId, motion }]),
    ...(renderer === undefined || renderer === clip.renderer
      ? []
      : [{ type: 'setRenderer' as const, clipId, renderer }]),
    ...(amount === undefined || amount === clip.amount ? [] : [{ type: 'setAmount' as const, clipId, amount }]),
  ];
}

/** Such as “Render with pan left at 40 %”. */
function labelOf(edits: readonly SimpleEdit[]): string {
  const words = edits.map((edit) => {
    if (edit.type === 'setMotion') return motionWords(edit.motion);
    if (edit.type === 'setRenderer') return motionWords(edit.renderer);
    return edit.type === 'setAmount' ? `${Math.round(edit.amount * 100)} % of the move` : '';
  });
  return `Render with ${words.join(', ')}`;
}
