/**
 * How a film's music is laid, in samples: pieces, crossfades at their joins, fades of the whole, what ducks. The
 * assembly mixes files by it and the studio's player schedules Web Audio by it, so that both sound the same. Pure.
 */
import type { MusicPlan } from '../domain.ts';
import { type FrameRate, frameToSample } from '../time.ts';

/** Samples a second of all sound in the house. */
export const SAMPLE_RATE = 48_000;
/** Crossfade where music segments join, samples (8 ms): no click, and no audible doubling of a drum. */
export const JOIN_SAMPLES = 384;
/** Music under a voice or a clip's own sound goes down 9–12 dB quickly and is back within half a second. */
export const DUCKING = { threshold: 0.02, ratio: 8, attackMs: 15, releaseMs: 450 } as const;

/** Music that sounds from film sample `from` to `to`; its crossfade into it lies before `from`, the beat after is whole. */
export interface MixPiece {
  readonly from: number;
  readonly to: number;
  /** Sample of the music that sounds at `from`. */
  readonly source: number;
  /** Samples of the crossfade before `from`, and of the one before `to`; 0 where nothing joins. */
  readonly fadeIn: number;
  readonly fadeOut: number;
}

export interface MixPlan {
  /** Samples of the film. */
  readonly samples: number;
  /** In film order. */
  readonly pieces: readonly MixPiece[];
  /** Where the music begins and ends, and the samples of its fades there. */
  readonly start: number;
  readonly end: number;
  readonly fadeIn: number;
  readonly fadeOut: number;
}

/** Lays the music of a film of `totalFrames` frames. */
export function planMix(music: MusicPlan | null, totalFrames: number, rate: FrameRate): MixPlan {
  const samples = frameToSample(totalFrames, rate, SAMPLE_RATE);
  const at = (frame: number): number => Math.min(samples, frameToSample(frame, rate, SAMPLE_RATE));
  const segments = [...(music?.segments ?? [])].sort((x, y) => x.filmStartFrame - y.filmStartFrame);
  const joins = (other: number | undefined, mine: number): number => (other === mine ? JOIN_SAMPLES : 0);
  const pieces = segments.map(
    (segment, i): MixPiece => ({
      from: at(segment.filmStartFrame),
      to: at(segment.filmEndFrame),
      source: Math.round(segment.musicStartSeconds * SAMPLE_RATE),
      fadeIn: joins(segments[i - 1]?.filmEndFrame, segment.filmStartFrame),
      fadeOut: joins(segments[i + 1]?.filmStartFrame, segment.filmEndFrame),
    }),
  );
  return {
    samples,
    pieces,
    start: pieces[0]?.from ?? 0,
    end: pieces.at(-1)?.to ?? samples,
    fadeIn: at(music?.fadeInFrames ?? 0),
    fadeOut: at(music?.fadeOutFrames ?? 0),
  };
}

/** Gain of a piece at a film sample from `from - fadeIn` to `to`: straight ramps, which add up to 1 at a join. */
export function pieceGain(piece: MixPiece, sample: number): number {
  let gain = 1;
  if (sample < piece.from) gain = (sample - (piece.from - piece.fadeIn) + 1) / (piece.fadeIn + 1);
  if (sample >= piece.to - piece.fadeOut) gain *= (piece.to - sample) / (piece.fadeOut + 1);
  return gain;
}

/** Gain of the fades of the whole at a film sample. Quarter-sine: equal power, no corner at the loud end. */
export function fadeGain(mix: MixPlan, sample: number): number {
  return fadeInGain(mix, sample) * fadeOutGain(mix, sample);
}

export function fadeInGain({ start, fadeIn }: MixPlan, sample: number): number {
  if (sample - start >= fadeIn) return 1;
  return Math.sin((Math.PI / 2) * (Math.max(0, sample - start) / Math.max(1, fadeIn)));
}

export function fadeOutGain({ end, fadeOut }: MixPlan, sample: number): number {
  if (end - sample > fadeOut) return 1;
  return Math.sin((Math.PI / 2) * (Math.max(0, end - 1 - sample) / Math.max(1, fadeOut)));
}
