/**
 * A film's music as Web Audio nodes: one buffer source for each piece of the mix plan, straight ramps at joins and
 * quarter-sine fades as value curves, from any sample of the film on. The same graph is drawn offline in the tests and
 * compared with the assembly's own bed.
 */
import {
  fadeInGain,
  fadeOutGain,
  type MixPiece,
  type MixPlan,
  pieceGain,
  SAMPLE_RATE,
} from '../../../pipeline/assemble/mix-plan.ts';

export interface GraphStart {
  /** Film sample that sounds first. */
  readonly fromSample: number;
  /** Context time at which it sounds. */
  readonly when: number;
  /** 1 is the music's own speed; others change its pitch, as a tape does. */
  readonly rate: number;
}

/** Points of a fade's curve: between 512 of them a quarter-sine is off by 1e-6 (−120 dB). */
const CURVE_POINTS = 512;

/** Plays `mix` from `start` on into `destination`. Returns the way to stop it; ended nodes go by themselves. */
export function playMix(
  context: BaseAudioContext,
  buffer: AudioBuffer,
  mix: MixPlan,
  start: GraphStart,
  destination: AudioNode,
): () => void {
  const stops: (() => void)[] = [];
  const at = (sample: number): number => start.when + (sample - start.fromSample) / SAMPLE_RATE / start.rate;
  /** A gain that follows `value` over film samples [from, to) and is `before` and `after` outside. */
  const curve = (from: number, to: number, points: number, value: (sample: number) => number): GainNode => {
    const node = context.createGain();
    const begin = Math.max(from, start.fromSample);
    if (to <= begin) return node;
    const gain = node.gain;
    const values = Float32Array.from({ length: points }, (_, i) => value(begin + ((to - begin) * i) / (points - 1)));
    gain.setValueAtTime(values[0] ?? 1, Math.max(0, at(begin) - 1 / SAMPLE_RATE));
    gain.setValueCurveAtTime(values, at(begin), (to - begin) / SAMPLE_RATE / start.rate);
    return node;
  };
  let into: AudioNode = destination;
  const chain = (node: GainNode): void => {
    node.connect(into);
    into = node;
  };
  const last = mix.end;
  if (mix.fadeOut > 0 && last > start.fromSample)
    chain(curve(last - mix.fadeOut, last, CURVE_POINTS, (s) => fadeOutGain(mix, s)));
  if (mix.fadeIn > 0 && mix.start + mix.fadeIn > start.fromSample)
    chain(curve(mix.start, mix.start + mix.fadeIn, CURVE_POINTS, (s) => fadeInGain(mix, s)));
  for (const piece of mix.pieces) {
    const stop = playPiece(context, buffer, piece, start, at, curve, into);
    if (stop !== undefined) stops.push(stop);
  }
  return () => {
    for (const stop of stops) stop();
    if (into !== destination) into.disconnect();
  };
}

function playPiece(
  context: BaseAudioContext,
  buffer: AudioBuffer,
  piece: MixPiece,
  start: GraphStart,
  at: (sample: number) => number,
  curve: (from: number, to: number, points: number, value: (sample: number) => number) => GainNode,
  into: AudioNode,
): (() => void) | undefined {
  // The music has nothing before its own first sample.
  const lead = Math.min(piece.fadeIn, piece.source);
  const first = Math.max(piece.from - lead, start.fromSample);
  const offset = piece.source + first - piece.from;
  const samples = Math.min(piece.to - first, buffer.length - offset);
  if (samples <= 0) return undefined;
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.playbackRate.value = start.rate;
  let node: AudioNode = source;
  const through = (gain: GainNode): void => {
    node.connect(gain);
    node = gain;
  };
  // Ramps are straight, so two points say them exactly. One beyond the piece's end is never heard.
  const joined = { ...piece, fadeOut: 0 };
  if (lead > 0 && first < piece.from)
    through(curve(piece.from - piece.fadeIn, piece.from, 2, (s) => pieceGain(joined, Math.min(s, piece.from - 1e-9))));
  if (piece.fadeOut > 0)
    through(curve(piece.to - piece.fadeOut, piece.to, 2, (s) => (piece.to - s) / (piece.fadeOut + 1)));
  node.connect(into);
  const end = node;
  source.start(at(first), offset / SAMPLE_RATE, samples / SAMPLE_RATE);
  source.onended = () => end.disconnect();
  return () => {
    source.onended = null;
    source.stop();
    end.disconnect();
  };
}

/** Highest absolute sample of the pieces that are heard, of 1. Gives way to the page every few ms. */
export async function peakOf(buffer: AudioBuffer, mix: MixPlan): Promise<number> {
  let peak = 0;
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const data = buffer.getChannelData(channel);
    for (const { source, from, to } of mix.pieces) {
      const end = Math.min(data.length, source + to - from);
      for (let block = source; block < end; block += 2 ** 20) {
        const until = Math.min(end, block + 2 ** 20);
        for (let i = block; i < until; i++) peak = Math.max(peak, Math.abs(data[i] as number));
        await new Promise((later) => setTimeout(later, 0));
      }
    }
  }
  return peak;
}
