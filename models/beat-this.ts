/**
 * Beat This! (Foscarin, Schlüter, Widmer 2024): log-mel frames at 50 Hz, then beat and downbeat logits, both networks
 * in windows so that memory does not grow with the music's length.
 */
import { PicaividError, throwIfCancelled } from '../base/errors.ts';
import type { NetworkRunner, TensorInfo } from './runner.ts';
import { floatOutput } from './tensors.ts';
import type { BeatNetwork } from './types.ts';

/** Samples between frames at 22,050 Hz: 50 frames a second. */
export const HOP_SAMPLES = 441;
export const MEL_BANDS = 128;
const FRAMES_PER_SECOND = 50;
/** Half of the transform's window, samples: what a frame sees on either side. */
const HALF_WINDOW = 512;
/** Frames at a window's ends whose samples reach past it: ceil(512 / 441). */
const MEL_BORDER = Math.ceil(HALF_WINDOW / HOP_SAMPLES);
/** Frames of one call, and of its ends that are thrown away, as in the reference's `split_piece`. */
export const CHUNK_FRAMES = 1500;
const BORDER_FRAMES = 6;
/** Shorter music is padded with silence: the transform reflects half a window at the ends. */
const LEAST_SAMPLES = 2 * HALF_WINDOW;

/** First frames of the windows; the last one is moved back so that it is full, as the reference does. */
export function chunkStarts(frames: number, chunk = CHUNK_FRAMES, border = BORDER_FRAMES): number[] {
  const starts: number[] = [];
  for (let start = -border; start < frames - border; start += chunk - 2 * border) starts.push(start);
  if (frames > chunk - 2 * border) starts[starts.length - 1] = frames - (chunk - border);
  return starts;
}

function withRank(info: TensorInfo | undefined, rows: readonly number[]): number[] {
  const rank = info?.shape.length ?? rows.length;
  return [...Array.from({ length: Math.max(0, rank - rows.length) }, () => 1), ...rows];
}

function nameOf(info: readonly TensorInfo[], index: number, wanted: string): TensorInfo {
  const found = info.find(({ name }) => name === wanted) ?? info[index];
  if (found === undefined) throw new PicaividError('model_failed', `The beat network lacks "${wanted}".`);
  return found;
}

/** Log-mel frames [from, to) of the whole piece, row-major [frames][128], from a window of samples around them. */
async function melFrames(
  logmel: NetworkRunner,
  samples: Float32Array,
  from: number,
  to: number,
  total: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { inputs, outputs } = await logmel.info(signal);
  const input = nameOf(inputs, 0, 'audio');
  const first = Math.max(0, from - MEL_BORDER);
  // Reaching the piece's end keeps the reference's own reflection there.
  const last =
    to + MEL_BORDER >= total ? samples.length : Math.min(samples.length, (to - 1 + MEL_BORDER) * HOP_SAMPLES + 1);
  const data = samples.slice(first * HOP_SAMPLES, last);
  const output = nameOf(outputs, 0, 'mel').name;
  const out = await logmel.run({ [input.name]: { dims: withRank(input, [data.length]), data } }, signal);
  const mel = floatOutput(out, output);
  const skip = (from - first) * MEL_BANDS;
  return mel.subarray(skip, skip + (to - from) * MEL_BANDS);
}

export function beatThisNetwork(name: string, logmel: NetworkRunner, beats: NetworkRunner): BeatNetwork {
  return {
    name,
    framesPerSecond: FRAMES_PER_SECOND,
    logits: async (given, signal, onFraction) => {
      let samples = given;
      if (given.length < LEAST_SAMPLES) {
        samples = new Float32Array(LEAST_SAMPLES);
        samples.set(given);
      }
      const total = 1 + Math.floor(samples.length / HOP_SAMPLES);
      const { inputs, outputs } = await beats.info(signal);
      const input = nameOf(inputs, 0, 'spect');
      const beatName = nameOf(outputs, 0, 'beat').name;
      const downbeatName = nameOf(outputs, 1, 'downbeat').name;
      const beat = new Float32Array(total);
      const downbeat = new Float32Array(total);
      let done = 0;
      for (const start of chunkStarts(total)) {
        throwIfCancelled(signal);
        const from = Math.max(0, start);
        const to = Math.min(start + CHUNK_FRAMES, total);
        const left = from - start;
        const right = Math.max(0, Math.min(BORDER_FRAMES, start + CHUNK_FRAMES - total));
        const rows = left + (to - from) + right;
        const data = new Float32Array(rows * MEL_BANDS);
        data.set(await melFrames(logmel, samples, from, to, total, signal), left * MEL_BANDS);
        const out = await beats.run({ [input.name]: { dims: withRank(input, [rows, MEL_BANDS]), data } }, signal);
        const beatPart = floatOutput(out, beatName, rows);
        const downbeatPart = floatOutput(out, downbeatName, rows);
        // Where windows overlap the earlier one counts ("keep_first"), so only new frames are written.
        for (let row = BORDER_FRAMES; row < rows - BORDER_FRAMES; row++) {
          const frame = start + row;
          if (frame < done || frame >= total) continue;
          beat[frame] = beatPart[row] as number;
          downbeat[frame] = downbeatPart[row] as number;
        }
        done = Math.min(total, start + rows - BORDER_FRAMES);
        onFraction?.(done / total);
      }
      return { beat, downbeat };
    },
  };
}
