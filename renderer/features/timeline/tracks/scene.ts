/** Everything that the tracks show, as plain data. */
import type { MusicSection, Timeline } from '../../../../pipeline/domain.ts';
import { clipStarts } from '../../../../pipeline/timeline/clip-math.ts';
import { type Bar, barsOf } from './geometry.ts';

/** Loudness of the music between two times of the file: 0..1, the larger of both signs; null until it is known. */
export type Loudness = (fromSeconds: number, toSeconds: number) => number;

export interface Scene {
  readonly listingId: string;
  readonly timeline: Timeline;
  readonly starts: readonly number[];
  readonly bars: readonly Bar[];
  readonly selected: ReadonlySet<string>;
  readonly focus: string | null;
  readonly range: { readonly inFrame: number | null; readonly outFrame: number | null };
  /** Clips with a finding. */
  readonly found: ReadonlySet<string>;
  readonly sections: readonly MusicSection[];
  readonly loudness: Loudness | null;
  /** Room of each clip, as people call it. */
  readonly rooms: ReadonlyMap<string, string>;
  /** The film refuses edits, or another film is looked at. */
  readonly locked: boolean;
}

/** Bars by their beats: a drag makes a film a frame, nearly always over the same 2,000 beats. */
const known = new WeakMap<Timeline['beats'], readonly Bar[]>();

/** A film with its places worked out; kept for as long as the film is the same object. */
export function placesOf(timeline: Timeline): Pick<Scene, 'timeline' | 'starts' | 'bars'> {
  const { beats, clips } = timeline;
  const bars = known.get(beats) ?? barsOf(beats);
  known.set(beats, bars);
  return { timeline, starts: clipStarts(clips), bars };
}

/** What a drag adds to the picture. */
export interface Overlay {
  /** A line through all lanes: where what is dragged snaps to. */
  readonly snapFrame: number | null;
  /** Before which clip (index) it would go. */
  readonly drop: number | null;
  /** Clips that are being moved, and the pixel of the pointer. */
  readonly moving: ReadonlySet<string> | null;
  readonly pointerX: number;
  /** Clips whose length or place changes. */
  readonly changing: ReadonlySet<string> | null;
  readonly refused: boolean;
  /** Pixels of a rubber band. */
  readonly band: { readonly from: number; readonly to: number } | null;
  /** The cut whose handle is shown although it is a plain cut. */
  readonly handle: number | null;
}

export const NO_OVERLAY: Overlay = {
  snapFrame: null,
  drop: null,
  moving: null,
  pointerX: 0,
  changing: null,
  refused: false,
  band: null,
  handle: null,
};
