/**
 * Where a film's transitions really lie, from small grey pictures of the film alone. The last picture wholly of the
 * outgoing shot and the first wholly of the incoming one are put together by the film's own compositor, step by step;
 * the place at which these expected pictures fit the film best is where the transition is.
 */
import type { VerificationLine } from '../domain.ts';
import { compositeFrame, type Yuv } from './composite.ts';
import type { PlannedCut } from './plan.ts';

/** Farthest displacement that is looked for, frames; reference pictures are taken this far outside the transition. */
const SEARCH_FRAMES = 5;
/** Mean difference (grey values) of the two shots below which their transition cannot be placed. */
const MIN_DIFFERENCE = 6;
/** The two shots must differ by this many times what their own moves change meanwhile; one moving shot reaches 2. */
const MIN_OVER_MOTION = 2.5;
/** A transition farther from its place than this is wrong: half way between right and one frame off. */
const TOLERANCE_FRAMES = 0.5;
/**
 * A hard cut fits the film better than the planned transition by all that the two differ in where it is one, and worse
 * by as much where it is not; what moves in the shots adds the same to both. Better by more than this share: a jump.
 */
const JUMP_SHARE = 0.3;
const NEUTRAL = 128;

/** A grey picture, full range, `width * height` bytes; sides are even. */
export interface GreySize {
  readonly width: number;
  readonly height: number;
}

/** What was found of one transition. */
export interface PlacedTransition {
  readonly cut: PlannedCut;
  /** Frames later than planned, to a fraction; undefined where the shots are too alike, too short or under a title. */
  readonly late: number | undefined;
  /** The pictures jump instead of changing gradually. */
  readonly jumps: boolean;
}

interface Watched {
  readonly cut: PlannedCut;
  /** Film frames [from, to) that are kept. */
  readonly from: number;
  readonly to: number;
  readonly frames: Uint8Array[];
}

/**
 * Collects the pictures around transitions while a film is decoded, and measures each transition as soon as its last
 * picture has come: memory for one or two transitions, whatever the film's length.
 */
export class TransitionWatch {
  readonly #size: GreySize;
  readonly #open: Watched[];
  readonly #titled: (frame: number) => boolean;
  readonly placed: PlacedTransition[] = [];

  /** `titled` says whether a title lies over a film frame. */
  constructor(
    cuts: readonly PlannedCut[],
    totalFrames: number,
    size: GreySize,
    titled: (frame: number) => boolean = () => false,
  ) {
    this.#size = size;
    this.#titled = titled;
    this.#open = cuts.flatMap((cut, i) => {
      if (cut.type === 'cut') return [];
      // Never into the neighbouring transition: a reference picture must show one shot alone.
      const from = Math.max(cut.from - SEARCH_FRAMES, cuts[i - 1]?.to ?? 0);
      const to = Math.min(cut.to + SEARCH_FRAMES, cuts[i + 1]?.from ?? totalFrames);
      return [{ cut, from, to, frames: [] }];
    });
  }

  /** Takes the picture of the next film frame; it is copied where it is needed. */
  push(frame: number, grey: Uint8Array): void {
    for (const watched of this.#open) {
      if (frame < watched.from) break;
      if (frame < watched.to) watched.frames.push(grey.slice());
    }
    const first = this.#open[0];
    if (first !== undefined && frame >= first.to - 1) {
      this.#open.shift();
      this.placed.push(this.#place(first));
    }
  }

  #place({ cut, from, to, frames }: Watched): PlacedTransition {
    const nothing = { cut, late: undefined, jumps: false };
    for (let f = from; f < to; f++) if (this.#titled(f)) return nothing;
    const [a, b] = [frames[0], frames.at(-1)];
    // One frame of each shot alone must be there; a film that ends early has fewer frames than planned.
    if (a === undefined || b === undefined || from >= cut.from || to <= cut.to || frames.length < to - from)
      return nothing;
    const room = Math.min(cut.from - from, to - cut.to);
    const steps = cut.to - cut.from;
    // What a shot's own move changes from its reference picture to the transition's middle. The smaller of the two: a
    // displaced transition lies over the frames of the other one.
    const moved = (f: number, g: number): number =>
      meanDifference(frames[f - from] as Uint8Array, frames[g - from] as Uint8Array);
    const reach = (room + steps / 2) / Math.max(1, room - 1);
    const motion = reach * Math.min(moved(from, from + room - 1), moved(to - room, to - 1));
    if (meanDifference(a, b) < Math.max(MIN_DIFFERENCE, MIN_OVER_MOTION * motion)) return nothing;
    const expected = expectedPictures(cut, steps, a, b, this.#size);
    const misfit = (late: number): number =>
      frames.reduce((sum, picture, i) => {
        const step = Math.max(0, Math.min(steps + 1, from + i - cut.from - late + 1));
        return sum + meanSquare(picture, expected[step] as Uint8Array);
      }, 0);
    const misfits = Array.from({ length: 2 * room + 1 }, (_, i) => misfit(i - room));
    const best = misfits.reduce((least, value, i) => (value < (misfits[least] as number) ? i : least), room);
    let hard = 0;
    let apart = 0;
    for (const [i, picture] of frames.entries()) {
      const jump = from + i < cut.frame ? a : b;
      hard += meanSquare(picture, jump);
      const step = Math.max(0, Math.min(steps + 1, from + i - cut.from + 1));
      apart += meanSquare(expected[step] as Uint8Array, jump);
    }
    return {
      cut,
      late: best - room + vertex(misfits[best - 1], misfits[best] as number, misfits[best + 1]),
      jumps: (misfits[room] as number) - hard > JUMP_SHARE * apart,
    };
  }
}

/** The transition's pictures for step 0 (outgoing alone) to `steps` + 1 (incoming alone). */
function expectedPictures(
  cut: PlannedCut,
  steps: number,
  a: Uint8Array,
  b: Uint8Array,
  { width, height }: GreySize,
): Uint8Array[] {
  const [first, last] = [toVideo(a, width, height), toVideo(b, width, height)];
  const between = Array.from({ length: steps }, (_, i) => {
    const out = new Uint8Array(first.data.length);
    const layer = { clipId: '', sourceFrame: 0 };
    const transition = { type: cut.type, step: i + 1, steps };
    compositeFrame({ a: layer, b: layer, transition, titles: [] }, first, last, [], out);
    return fromVideo(out, width * height);
  });
  return [a, ...between, b];
}

/** The compositor works on limited range: black 16, white 235. */
function toVideo(grey: Uint8Array, width: number, height: number): Yuv {
  const data = new Uint8Array((width * height * 3) / 2).fill(NEUTRAL);
  for (let i = 0; i < grey.length; i++) data[i] = Math.round(16 + ((grey[i] as number) * 219) / 255);
  return { width, height, data };
}

function fromVideo(data: Uint8Array, size: number): Uint8Array {
  const grey = new Uint8Array(size);
  for (let i = 0; i < size; i++)
    grey[i] = Math.max(0, Math.min(255, Math.round((((data[i] as number) - 16) * 255) / 219)));
  return grey;
}

function meanSquare(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum / a.length;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}

/** Where between its neighbours a parabola through three misfits is least, −0.5 to 0.5. */
function vertex(before: number | undefined, at: number, after: number | undefined): number {
  if (before === undefined || after === undefined) return 0;
  const curve = before - 2 * at + after;
  return curve > 0 ? (0.5 * (before - after)) / curve : 0;
}

/** One line for all transitions that are not hard cuts; none when there are none. */
export function judgeTransitions(placed: readonly PlacedTransition[]): VerificationLine[] {
  if (placed.length === 0) return [];
  const wrong: string[] = [];
  let seen = 0;
  let largest = 0;
  for (const { cut, late, jumps } of placed) {
    if (late === undefined) continue;
    if (jumps) wrong.push(`the ${cut.type} at frame ${cut.frame} is a jump`);
    else if (Math.abs(late) > TOLERANCE_FRAMES)
      wrong.push(
        `the ${cut.type} at frame ${cut.frame} is ${Math.abs(late).toFixed(1)} frames ${late > 0 ? 'late' : 'early'}`,
      );
    else {
      seen++;
      largest = Math.max(largest, Math.abs(late));
    }
  }
  const unseen = placed.length - seen - wrong.length;
  const parts = [`${seen} at their frames`];
  if (seen > 0) parts[0] += `, at most ${largest.toFixed(2)} frames off`;
  if (unseen > 0) parts.push(`${unseen} not measurable by picture (shots too alike or too short, or under a title)`);
  parts.push(...wrong);
  return [
    {
      name: 'transitions',
      expected: `${placed.length} at their frames, to half a frame`,
      measured: parts.join('; '),
      pass: wrong.length === 0,
    },
  ];
}
