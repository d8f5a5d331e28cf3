import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMono, MAX_AUDIO_SECONDS } from './audio.node.ts';
import { runFfmpeg } from './ffmpeg.node.ts';

const RATE = 22_050;
const SECONDS = 9;
/** A beep of 50 ms every half second from 0.25 s on. */
const BEEPS = "aevalsrc='if(gte(t,0.25)*lt(mod(t-0.25,0.5),0.05),0.7*sin(2*PI*600*t),0)'";

let folder = '';
const make = async (name: string, args: readonly string[], input: readonly string[] = []): Promise<string> => {
  const path = join(folder, name);
  const source = input.length > 0 ? input : ['-f', 'lavfi', '-i', `${BEEPS}:s=48000:d=${SECONDS}`];
  await runFfmpeg(['-v', 'error', '-y', ...source, ...args, path]);
  return path;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audio-input-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Where beeps begin, seconds: a loud sample after 0.2 s of quiet. */
function starts(samples: Float32Array): number[] {
  const found: number[] = [];
  let loudAt = -1;
  const mean = samples.reduce((a, b) => a + b, 0) / samples.length;
  samples.forEach((value, i) => {
    if (Math.abs(value - mean) < 0.15) return;
    if (loudAt < 0 || i - loudAt > 0.2 * RATE) found.push(i / RATE);
    loudAt = i;
  });
  return found;
}

describe('music of any format comes out in time', () => {
  it.each([
    ['mono.wav', ['-ac', '1']],
    ['five-one.flac', ['-ac', '6', '-af', 'pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=c0|BR=c0']],
    ['fast.wav', ['-ar', '96000', '-c:a', 'pcm_s24le']],
    ['deep.flac', ['-sample_fmt', 's32']],
    ['variable.mp3', ['-c:a', 'libmp3lame', '-q:a', '5']],
    ['variable without header.mp3', ['-c:a', 'libmp3lame', '-q:a', '5', '-write_xing', '0', '-id3v2_version', '0']],
    ['slow.wav', ['-ar', '8000']],
    ['sound.opus', ['-c:a', 'libopus']],
    ['sound.ogg', ['-c:a', 'libvorbis']],
    ['sound.m4a', ['-c:a', 'aac']],
    ['sound.aiff', []],
    ['offset.wav', ['-af', 'dcshift=0.2']],
    ['really flac.mp3', ['-f', 'flac']],
  ])('%s', async (name, args) => {
    const samples = await decodeMono(await make(name, args), RATE);
    expect(Math.abs(samples.length / RATE - SECONDS)).toBeLessThan(0.1);
    const found = starts(samples);
    expect(found).toHaveLength(18);
    // Without its header an MP3 keeps the encoder's 50 ms in front.
    const slack = name.includes('without header') ? 0.06 : 0.006;
    found.forEach((time, i) => {
      expect(Math.abs(time - 0.25 - i / 2)).toBeLessThan(slack);
    });
  });

  it('the sound of a video', async () => {
    const picture = ['-f', 'lavfi', '-i', 'color=c=gray:s=64x48:r=10'];
    const path = await make(
      'film.mp4',
      ['-shortest', '-c:v', 'libx264', '-c:a', 'aac'],
      [...picture, '-f', 'lavfi', '-i', `${BEEPS}:s=48000:d=${SECONDS}`],
    );
    expect(starts(await decodeMono(path, RATE))).toHaveLength(18);
  });

  it('what there is of a truncated file', async () => {
    const whole = await readFile(await make('whole.mp3', ['-c:a', 'libmp3lame', '-b:a', '128k']));
    const path = join(folder, 'cut.mp3');
    await writeFile(path, whole.subarray(0, whole.length / 2));
    expect(starts(await decodeMono(path, RATE)).length).toBeGreaterThanOrEqual(8);
  });
});

describe('what cannot be music is refused with the reason', () => {
  it('a photo with the name of a song', async () => {
    const photo = await make('photo.jpg', ['-frames:v', '1'], ['-f', 'lavfi', '-i', 'testsrc=s=320x240']);
    const path = join(folder, 'song.mp3');
    await writeFile(path, await readFile(photo));
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({
      code: 'audio_unsupported',
      message: 'song.mp3 holds no sound that can be read. Use MP3, M4A, WAV, FLAC or OGG.',
    });
  });

  it('a video without sound', async () => {
    const path = await make('mute.mp4', ['-t', '1', '-c:v', 'libx264'], ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10']);
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({ code: 'audio_unsupported' });
  });

  it('a file of which only the beginning is whole', async () => {
    const whole = await readFile(await make('sane.flac', []));
    const path = join(folder, 'corrupt.flac');
    await writeFile(
      path,
      whole.map((byte, i) => (i < 200 ? byte : (i * 2_654_435_761) >>> 24)),
    );
    const error = await decodeMono(path, RATE).catch((reason: unknown) => reason);
    expect(['audio_damaged', 'audio_unsupported', 'audio_too_short']).toContain((error as { code: string }).code);
  });

  it('more than half an hour: the limit is said', async () => {
    const long = ['-f', 'lavfi', '-i', `anullsrc=r=8000:cl=mono:d=${MAX_AUDIO_SECONDS + 60}`];
    const path = await make('long.flac', [], long);
    await expect(decodeMono(path, RATE)).rejects.toMatchObject({
      code: 'file_too_large',
      message: 'long.flac is longer than 30 minutes. Cut the part that the film needs.',
    });
  });
});
