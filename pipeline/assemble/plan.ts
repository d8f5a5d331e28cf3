/**
 * What the film shows at every frame, and which runs of frames can be taken from the clips as they are.
 *
 * A run can be copied when one clip alone is on screen and nothing lies over it. Clips have no B-frames, so a run may
 * end at any frame; it must begin at a keyframe, so the frames before the first keyframe inside the run are encoded.
 */

import { PicaividError } from '../../base/errors.ts';
import type { OutputSpec, Timeline, TimelineClip } from '../domain.ts';
import { keyframeIntervalFrames } from '../media/encoder.ts';
import { type FilmRecipes, type FrameRecipe, filmRecipes, type PlannedCut, type RecipeOptions } from './recipes.ts';

export { clipStarts, type FrameRecipe, type Layer, type PlannedCut } from './recipes.ts';

/** Longest encoded run, in keyframe intervals: bounds what a killed assembly has to do again (10 s at 30 fps). */
const MAX_ENCODE_RUN_INTERVALS = 20;

/** A clip's file as the planner needs to know it. */
export interface ClipSource {
  readonly path: string;
  /** Frames in the file. */
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Keyframes of the file, ascending; every `keyframeIntervalFrames` from 0 when absent. */
  readonly keyframes?: readonly number[];
  /** False when the file's frames cannot stand in the film's stream (other parameter sets): all of it is encoded. */
  readonly copyable?: boolean;
}

export interface CopySegment {
  readonly kind: 'copy';
  readonly clipId: string;
  /** Frames [sourceFrom, sourceTo) of the clip; sourceFrom is a keyframe. */
  readonly sourceFrom: number;
  readonly sourceTo: number;
  readonly filmFrom: number;
  readonly filmTo: number;
}

export interface EncodeSegment {
  readonly kind: 'encode';
  readonly filmFrom: number;
  readonly filmTo: number;
  /** One for each film frame of the run. */
  readonly frames: readonly FrameRecipe[];
}

export type Segment = CopySegment | EncodeSegment;

export interface AssemblyPlan {
  readonly totalFrames: number;
  readonly segments: readonly Segment[];
  readonly cuts: readonly PlannedCut[];
  /** Film frames that may be black: fades and dips, as [from, to). */
  readonly dips: readonly (readonly [number, number])[];
  /** Film frames that may stand still: static shots, as [from, to). */
  readonly statics: readonly (readonly [number, number])[];
  readonly copiedFrames: number;
  readonly encodedFrames: number;
  /** Plain words about anything that is not as the timeline asks, e.g. a clip with no frames left for its transition. */
  readonly notes: readonly string[];
}

export type PlanOptions = Pick<RecipeOptions, 'closingFadeFrames' | 'titleFadeFrames'>;

interface Context {
  readonly timeline: Timeline;
  readonly sources: ReadonlyMap<string, ClipSource>;
  readonly film: FilmRecipes;
  /** Clip → frames for which it holds its edge frame. */
  readonly held: Map<string, number>;
}

/**
 * Plans a film: every film frame exactly once, in order, as copied or encoded segments.
 * Throws `plan_impossible` when the timeline is empty or its transitions overlap one another, `clip_missing` and
 * `clip_invalid` when a clip has no file or its file is shorter than the window the timeline shows.
 */
export function planAssembly(
  timeline: Timeline,
  sources: ReadonlyMap<string, ClipSource>,
  output: OutputSpec,
  options: PlanOptions = {},
): AssemblyPlan {
  const context = contextOf(timeline, sources, options);
  const interval = keyframeIntervalFrames(output.frameRate);
  const segments: Segment[] = [];
  let encode: FrameRecipe[] = [];
  let encodeFrom = 0;
  const flush = (): void => {
    const max = interval * MAX_ENCODE_RUN_INTERVALS;
    for (let i = 0; i < encode.length; i += max) {
      const frames = encode.slice(i, i + max);
      segments.push({ kind: 'encode', filmFrom: encodeFrom + i, filmTo: encodeFrom + i + frames.length, frames });
    }
    encode = [];
  };
  let film = 0;
  let clipIndex = 0;
  while (film < context.film.totalFrames) {
    while (film >= (context.film.starts[clipIndex + 1] ?? 0)) clipIndex++;
    const clip = timeline.clips[clipIndex] as TimelineClip;
    const source = sources.get(clip.id) as ClipSource;
    const plainTo = plainUntil(context, clipIndex, film);
    const sourceHere = sourceFrameOf(context, clipIndex, film);
    const copyFrom = film < plainTo ? nextKeyframe(source, sourceHere, interval) : undefined;
    const skip = copyFrom === undefined ? 0 : copyFrom - sourceHere;
    if (
      copyFrom !== undefined &&
      source.copyable !== false &&
      sameSize(source, output) &&
      film + skip < plainTo &&
      copyFrom + (plainTo - film - skip) <= source.frames
    ) {
      if (encode.length === 0) encodeFrom = film;
      for (let f = film; f < film + skip; f++) encode.push(context.film.at(f));
      flush();
      segments.push({
        kind: 'copy',
        clipId: clip.id,
        sourceFrom: copyFrom,
        sourceTo: copyFrom + (plainTo - film - skip),
        filmFrom: film + skip,
        filmTo: plainTo,
      });
      film = plainTo;
    } else {
      if (encode.length === 0) encodeFrom = film;
      const to = Math.max(plainTo, film + 1);
      for (; film < to; film++) encode.push(context.film.at(film));
    }
  }
  flush();
  const notes = [...context.held].map(
    ([id, frames]) => `Clip ${id} has no frames left for its transition: ${frames} frames hold its edge frame.`,
  );
  for (const { text, startFrame, durationFrames } of timeline.titles)
    if (startFrame >= context.film.totalFrames || startFrame + durationFrames <= 0)
      notes.push(`The title “${text}” lies outside the film and is not shown.`);
  const copiedFrames = segments.reduce((sum, s) => sum + (s.kind === 'copy' ? s.filmTo - s.filmFrom : 0), 0);
  return {
    totalFrames: context.film.totalFrames,
    segments,
    cuts: context.film.cuts,
    dips: dipsOf(context),
    statics: staticsOf(context),
    copiedFrames,
    encodedFrames: context.film.totalFrames - copiedFrames,
    notes,
  };
}

/** The recipe of every frame of a film whose clips have these files. */
export function frameRecipes(
  timeline: Timeline,
  sources: ReadonlyMap<string, ClipSource>,
  options: PlanOptions = {},
): FrameRecipe[] {
  const { film } = contextOf(timeline, sources, options);
  return Array.from({ length: film.totalFrames }, (_, f) => film.at(f));
}

function contextOf(timeline: Timeline, sources: ReadonlyMap<string, ClipSource>, options: PlanOptions): Context {
  for (const clip of timeline.clips) {
    const source = sources.get(clip.id);
    if (source === undefined) {
      throw new PicaividError('clip_missing', `Clip ${clip.id} has no rendered file. Render it, then assemble again.`);
    }
    if (clip.durationFrames < 1 || clip.sourceInFrame < 0 || clip.sourceInFrame + clip.durationFrames > source.frames) {
      throw new PicaividError(
        'clip_invalid',
        `Clip ${clip.id} has ${source.frames} frames, but the timeline shows ${clip.sourceInFrame} to ${clip.sourceInFrame + clip.durationFrames}. Render it again.`,
        { file: source.path },
      );
    }
  }
  const held = new Map<string, number>();
  const film = filmRecipes(timeline, {
    ...options,
    framesOf: (clip) => sources.get(clip.id)?.frames ?? 1,
    onHeld: (id) => held.set(id, (held.get(id) ?? 0) + 1),
  });
  return { timeline, sources, film, held };
}

function sourceFrameOf(context: Context, clipIndex: number, film: number): number {
  const clip = context.timeline.clips[clipIndex] as TimelineClip;
  return clip.sourceInFrame + film - (context.film.starts[clipIndex] ?? 0);
}

/** End of the stretch from `film` on that shows clip `clipIndex` alone; `film` itself when that frame is not plain. */
function plainUntil(context: Context, clipIndex: number, film: number): number {
  let to = context.film.starts[clipIndex + 1] ?? context.film.totalFrames;
  const bound = (from: number, end: number): void => {
    if (film >= from && film < end) to = film;
    else if (from >= film && from < end) to = Math.min(to, from);
  };
  bound(0, context.film.opening.frames);
  bound(context.film.totalFrames - context.film.closing, context.film.totalFrames);
  for (const cut of [context.film.cuts[clipIndex - 1], context.film.cuts[clipIndex]])
    if (cut !== undefined) bound(cut.from, cut.to);
  for (const title of context.timeline.titles) bound(title.startFrame, title.startFrame + title.durationFrames);
  return Math.max(film, to);
}

function nextKeyframe(source: ClipSource, frame: number, interval: number): number | undefined {
  if (source.keyframes === undefined) return Math.ceil(frame / interval) * interval;
  return source.keyframes.find((key) => key >= frame);
}

function sameSize(source: ClipSource, output: OutputSpec): boolean {
  return source.width === output.width && source.height === output.height;
}

function dipsOf(context: Context): [number, number][] {
  const dips: [number, number][] = [];
  if (context.film.opening.frames > 0) dips.push([0, context.film.opening.frames]);
  for (const cut of context.film.cuts) if (cut.type === 'dip_black') dips.push([cut.from, cut.to]);
  if (context.film.closing > 0) dips.push([context.film.totalFrames - context.film.closing, context.film.totalFrames]);
  return dips;
}

function staticsOf(context: Context): [number, number][] {
  return context.timeline.clips.flatMap((clip, i): [number, number][] =>
    clip.motion === 'static'
      ? [[context.film.starts[i] ?? 0, context.film.starts[i + 1] ?? context.film.totalFrames]]
      : [],
  );
}
