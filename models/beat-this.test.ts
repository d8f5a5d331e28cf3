import { expect, it } from 'vitest';
import { beatThisNetwork, CHUNK_FRAMES, chunkStarts, HOP_SAMPLES, MEL_BANDS } from './beat-this.ts';
import type { NetworkRunner, Tensor } from './runner.ts';

/** The longest run that either network was given. */
interface Seen {
  samples: number;
  frames: number;
}

/** A centred frame transform with reflected ends: band 0 is the mean square of 1,024 samples around the frame. */
function logmel(seen: Seen): NetworkRunner {
  return {
    info: async () => ({
      inputs: [{ name: 'audio', type: 'float32', shape: ['samples'] }],
      outputs: [{ name: 'mel', type: 'float32', shape: ['frames', 128] }],
    }),
    run: async (inputs) => {
      const { data } = inputs.audio as Tensor & { data: Float32Array<ArrayBuffer> };
      seen.samples = Math.max(seen.samples, data.length);
      const frames = 1 + Math.floor(data.length / HOP_SAMPLES);
      const out = new Float32Array(frames * MEL_BANDS);
      const last = data.length - 1;
      for (let f = 0; f < frames; f++) {
        let sum = 0;
        for (let i = f * HOP_SAMPLES - 512; i < f * HOP_SAMPLES + 512; i++) {
          const at = i < 0 ? -i : i > last ? 2 * last - i : i;
          sum += (data[at] as number) ** 2;
        }
        out[f * MEL_BANDS] = sum / 1024;
      }
      return { mel: { dims: [frames, MEL_BANDS], data: out } };
    },
  };
}

/** Sees six frames to either side, which is what the borders allow for. */
function beats(seen: Seen): NetworkRunner {
  return {
    info: async () => ({
      inputs: [{ name: 'spect', type: 'float32', shape: [1, 'frames', 128] }],
      outputs: [
        { name: 'beat', type: 'float32', shape: [1, 'frames'] },
        { name: 'downbeat', type: 'float32', shape: [1, 'frames'] },
      ],
    }),
    run: async (inputs) => {
      const { data, dims } = inputs.spect as Tensor & { data: Float32Array<ArrayBuffer> };
      const frames = dims[1] as number;
      seen.frames = Math.max(seen.frames, frames);
      const beat = new Float32Array(frames);
      const downbeat = new Float32Array(frames);
      for (let f = 0; f < frames; f++) {
        for (let k = -6; k <= 6; k++) beat[f] = (beat[f] as number) + (data[(f + k) * MEL_BANDS] ?? 0);
        downbeat[f] = data[f * MEL_BANDS] as number;
      }
      return { beat: { dims: [1, frames], data: beat }, downbeat: { dims: [1, frames], data: downbeat } };
    },
  };
}

it('places windows as the reference does', () => {
  expect(chunkStarts(1000)).toEqual([-6]);
  expect(chunkStarts(1488)).toEqual([-6]);
  expect(chunkStarts(1489)).toEqual([-6, -5]);
  expect(chunkStarts(3000)).toEqual([-6, 1482, 1506]);
  expect(chunkStarts(5000)).toEqual([-6, 1482, 2970, 3506]);
});

it.each([0, 500, 44_100, 1487 * 441, 1490 * 441 + 17, 4000 * 441 + 200])(
  'gives for %i samples what one pass over everything gives, with bounded windows',
  async (length) => {
    const samples = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.01) * ((i * 7919) % 1000) * 0.001);
    const seen = { samples: 0, frames: 0 };
    const ours = await beatThisNetwork('tiny', logmel(seen), beats(seen)).logits(samples);
    const padded = new Float32Array(Math.max(1024, length));
    padded.set(samples);
    const none = { samples: 0, frames: 0 };
    const { mel } = await logmel(none).run({ audio: { dims: [padded.length], data: padded } });
    const data = (mel as Tensor).data as Float32Array<ArrayBuffer>;
    const frames = data.length / MEL_BANDS;
    const whole = await beats(none).run({ spect: { dims: [1, frames, MEL_BANDS], data } });
    expect([ours.beat.length, ours.downbeat.length]).toEqual([frames, frames]);
    expect(ours.downbeat).toEqual((whole.downbeat as Tensor).data);
    expect(ours.beat).toEqual((whole.beat as Tensor).data);
    expect(seen.frames).toBeLessThanOrEqual(CHUNK_FRAMES);
    expect(seen.samples).toBeLessThanOrEqual((CHUNK_FRAMES + 6) * HOP_SAMPLES);
  },
);

it('tells how far it is after each window, and stops between windows when asked', async () => {
  const samples = new Float32Array(4000 * 441);
  const seen = { samples: 0, frames: 0 };
  const told: number[] = [];
  await beatThisNetwork('tiny', logmel(seen), beats(seen)).logits(samples, undefined, (fraction) =>
    told.push(fraction),
  );
  expect(told.length).toBe(3);
  expect(told.at(-1)).toBe(1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  const stop = new AbortController();
  const windows: number[] = [];
  const stopped = beatThisNetwork('tiny', logmel(seen), beats(seen)).logits(samples, stop.signal, (fraction) => {
    windows.push(fraction);
    stop.abort();
  });
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  expect(windows.length).toBe(1);
});
