/**
 * What the film shows at every frame, and which runs of frames can be taken from the clips as they are.
 *
 * A run can be copied when one clip alone is on screen and nothing lies over it. Clips have no B-frames, so a run may
 * end at any frame; it must begin at a keyframe, so the frames before the first keyframe inside the run are encoded.
 */

import { PicaividError } from '../../base/errors.ts';
import type { OutputSpec, Timeline, TimelineClip, TransitionType } from '../domain.ts';
import { keyframeIntervalFrames } from '../media/encoder.ts';

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

export interface Layer {
  readonly clipId: string;
  readonly sourceFrame: number;
}

/** What one film frame is made of. `step` counts 1..`steps` through a transition of `steps` frames. */
export interface FrameRecipe {
  readonly a: Layer;
  readonly b?: Layer;
  readonly transition?: { readonly type: TransitionType; readonly step: number; readonly steps: number };
  /** 0..1: how much of the picture is covered by the fade colour at the film's start or end. */
  readonly fade?: { readonly colour: 'black' | 'white'; readonly amount: number };
  readonly titles: readonly { readonly index: number; readonly opacity: number }[];
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

export interface PlannedCut {
  /** The cut frame: the first frame of the incoming clip's own time. */
  readonly frame: number;
  readonly type: TransitionType;
  /** Overlap [from, to) in film frames; empty for a hard cut. */
  readonly from: number;
  readonly to: number;
  readonly outgoing: string;
  readonly incoming: string;
}

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

export interface PlanOptions {
  /** Fade to black at the very end, in frames; 0 for none. */
  readonly closingFadeFrames?: number;
  /** Title fade in and out, in frames; 0.4 s by default. */
  readonly titleFadeFrames?: number;
}

/** Film frame at which each clip's own time starts; one more entry for the film's end. */
export function clipStarts(clips: readonly TimelineClip[]): number[] {
  const starts = [0];
  for (const clip of clips) starts.push((starts.at(-1) ?? 0) + clip.durationFrames);
  return starts;
}

interface Context {
  readonly timeline: Timeline;
  readonly sources: ReadonlyMap<string, ClipSource>;
  readonly starts: readonly number[];
  readonly cuts: readonly PlannedCut[];
  readonly total: number;
  readonly opening: { frames: number; colour: 'black' | 'white' };
  readonly closing: number;
  readonly titleFade: number;
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
  while (film < context.total) {
    while (film >= (context.starts[clipIndex + 1] ?? 0)) clipIndex++;
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
      for (let f = film; f < film + skip; f++) encode.push(recipeAt(context, f));
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
      for (; film < to; film++) encode.push(recipeAt(context, film));
    }
  }
  flush();
  const notes = [...context.held].map(
    ([id, frames]) => `Clip ${id} has no frames left for its transition: ${frames} frames hold its edge frame.`,
  );
  const copiedFrames = segments.reduce((sum, s) => sum + (s.kind === 'copy' ? s.filmTo - s.filmFrom : 0), 0);
  return {
    totalFrames: context.total,
    segments,
    cuts: context.cuts,
    dips: dipsOf(context),
    statics: staticsOf(context),
    copiedFrames,
    encodedFrames: context.total - copiedFrames,
    notes,
  };
}

/** What a film frame shows, decided from the timeline alone (no copying considered). */
export function frameRecipes(
  timeline: Timeline,
  sources: ReadonlyMap<string, ClipSource>,
  options: PlanOptions = {},
): FrameRecipe[] {
  const context = contextOf(timeline, sources, options);
  return Array.from({ length: context.total }, (_, f) => recipeAt(context, f));
}

function contextOf(timeline: Timeline, sources: ReadonlyMap<string, ClipSource>, options: PlanOptions): Context {
  const { clips } = timeline;
  const first = clips[0];
  if (first === undefined) {
    throw new PicaividError('plan_impossible', 'The timeline has no clips. Add a shot, then assemble again.');
  }
  const starts = clipStarts(clips);
  const total = starts.at(-1) ?? 0;
  for (const clip of clips) {
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
  const cuts = clips.slice(1).map((clip, i): PlannedCut => {
    const frame = starts[i + 1] ?? 0;
    const frames = clip.transitionIn.type === 'cut' ? 0 : clip.transitionIn.frames;
    const from = frame - Math.floor(frames / 2);
    const outgoing = (clips[i] as TimelineClip).id;
    return {
      frame,
      type: frames === 0 ? 'cut' : clip.transitionIn.type,
      from,
      to: from + frames,
      outgoing,
      incoming: clip.id,
    };
  });
  const openingFrames = first.transitionIn.type === 'cut' ? 0 : first.transitionIn.frames;
  const closing = Math.min(options.closingFadeFrames ?? 0, clips.at(-1)?.durationFrames ?? 0);
  const edges = [openingFrames, ...cuts.flatMap((cut) => [cut.from, cut.to]), total - closing];
  if (edges.some((edge, i) => i > 0 && edge < (edges[i - 1] ?? 0)) || edges.some((edge) => edge < 0 || edge > total)) {
    throw new PicaividError(
      'plan_impossible',
      'Two transitions overlap each other: a shot is shorter than the halves of its transitions. Make the shot longer or a transition shorter.',
    );
  }
  return {
    timeline,
    sources,
    starts,
    cuts,
    total,
    opening: { frames: openingFrames, colour: first.transitionIn.type === 'dip_white' ? 'white' : 'black' },
    closing,
    titleFade: options.titleFadeFrames ?? Math.round((0.4 * timeline.frameRate.num) / timeline.frameRate.den),
    held: new Map(),
  };
}

function sourceFrameOf(context: Context, clipIndex: number, film: number): number {
  const clip = context.timeline.clips[clipIndex] as TimelineClip;
  return clip.sourceInFrame + film - (context.starts[clipIndex] ?? 0);
}

function layer(context: Context, clipIndex: number, film: number): Layer {
  const clip = context.timeline.clips[clipIndex] as TimelineClip;
  const frames = context.sources.get(clip.id)?.frames ?? 1;
  const wanted = sourceFrameOf(context, clipIndex, film);
  const sourceFrame = Math.min(Math.max(wanted, 0), frames - 1);
  if (sourceFrame !== wanted) context.held.set(clip.id, (context.held.get(clip.id) ?? 0) + 1);
  return { clipId: clip.id, sourceFrame };
}

/** End of the stretch from `film` on that shows clip `clipIndex` alone; `film` itself when that frame is not plain. */
function plainUntil(context: Context, clipIndex: number, film: number): number {
  let to = context.starts[clipIndex + 1] ?? context.total;
  const bound = (from: number, end: number): void => {
    if (film >= from && film < end) to = film;
    else if (from >= film && from < end) to = Math.min(to, from);
  };
  bound(0, context.opening.frames);
  bound(context.total - context.closing, context.total);
  for (const cut of [context.cuts[clipIndex - 1], context.cuts[clipIndex]])
    if (cut !== undefined) bound(cut.from, cut.to);
  for (const title of context.timeline.titles) bound(title.startFrame, title.startFrame + title.durationFrames);
  return Math.max(film, to);
}

function recipeAt(context: Context, film: number): FrameRecipe {
  let clipIndex = 0;
  while (film >= (context.starts[clipIndex + 1] ?? context.total)) clipIndex++;
  const titles = context.timeline.titles.flatMap((title, index) => {
    const at = film - title.startFrame;
    if (at < 0 || at >= title.durationFrames) return [];
    const ramp = Math.max(1, Math.min(context.titleFade, Math.floor(title.durationFrames / 2)));
    return [{ index, opacity: Math.min(1, (at + 1) / ramp, (title.durationFrames - at) / ramp) }];
  });
  const cutIndex = context.cuts.findIndex((cut) => film >= cut.from && film < cut.to);
  const cut = context.cuts[cutIndex];
  if (cut !== undefined) {
    return {
      a: layer(context, cutIndex, film),
      b: layer(context, cutIndex + 1, film),
      transition: { type: cut.type, step: film - cut.from + 1, steps: cut.to - cut.from },
      titles,
    };
  }
  const a = layer(context, clipIndex, film);
  const { opening, closing, total } = context;
  // First frame nearly covered, never quite: a film's very first frame is also its thumbnail in many players.
  if (film < opening.frames) {
    return { a, fade: { colour: opening.colour, amount: 1 - (film + 1) / (opening.frames + 1) }, titles };
  }
  if (film >= total - closing) {
    return { a, fade: { colour: 'black', amount: (film - (total - closing) + 1) / closing }, titles };
  }
  return { a, titles };
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
  if (context.opening.frames > 0) dips.push([0, context.opening.frames]);
  for (const cut of context.cuts) if (cut.type === 'dip_black') dips.push([cut.from, cut.to]);
  if (context.closing > 0) dips.push([context.total - context.closing, context.total]);
  return dips;
}

function staticsOf(context: Context): [number, number][] {
  return context.timeline.clips.flatMap((clip, i): [number, number][] =>
    clip.motion === 'static' ? [[context.starts[i] ?? 0, context.starts[i + 1] ?? context.total]] : [],
  );
}
