import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { FPS_30 } from '../time.ts';
import { makeSoundtrack, type SoundRequest } from './audio.node.ts';
import { measureLoudness } from './loudness.node.ts';
import { writeTone } from './testkit.node.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audio-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function request(music: string, segments: [number, number, number][], more: Partial<SoundRequest> = {}): SoundRequest {
  return {
    totalFrames: segments.at(-1)?.[1] ?? 90,
    rate: FPS_30,
    music: {
      path: join(dir, music),
      plan: {
        segments: segments.map(([filmStartFrame, filmEndFrame, musicStartSeconds]) => ({
          filmStartFrame,
          filmEndFrame,
          musicStartSeconds,
        })),
        fadeInFrames: 0,
        fadeOutFrames: 0,
      },
    },
    loudnessLufs: -14,
    truePeakDbtp: -1,
    workDir: join(dir, 'work'),
    ...more,
  };
}

/** Left channel, decoded. */
async function samplesOf(path: string): Promise<Float32Array> {
  const { stdout } = await runFfmpeg(['-v', 'error', '-i', path, '-af', 'pan=mono|c0=c0', '-f', 'f32le', 'pipe:1']);
  return new Float32Array(new Uint8Array(stdout).buffer);
}

/** Level in a window, RMS. */
function rms(samples: Float32Array, from: number, to: number): number {
  return Math.sqrt(samples.subarray(from, to).reduce((sum, v) => sum + v * v, 0) / (to - from));
}

describe('makeSoundtrack', () => {
  test('lays music at exact samples: a click stays where the plan puts it', async () => {
    // One click of 20 samples at 1 s of the music, over a quiet tone.
    await writeTone(join(dir, 'click.wav'), 'if(between(t,1,1.0004),0.9,0.02*sin(200*2*PI*t))|0', 5);
    const made = await makeSoundtrack(request('click.wav', [[0, 60, 0.5], [60, 120, 0.75]])); // biome-ignore format: rows
    const samples = await samplesOf(made.path);
    const peakIn = (from: number, to: number): number => {
      let best = from;
      for (let i = from; i < to; i++) if (Math.abs(samples[i] as number) > Math.abs(samples[best] as number)) best = i;
      return best;
    };
    expect(made.samples).toBe(192_000);
    // 1 s of the music is 0.5 s into the first piece, and 0.25 s into the second, which starts at 2 s.
    expect(Math.abs(peakIn(0, 96_000) - 24_010)).toBeLessThanOrEqual(12);
    expect(Math.abs(peakIn(96_000, 192_000) - 108_010)).toBeLessThanOrEqual(12);
  });

  test('joins loops without a click', async () => {
    await writeTone(join(dir, 'tone.wav'), '0.3*sin(220*2*PI*t)|0.3*sin(220*2*PI*t)', 6);
    // The second piece enters half a period out of phase: a hard join would jump by twice the level.
    const made = await makeSoundtrack(request('tone.wav', [[0, 60, 0], [60, 120, 1 + 0.5 / 220]])); // biome-ignore format: rows
    const samples = await samplesOf(made.path);
    const step = (from: number, to: number): number => {
      let largest = 0;
      for (let i = from + 1; i < to; i++)
        largest = Math.max(largest, Math.abs((samples[i] as number) - (samples[i - 1] as number)));
      return largest;
    };
    expect(step(95_000, 97_000)).toBeLessThan(1.3 * step(40_000, 42_000));
  });

  test('meets loudness and true peak with a plain gain, and with a limiter where peaks are in the way', async () => {
    const soft = await makeSoundtrack(request('tone.wav', [[0, 150, 0]]));
    expect(soft.limited).toBe(false);
    await writeTone(
      join(dir, 'drum.wav'),
      '(0.05*sin(220*2*PI*t)+0.9*sin(90*2*PI*t)*exp(-60*mod(t,0.5)))|0.05*sin(221*2*PI*t)',
      6,
    );
    const hard = await makeSoundtrack(request('drum.wav', [[0, 150, 0]]));
    expect(hard.limited).toBe(true);
    for (const { path } of [soft, hard]) {
      const { integrated, truePeak } = await measureLoudness(['-i', path]);
      expect(Math.abs(integrated + 14)).toBeLessThanOrEqual(0.3);
      expect(truePeak).toBeLessThanOrEqual(-1);
    }
  });

  test('ducks the music under a voice', async () => {
    await writeTone(join(dir, 'voice.wav'), '0.4*sin(3000*2*PI*t)', 1);
    const made = await makeSoundtrack(
      request('tone.wav', [[0, 150, 0]], { voiceOver: { path: join(dir, 'voice.wav'), startFrame: 60 } }),
    );
    const { stdout } = await runFfmpeg([
      '-v',
      'error',
      '-i',
      made.path,
      '-af',
      'pan=mono|c0=c0,lowpass=f=400,lowpass=f=400',
      '-f',
      'f32le',
      'pipe:1',
    ]);
    const music = new Float32Array(new Uint8Array(stdout).buffer);
    const under = rms(music, 115_000, 140_000) / rms(music, 40_000, 80_000);
    expect(20 * Math.log10(under)).toBeLessThan(-6);
    expect(20 * Math.log10(rms(music, 215_000, 235_000) / rms(music, 40_000, 80_000))).toBeGreaterThan(-1);
  });

  test('says plainly that silence has no loudness', async () => {
    const made = await makeSoundtrack({ ...request('tone.wav', []), music: null });
    expect(made).toMatchObject({ silent: true, samples: 144_000 });
    expect(made.notes.join()).toContain('does not apply');
  });

  test('fades and a music file that ends too early', async () => {
    const base = request('tone.wav', [[0, 240, 0]]);
    const music =
      base.music === null ? null : { ...base.music, plan: { ...base.music.plan, fadeInFrames: 30, fadeOutFrames: 30 } };
    const made = await makeSoundtrack({ ...base, music });
    expect(made.notes.join()).toContain('2.00 s before its planned end');
    const samples = await samplesOf(made.path);
    const full = rms(samples, 96_000, 144_000);
    expect(rms(samples, 23_000, 25_000) / full).toBeCloseTo(Math.SQRT1_2, 1);
    expect(rms(samples, 0, 500) / full).toBeLessThan(0.05);
  });
});
