import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { FPS_30 } from '../time.ts';
import { makeSoundtrack, type SoundRequest } from './audio.node.ts';
import { measureLoudness } from './loudness.node.ts';
import { writeTone } from './testkit.node.ts';

let dir: string;
let request: SoundRequest;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'voice-'));
  await writeTone(join(dir, 'music.wav'), '0.1*sin(220*2*PI*t)|0.1*sin(220*2*PI*t)', 4);
  request = {
    totalFrames: 90,
    rate: FPS_30,
    music: {
      path: join(dir, 'music.wav'),
      plan: {
        segments: [{ filmStartFrame: 0, filmEndFrame: 90, musicStartSeconds: 0 }],
        fadeInFrames: 0,
        fadeOutFrames: 0,
      },
    },
    loudnessLufs: -20,
    truePeakDbtp: -1,
    workDir: join(dir, 'work'),
  };
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A voice as telephones record it: one channel, 8 kHz, 16 bits. */
async function telephone(name: string, expression: string, seconds: number): Promise<string> {
  const path = join(dir, name);
  const source = `aevalsrc=${expression.replaceAll(',', '\\,')}:s=8000:d=${seconds}:c=mono`;
  await runFfmpeg(['-v', 'error', '-y', '-f', 'lavfi', '-i', source, '-c:a', 'pcm_s16le', path]);
  return path;
}

async function leftOf(path: string, filter = 'anull'): Promise<Float32Array> {
  const { stdout } = await runFfmpeg([
    '-v', 'error', '-i', path, '-af', `${filter},pan=mono|c0=c0`, '-f', 'f32le', 'pipe:1',
  ]); // biome-ignore format: options pair up
  return new Float32Array(new Uint8Array(stdout).buffer);
}

const rms = (samples: Float32Array, from: number, to: number): number =>
  Math.sqrt(samples.subarray(from, to).reduce((sum, v) => sum + v * v, 0) / (to - from));

describe('a voice-over', () => {
  test('of one channel at 8 kHz that is longer than the film starts at its frame, in both channels, and is faded out at the end', async () => {
    const path = await telephone('long.wav', 'if(gte(t,0.5),0.5,0)*sin(1000*2*PI*t)', 4);
    const made = await makeSoundtrack({ ...request, voiceOver: { path, startFrame: 30 } });
    expect(made.samples).toBe(144_000);
    expect(made.notes).toEqual(['The voice-over goes on for 2.00 s after the film’s end: it is faded out there.']);
    const voice = await leftOf(made.path, 'highpass=f=700,highpass=f=700');
    const loud = rms(voice, 90_000, 110_000);
    // 0.5 s into the voice, which starts at frame 30: sample 72,000.
    expect(rms(voice, 60_000, 71_500) / loud).toBeLessThan(0.05);
    expect(rms(voice, 72_200, 73_200) / loud).toBeGreaterThan(0.6);
    expect(rms(voice, 143_400, 143_990) / loud).toBeLessThan(0.1);
    const { stdout } = await runFfmpeg([
      '-v', 'error', '-i', made.path, '-af', 'pan=mono|c0=c0-c1,highpass=f=700', '-f', 'f32le', 'pipe:1',
    ]); // biome-ignore format: options pair up
    const difference = new Float32Array(new Uint8Array(stdout).buffer);
    expect(rms(difference, 90_000, 110_000) / loud).toBeLessThan(0.05);
  });

  test('that is silent is said to be so and ducks nothing', async () => {
    const path = await telephone('silent.wav', '0', 1);
    const made = await makeSoundtrack({ ...request, voiceOver: { path, startFrame: 30 } });
    expect(made.notes).toEqual(['The voice-over is silent.']);
    const music = await leftOf(made.path);
    expect(rms(music, 60_000, 90_000) / rms(music, 10_000, 40_000)).toBeCloseTo(1, 1);
  });

  test('that starts outside the film, or cannot be read, is refused in plain words', async () => {
    const path = await telephone('short.wav', '0.1*sin(500*2*PI*t)', 0.5);
    for (const startFrame of [-1, 90, 1.5])
      await expect(makeSoundtrack({ ...request, voiceOver: { path, startFrame } })).rejects.toMatchObject({
        code: 'bad_usage',
        message: `The voice-over starts at frame ${startFrame}, but the film has frames 0 to 89. Start it inside the film.`,
      });
    const broken = join(dir, 'broken.wav');
    await writeFile(broken, 'no sound');
    await expect(makeSoundtrack({ ...request, voiceOver: { path: broken, startFrame: 0 } })).rejects.toMatchObject({
      code: 'audio_damaged',
      message: 'The voice-over cannot be read as sound. Choose another file.',
    });
    await expect(
      makeSoundtrack({ ...request, voiceOver: { path: join(dir, 'gone.wav'), startFrame: 0 } }),
    ).rejects.toMatchObject({ code: 'file_not_found' });
  });
});

test('a finished soundtrack that was cut short meanwhile is made again', async () => {
  const first = await makeSoundtrack(request);
  const before = await measureLoudness(['-i', first.path]);
  await truncate(first.path, 9000);
  const again = await makeSoundtrack(request);
  expect(again).toEqual(first);
  expect(await measureLoudness(['-i', again.path])).toEqual(before);
});

test('drums reach −9 LUFS below −1 dBTP, and music of −60 LUFS is brought to −23', async () => {
  const music = (name: string): SoundRequest['music'] =>
    request.music === null ? null : { ...request.music, path: join(dir, name) };
  await writeTone(
    join(dir, 'drum.wav'),
    '(0.05*sin(220*2*PI*t)+0.9*sin(90*2*PI*t)*exp(-60*mod(t,0.5)))|0.05*sin(221*2*PI*t)',
    4,
  );
  await writeTone(join(dir, 'faint.wav'), '0.001*sin(330*2*PI*t)|0.001*sin(440*2*PI*t)', 4);
  for (const [name, loudnessLufs] of [['drum.wav', -9], ['faint.wav', -23]] as const) {
    const { path } = await makeSoundtrack({ ...request, music: music(name), loudnessLufs });
    const { integrated, truePeak } = await measureLoudness(['-i', path]);
    expect(Math.abs(integrated - loudnessLufs)).toBeLessThanOrEqual(0.25);
    expect(truePeak).toBeLessThanOrEqual(-1);
  }
}); // biome-ignore format: rows

test('a clip’s own sound by its policy: left out, kept beside the music, kept with the music lowered', async () => {
  const path = join(dir, 'clip.wav');
  await writeTone(path, '0.4*sin(2000*2*PI*t)|0.4*sin(2000*2*PI*t)', 3);
  const level: Record<string, [number, number, number]> = {};
  for (const policy of ['mute', 'keep', 'duck'] as const) {
    // Second 1 of the clip's sound lies at second 1 of the film, for one second.
    const clipSounds = [{ path, policy, filmFrom: 30, filmTo: 60, sourceFrom: 30 }];
    const made = await makeSoundtrack({ ...request, clipSounds });
    const clip = await leftOf(made.path, 'highpass=f=900,highpass=f=900');
    const music = await leftOf(made.path, 'lowpass=f=500,lowpass=f=500');
    const before = rms(music, 10_000, 40_000);
    level[policy] = [
      rms(clip, 60_000, 90_000) / before,
      rms(clip, 100_000, 140_000) / before,
      20 * Math.log10(rms(music, 70_000, 90_000) / before),
    ];
  }
  const [mute, keep, duck] = [level.mute ?? [], level.keep ?? [], level.duck ?? []];
  expect(mute[0]).toBeLessThan(0.02);
  for (const [during, after] of [keep, duck]) {
    expect(during).toBeGreaterThan(2);
    expect(after).toBeLessThan(0.02);
  }
  expect(Math.abs(keep[2] ?? 99)).toBeLessThan(0.5);
  expect(duck[2]).toBeLessThan(-6);
});
