/** Faults that are planted into the frames of a clip, to find out whether validation sees them. Pure. */

/** Decoded frames, 4:2:0 planar (Y, U, V), all of one size. */
export interface FaultFrames {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Uint8Array[];
}

/** What a fault may draw from besides the clip itself: the same move drawn otherwise or over another photo. */
export interface FaultMaterial {
  readonly clip: FaultFrames;
  readonly opposite: () => Promise<FaultFrames>;
  readonly doubled: () => Promise<FaultFrames>;
  readonly otherPhoto: () => Promise<FaultFrames>;
  /** Of the same room where the listing has two. */
  readonly sameRoom: () => Promise<FaultFrames>;
  readonly random: () => number;
}

export interface Fault {
  readonly name: string;
  /** The line of the acceptance that it belongs to. */
  readonly kind: string;
  /** Nothing changes in a clip that stands still. */
  readonly needsMotion?: true;
  readonly plant: (material: FaultMaterial) => Promise<readonly Uint8Array[]>;
}

const mid = (clip: FaultFrames): number => Math.floor(clip.frames.length / 2);
const clamp = (v: number): number => Math.min(255, Math.max(0, Math.round(v)));

/** Light times `gain`, over black level, with its colour. */
function brighter(frame: Uint8Array, pixels: number, gain: number): Uint8Array {
  return frame.map((v, i) => clamp(i < pixels ? 16 + (v - 16) * gain : 128 + (v - 128) * gain));
}

/** Gain by frame index; a gain of 1 leaves a frame as it is. */
function pumped({ clip }: FaultMaterial, gain: (i: number) => number): Promise<readonly Uint8Array[]> {
  const pixels = clip.width * clip.height;
  return Promise.resolve(clip.frames.map((f, i) => (gain(i) === 1 ? f : brighter(f, pixels, gain(i)))));
}

function black(clip: FaultFrames): Uint8Array {
  const pixels = clip.width * clip.height;
  return new Uint8Array((pixels * 3) / 2).fill(16, 0, pixels).fill(128, pixels);
}

const swappedAt = (clip: FaultFrames, other: FaultFrames, from: number): readonly Uint8Array[] =>
  clip.frames.map((f, i) => (i >= from ? (other.frames[i] ?? f) : f));

/** Upright lines become arcs: pixels of 1080p at mid height, none at top and bottom. */
function bent(clip: FaultFrames, frame: Uint8Array, pixels1080: number): Uint8Array {
  const out = new Uint8Array(frame);
  let at = 0;
  for (const part of [1, 2, 2]) {
    const w = clip.width / part;
    const h = clip.height / part;
    for (let y = 0; y < h; y++) {
      const shift = ((pixels1080 * clip.height) / 1080 / part) * Math.sin((Math.PI * (y + 0.5)) / h);
      for (let x = 0; x < w; x++) {
        const sx = Math.min(Math.max(x + shift, 0), w - 1.001);
        const ix = Math.floor(sx);
        const f = sx - ix;
        const p = at + y * w + ix;
        out[at + y * w + x] = clamp((frame[p] as number) * (1 - f) + (frame[p + 1] as number) * f);
      }
    }
    at += w * h;
  }
  return out;
}

interface Patch {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly soft: boolean;
}

function weight({ x, y, w, h, soft }: Patch, px: number, py: number): number {
  const dx = (px - x) / w;
  const dy = (py - y) / h;
  if (dx < 0 || dy < 0 || dx >= 1 || dy >= 1) return 0;
  return soft ? Math.min(1, 4 * Math.min(dx, dy, 1 - dx, 1 - dy)) : 1;
}

function pasted(clip: FaultFrames, frame: Uint8Array, from: Uint8Array, patch: Patch): Uint8Array {
  const out = new Uint8Array(frame);
  let at = 0;
  for (const part of [1, 2, 2]) {
    const w = clip.width / part;
    const h = clip.height / part;
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const a = weight(patch, x * part, y * part);
        const i = at + y * w + x;
        if (a > 0) out[i] = clamp((frame[i] as number) * (1 - a) + (from[i] as number) * a);
      }
    at += w * h;
  }
  return out;
}

/** Mean difference of luma within a patch, levels. */
function contrast(clip: FaultFrames, a: Uint8Array, b: Uint8Array, patch: Patch): number {
  let sum = 0;
  let n = 0;
  for (let y = patch.y; y < patch.y + patch.h; y++)
    for (let x = patch.x; x < patch.x + patch.w; x++) {
      sum += Math.abs((a[y * clip.width + x] as number) - (b[y * clip.width + x] as number));
      n++;
    }
  return sum / n;
}

/** An object that the photo does not have may not be one that nobody can see. */
const LEAST_CONTRAST = 15;

/** A thing of another photo for a third of the clip; `side` as a share of the frame's width. */
function object(side: number, soft: boolean) {
  return async (material: FaultMaterial): Promise<readonly Uint8Array[]> => {
    const { clip, random } = material;
    const other = await material.otherPhoto();
    const from = other.frames[0] as Uint8Array;
    const n = clip.frames.length;
    const first = Math.floor(n / 3);
    const w = Math.max(6, Math.round(clip.width * side));
    let best: Patch = { x: 0, y: 0, w, h: w, soft };
    for (let k = 0; k < 40; k++) {
      const x = Math.floor(random() * (clip.width - w));
      const y = Math.floor(random() * (clip.height - w));
      best = { x, y, w, h: w, soft };
      if (contrast(clip, clip.frames[first] as Uint8Array, from, best) >= LEAST_CONTRAST) break;
    }
    return clip.frames.map((f, i) => (i >= first && i < first + n / 3 ? pasted(clip, f, from, best) : f));
  };
}

const still = { needsMotion: true } as const;
const from = <T>(value: T): Promise<T> => Promise.resolve(value);

/** Every planted fault; gains are of light, pixels of 1080p, sides of the frame's width. */
export const FAULTS: readonly Fault[] = [
  { name: 'motion the other way', kind: 'wrong motion sign', ...still,
    plant: async (m) => (await m.opposite()).frames },
  { name: 'played backwards', kind: 'wrong motion sign', ...still, plant: (m) => from(m.clip.frames.toReversed()) },
  { name: 'twice the amount', kind: 'too much motion', ...still, plant: async (m) => (await m.doubled()).frames },
  { name: 'twice the speed, then still', kind: 'too much motion', ...still,
    plant: ({ clip: { frames } }) => from(frames.map((_, i) => frames[Math.min(2 * i, frames.length - 1)] as Uint8Array)) },
  { name: 'one frame 8 % brighter', kind: 'flicker', plant: (m) => pumped(m, (i) => (i === mid(m.clip) ? 1.08 : 1)) },
  { name: 'one frame 2 % brighter', kind: 'flicker', plant: (m) => pumped(m, (i) => (i === mid(m.clip) ? 1.02 : 1)) },
  { name: 'three frames 3 % darker', kind: 'flicker',
    plant: (m) => pumped(m, (i) => (Math.abs(i - mid(m.clip)) <= 1 ? 0.97 : 1)) },
  { name: 'pumping by 2 %', kind: 'flicker', plant: (m) => pumped(m, (i) => 1 + 0.02 * Math.sin(i * 1.3)) },
  { name: 'eight frames frozen', kind: 'frozen run', ...still,
    plant: ({ clip: { frames } }) => {
      const at = Math.floor(frames.length / 3);
      return from(frames.map((f, i) => (i >= at && i < at + 8 ? (frames[at] as Uint8Array) : f)));
    } },
  { name: 'frozen to the end', kind: 'frozen run', ...still,
    plant: ({ clip: { frames } }) => from(frames.map((_, i) => frames[Math.min(i, frames.length >> 1)] as Uint8Array)) },
  { name: 'one black frame', kind: 'black frames',
    plant: ({ clip }) => from(clip.frames.map((f, i) => (i === mid(clip) ? black(clip) : f))) },
  { name: 'six black frames', kind: 'black frames',
    plant: ({ clip }) => from(clip.frames.map((f, i) => (i >= mid(clip) && i < mid(clip) + 6 ? black(clip) : f))) },
  { name: 'another photo', kind: 'swapped photo', plant: async (m) => (await m.otherPhoto()).frames },
  { name: 'another photo of the room', kind: 'swapped photo', plant: async (m) => (await m.sameRoom()).frames },
  { name: 'another photo from the middle on', kind: 'swapped photo',
    plant: async (m) => swappedAt(m.clip, await m.sameRoom(), mid(m.clip)) },
  { name: 'verticals bent by 4 px', kind: 'warped verticals',
    plant: ({ clip }) => from(clip.frames.map((f) => bent(clip, f, 4))) },
  { name: 'verticals bent by 8 px, swaying', kind: 'warped verticals',
    plant: ({ clip }) => from(clip.frames.map((f, i) => bent(clip, f, 8 * Math.sin(i * 0.4)))) },
  { name: 'object of 4 %, hard edge', kind: 'invented object', plant: object(0.04, false) },
  { name: 'object of 4 %, soft edge', kind: 'invented object', plant: object(0.04, true) },
  { name: 'object of 15 %, hard edge', kind: 'invented object', plant: object(0.15, false) },
  { name: 'object of 15 %, soft edge', kind: 'invented object', plant: object(0.15, true) },
  { name: 'one frame repeated', kind: 'repeated frame', ...still,
    plant: ({ clip }) => from(clip.frames.map((f, i) => (i === mid(clip) ? (clip.frames[i - 1] as Uint8Array) : f))) },
  { name: 'one frame dropped', kind: 'dropped frame', ...still,
    plant: ({ clip: { frames } }) =>
      from(frames.map((f, i) => (i < frames.length >> 1 ? f : (frames[Math.min(i + 1, frames.length - 1)] as Uint8Array)))) },
  { name: '6 % brighter by the end', kind: 'exposure drift',
    plant: (m) => pumped(m, (i) => 1 + (0.06 * i) / (m.clip.frames.length - 1)) },
  { name: '6 % darker by the end', kind: 'exposure drift',
    plant: (m) => pumped(m, (i) => 1 - (0.06 * i) / (m.clip.frames.length - 1)) },
]; // biome-ignore format: a table
