/**
 * A waveform at any zoom without its samples: lowest, highest and RMS value of each bucket of samples, at several bucket
 * sizes (audiowaveform's idea, with levels four apart as a texture has mipmaps). Pure; computed once, block by block.
 *
 * PKS1, little-endian: "PKS1", u32 sample rate (Hz), f64 samples, u32 levels; then for each level u32 samples a bucket,
 * u32 buckets, and three i8 arrays of that many: lowest, highest (−127..127 for −1..1) and RMS (0..127).
 */
import { PicaividError } from '../../base/errors.ts';

/** Samples of a bucket in the finest level: 5.3 ms at 48 kHz, a pixel at the closest zoom. */
export const FINEST_BUCKET = 256;
const LEVEL_FACTOR = 4;
const LEVELS = 6;
const MAGIC = 0x31534b50;
const HEADER_BYTES = 20;
const LEVEL_BYTES = 8;

export interface PeaksLevel {
  readonly samplesPerBucket: number;
  readonly lowest: Int8Array;
  readonly highest: Int8Array;
  readonly rms: Int8Array;
}

export interface Peaks {
  /** Hz */
  readonly sampleRate: number;
  readonly samples: number;
  /** Finest first. */
  readonly levels: readonly PeaksLevel[];
}

/** Takes samples as they come (one channel, −1..1) and gives the peaks at the end; keeps 12 bytes a bucket. */
export class PeaksBuilder {
  private readonly sampleRate: number;
  /** Lowest, highest and mean square of each bucket, one after the other: 24 MB for three hours. */
  private columns = new Float32Array(3 * 4096);
  private count = 0;
  private samples = 0;
  private filled = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = Number.NEGATIVE_INFINITY;
  private energy = 0;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
  }

  add(block: Float32Array): void {
    for (const value of block) {
      if (value < this.lowest) this.lowest = value;
      if (value > this.highest) this.highest = value;
      this.energy += value * value;
      if (++this.filled === FINEST_BUCKET) this.close();
    }
    this.samples += block.length;
  }

  finish(): Peaks {
    if (this.filled > 0) this.close();
    const levels: PeaksLevel[] = [];
    let columns = this.columns.subarray(0, 3 * this.count);
    for (let level = 0, size = FINEST_BUCKET; level < LEVELS; level++, size *= LEVEL_FACTOR) {
      levels.push({
        samplesPerBucket: size,
        lowest: picked(columns, 0, (lowest) => Math.max(-127, Math.floor(lowest * 127))),
        highest: picked(columns, 1, (highest) => Math.min(127, Math.ceil(highest * 127))),
        rms: picked(columns, 2, (energy) => Math.min(127, Math.round(Math.sqrt(energy) * 127))),
      });
      columns = coarser(columns);
    }
    return { sampleRate: this.sampleRate, samples: this.samples, levels };
  }

  private close(): void {
    if (3 * this.count === this.columns.length) {
      const grown = new Float32Array(2 * this.columns.length);
      grown.set(this.columns);
      this.columns = grown;
    }
    this.columns.set([this.lowest, this.highest, this.energy / this.filled], 3 * this.count++);
    this.lowest = Number.POSITIVE_INFINITY;
    this.highest = Number.NEGATIVE_INFINITY;
    this.energy = 0;
    this.filled = 0;
  }
}

/** One value of each column as a byte. */
function picked(columns: Float32Array, nth: number, byte: (value: number) => number): Int8Array {
  const out = new Int8Array(columns.length / 3);
  for (let i = 0; i < out.length; i++) out[i] = byte(columns[3 * i + nth] as number);
  return out;
}

function coarser(columns: Float32Array): Float32Array<ArrayBuffer> {
  const count = Math.ceil(columns.length / 3 / LEVEL_FACTOR);
  const result = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const group = columns.subarray(3 * LEVEL_FACTOR * i, 3 * LEVEL_FACTOR * (i + 1));
    let [lowest, highest, energy] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (let at = 0; at < group.length; at += 3) {
      lowest = Math.min(lowest, group[at] as number);
      highest = Math.max(highest, group[at + 1] as number);
      energy += group[at + 2] as number;
    }
    result.set([lowest, highest, (3 * energy) / group.length], 3 * i);
  }
  return result;
}

export function encodePeaks(peaks: Peaks): Uint8Array {
  const bytes = new Uint8Array(
    HEADER_BYTES + peaks.levels.reduce((sum, level) => sum + LEVEL_BYTES + 3 * level.lowest.length, 0),
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, peaks.sampleRate, true);
  view.setFloat64(8, peaks.samples, true);
  view.setUint32(16, peaks.levels.length, true);
  let at = HEADER_BYTES;
  for (const level of peaks.levels) {
    view.setUint32(at, level.samplesPerBucket, true);
    view.setUint32(at + 4, level.lowest.length, true);
    at += LEVEL_BYTES;
    for (const values of [level.lowest, level.highest, level.rms]) {
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.length), at);
      at += values.length;
    }
  }
  return bytes;
}

/** Reads PKS1. Throws `audio_damaged` for anything else; never reads past the end. */
export function decodePeaks(bytes: Uint8Array): Peaks {
  const damaged = new PicaividError('audio_damaged', 'The waveform of this music cannot be read. It is made again.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw damaged;
  const count = view.getUint32(16, true);
  const levels: PeaksLevel[] = [];
  let at = HEADER_BYTES;
  for (let level = 0; level < count; level++) {
    if (at + LEVEL_BYTES > bytes.length) throw damaged;
    const samplesPerBucket = view.getUint32(at, true);
    const buckets = view.getUint32(at + 4, true);
    at += LEVEL_BYTES;
    if (samplesPerBucket === 0 || at + 3 * buckets > bytes.length) throw damaged;
    const values = (nth: number): Int8Array =>
      new Int8Array(bytes.slice(at + nth * buckets, at + (nth + 1) * buckets).buffer);
    levels.push({ samplesPerBucket, lowest: values(0), highest: values(1), rms: values(2) });
    at += 3 * buckets;
  }
  if (levels.length === 0) throw damaged;
  return { sampleRate: view.getUint32(4, true), samples: view.getFloat64(8, true), levels };
}

/**
 * The waveform from one time to another in so many columns: lowest, highest and RMS of each, −1..1, one after the other
 * (3 × columns). From the coarsest level that has a bucket for each column; outside the music it is silent.
 */
export function peaksAt(peaks: Peaks, fromSeconds: number, toSeconds: number, columns: number): Float32Array {
  const result = new Float32Array(3 * Math.max(0, columns));
  const perColumn = ((toSeconds - fromSeconds) * peaks.sampleRate) / Math.max(1, columns);
  const level = peaks.levels.findLast(({ samplesPerBucket }) => samplesPerBucket <= perColumn) ?? peaks.levels[0];
  if (level === undefined || !(perColumn > 0)) return result;
  const { samplesPerBucket, lowest, highest, rms } = level;
  for (let column = 0; column < columns; column++) {
    const start = (fromSeconds * peaks.sampleRate + column * perColumn) / samplesPerBucket;
    const first = Math.max(0, Math.floor(start));
    const last = Math.min(lowest.length - 1, Math.max(first, Math.ceil(start + perColumn / samplesPerBucket) - 1));
    if (start + perColumn / samplesPerBucket <= 0 || first > last) continue;
    let low = 127;
    let high = -127;
    let energy = 0;
    for (let bucket = first; bucket <= last; bucket++) {
      low = Math.min(low, lowest[bucket] ?? 0);
      high = Math.max(high, highest[bucket] ?? 0);
      energy += (rms[bucket] ?? 0) ** 2;
    }
    result[3 * column] = low / 127;
    result[3 * column + 1] = high / 127;
    result[3 * column + 2] = Math.sqrt(energy / (last - first + 1)) / 127;
  }
  return result;
}
