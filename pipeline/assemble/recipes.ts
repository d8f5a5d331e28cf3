/**
 * What a film shows at each of its frames, decided from the timeline alone: the assembly encodes by it and the studio's
 * player draws by it, so that both show the same. Pure; `at` takes O(log n) for n clips and titles.
 */
import { PicaividError } from '../../base/errors.ts';
import type { Timeline, TimelineClip, TransitionType } from '../domain.ts';

export interface Layer {
  readonly clipId: string;
  /** Frame of the clip's move (of its file), 0-based. */
  readonly sourceFrame: number;
}

/** What one film frame is made of. `step` counts 1..`steps` through a transition of `steps` frames. */
export interface FrameRecipe {
  readonly a: Layer;
  readonly b?: Layer;
  readonly transition?: { readonly type: TransitionType; readonly step: number; readonly steps: number };
  /** 0..1: how much of the picture is covered by the fade colour at the film's start or end. */
  readonly fade?: { readonly colour: 'black' | 'white'; readonly amount: number };
  /** By index in the timeline's titles, in the order in which they are laid over the picture. */
  readonly titles: readonly { readonly index: number; readonly opacity: number }[];
}

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

export interface RecipeOptions {
  /** Fade to black at the very end, in frames; 0 (none) by default, as films are delivered. */
  readonly closingFadeFrames?: number;
  /** Title fade in and out, in frames; 0.4 s by default. */
  readonly titleFadeFrames?: number;
  /** Frames that a clip's file has; the frames of its move by default. */
  readonly framesOf?: (clip: TimelineClip) => number;
  /** Told for each frame of a transition for which a clip has no frame of its own and holds its edge frame. */
  readonly onHeld?: (clipId: string) => void;
}

export interface FilmRecipes {
  readonly totalFrames: number;
  /** Film frame at which each clip's own time starts; one more entry for the film's end. */
  readonly starts: readonly number[];
  readonly cuts: readonly PlannedCut[];
  readonly opening: { readonly frames: number; readonly colour: 'black' | 'white' };
  /** Frames of the fade at the end. */
  readonly closing: number;
  /** Index of the clip whose own time a film frame lies in. */
  clipAt(frame: number): number;
  /** Frames are clamped to the film. */
  at(frame: number): FrameRecipe;
}

/** Film frame at which each clip's own time starts; one more entry for the film's end. */
export function clipStarts(clips: readonly TimelineClip[]): number[] {
  const starts = [0];
  for (const clip of clips) starts.push((starts.at(-1) ?? 0) + clip.durationFrames);
  return starts;
}

/** Index of the last entry of an ascending list that is at most `value`; -1 when there is none. */
function lastAtMost(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function cutsOf(clips: readonly TimelineClip[], starts: readonly number[]): PlannedCut[] {
  return clips.slice(1).map((clip, i): PlannedCut => {
    const frame = starts[i + 1] ?? 0;
    const frames = clip.transitionIn.type === 'cut' ? 0 : clip.transitionIn.frames;
    const from = frame - Math.floor(frames / 2);
    const outgoing = (clips[i] as TimelineClip).id;
    const type = frames === 0 ? 'cut' : clip.transitionIn.type;
    return { frame, type, from, to: from + frames, outgoing, incoming: clip.id };
  });
}

/** Which titles may show between two boundaries: `active[i]` holds from `from[i]` on. */
function titleSpans({ titles }: Timeline): { from: number[]; active: number[][] } {
  const edges = titles.flatMap(({ startFrame, durationFrames }) => [startFrame, startFrame + durationFrames]);
  const from = [...new Set(edges)].sort((x, y) => x - y);
  const active = from.map((edge) =>
    titles.flatMap((title, index) =>
      title.startFrame <= edge && edge < title.startFrame + title.durationFrames ? [index] : [],
    ),
  );
  return { from, active };
}

/**
 * The recipes of a film. Errors: `plan_impossible` when the timeline is empty or its transitions overlap one another.
 */
export function filmRecipes(timeline: Timeline, options: RecipeOptions = {}): FilmRecipes {
  const { clips } = timeline;
  const first = clips[0];
  if (first === undefined)
    throw new PicaividError('plan_impossible', 'The timeline has no clips. Add a shot, then assemble again.');
  const starts = clipStarts(clips);
  const total = starts.at(-1) ?? 0;
  const cuts = cutsOf(clips, starts);
  const openingFrames = first.transitionIn.type === 'cut' ? 0 : first.transitionIn.frames;
  const closing = Math.min(options.closingFadeFrames ?? 0, clips.at(-1)?.durationFrames ?? 0);
  const edges = [openingFrames, ...cuts.flatMap((cut) => [cut.from, cut.to]), total - closing];
  if (edges.some((edge, i) => i > 0 && edge < (edges[i - 1] ?? 0)) || edges.some((edge) => edge < 0 || edge > total)) {
    throw new PicaividError(
      'plan_impossible',
      'Two transitions overlap each other: a shot is shorter than the halves of its transitions. Make the shot longer or a transition shorter.',
    );
  }
  const opening = {
    frames: openingFrames,
    colour: first.transitionIn.type === 'dip_white' ? ('white' as const) : ('black' as const),
  };
  const spans = titleSpans(timeline);
  const titleFade = options.titleFadeFrames ?? Math.round((0.4 * timeline.frameRate.num) / timeline.frameRate.den);

  const clipAt = (frame: number): number => Math.min(clips.length - 1, Math.max(0, lastAtMost(starts, frame)));
  const layer = (index: number, film: number): Layer => {
    const clip = clips[index] as TimelineClip;
    const frames = options.framesOf?.(clip) ?? clip.moveFrames;
    const wanted = clip.sourceInFrame + film - (starts[index] ?? 0);
    const sourceFrame = Math.min(Math.max(wanted, 0), frames - 1);
    if (sourceFrame !== wanted) options.onHeld?.(clip.id);
    return { clipId: clip.id, sourceFrame };
  };
  const titlesAt = (film: number): FrameRecipe['titles'] => {
    const active = spans.active[lastAtMost(spans.from, film)] ?? [];
    return active.map((index) => {
      const { startFrame, durationFrames } = timeline.titles[index] as Timeline['titles'][number];
      const at = film - startFrame;
      const ramp = Math.max(1, Math.min(titleFade, Math.floor(durationFrames / 2)));
      return { index, opacity: Math.min(1, (at + 1) / ramp, (durationFrames - at) / ramp) };
    });
  };
  return {
    totalFrames: total,
    starts,
    cuts,
    opening,
    closing,
    clipAt,
    at(frame) {
      const film = Math.min(total - 1, Math.max(0, frame));
      const index = clipAt(film);
      const titles = titlesAt(film);
      // Overlaps do not meet, so only those at the clip's own two ends can hold this frame.
      const cutIndex = [index - 1, index].find((i) => {
        const cut = cuts[i];
        return cut !== undefined && film >= cut.from && film < cut.to;
      });
      const cut = cutIndex === undefined ? undefined : cuts[cutIndex];
      if (cutIndex !== undefined && cut !== undefined) {
        return {
          a: layer(cutIndex, film),
          b: layer(cutIndex + 1, film),
          transition: { type: cut.type, step: film - cut.from + 1, steps: cut.to - cut.from },
          titles,
        };
      }
      const a = layer(index, film);
      // First frame nearly covered, never quite: a film's very first frame is also its thumbnail in many players.
      if (film < opening.frames)
        return { a, fade: { colour: opening.colour, amount: 1 - (film + 1) / (opening.frames + 1) }, titles };
      if (film >= total - closing)
        return { a, fade: { colour: 'black', amount: (film - (total - closing) + 1) / closing }, titles };
      return { a, titles };
    },
  };
}
