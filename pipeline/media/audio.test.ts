import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMono, probeAudio } from './audio.node.ts';
import { runFfmpeg } from './ffmpeg.node.ts';

const RATE = 22_050;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audio-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function sound(name: string, source: string, seconds: number, options: string[] = []): Promise<string> {
  const path = join(folder, name);
  await runFfmpeg(['-v', 'error', '-f', 'lavfi', '-i', source, '-t', String(seconds), ...options, path]);
  return path;
}

/** First sample above a tenth of full scale, in seconds. */
function onset(samples: Float32Array): number {
  return samples.findIndex((value) => Math.abs(value) > 0.1) / RATE;
}

describe('sound files', () => {
  it('a text file is no sound', async () => {
    const path = join(folder, 'text.mp3');
    await writeFile(path, 'These are words, not music.\n'.repeat(50));
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({ code: 'audio_unsupported' });
  });

  it('an empty file says so', async () => {
    const path = join(folder, 'empty.mp3');
    await writeFile(path, '');
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({ code: 'file_empty' });
  });

  it('half a second is too short', async () => {
    const path = await sound('short.wav', 'sine=frequency=440', 0.5);
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({ code: 'audio_too_short' });
  });

  it('tells rate, channels and length', async () => {
    const path = await sound('stereo.wav', 'sine=frequency=440:sample_rate=48000', 2, ['-ac', '2']);
    expect(await probeAudio(path)).toEqual({ durationSeconds: 2, sampleRate: 48_000, channels: 2 });
  });

  it('an MP3 begins where the WAV does: the delay of the encoder is taken off', async () => {
    const source = "aevalsrc='if(gte(t,0.5),0.8*sin(2*PI*440*t),0)':s=44100";
    const wav = await decodeMono(await sound('tone.wav', source, 3), RATE);
    const mp3 = await decodeMono(await sound('tone.mp3', source, 3, ['-b:a', '192k']), RATE);
    expect(onset(wav)).toBeCloseTo(0.5, 2);
    expect(Math.abs(onset(mp3) - onset(wav))).toBeLessThan(0.003);
  });

  it('a decode that is cancelled stops', async () => {
    const path = await sound('long.wav', 'sine=frequency=440', 5);
    const controller = new AbortController();
    controller.abort();
    await expect(decodeMono(path, RATE, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
