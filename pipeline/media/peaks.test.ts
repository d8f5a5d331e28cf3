import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { ffmpegPath } from './ffmpeg.node.ts';
import { peaksOfFile, soundProxy } from './peaks.node.ts';
import { decodePeaks, encodePeaks, FINEST_BUCKET, PeaksBuilder, peaksAt } from './peaks.ts';

const work = mkdtempSync(join(tmpdir(), 'picaivid-peaks-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function peaksOf(samples: Float32Array, cut = samples.length): ReturnType<PeaksBuilder['finish']> {
  const builder = new PeaksBuilder(48_000);
  builder.add(samples.subarray(0, cut));
  builder.add(samples.subarray(cut));
  return builder.finish();
}

test('a bucket holds its lowest, highest and RMS value however the samples come, and the levels agree', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 1, maxLength: 3000 }),
      fc.nat(3000),
      (samples, cut) => {
        const peaks = peaksOf(samples, Math.min(cut, samples.length));
        expect(peaks.samples).toBe(samples.length);
        for (const level of peaks.levels) {
          const size = level.samplesPerBucket;
          expect(level.lowest).toHaveLength(Math.ceil(samples.length / size));
          for (let i = 0; i < level.lowest.length; i++) {
            const part = [...samples.subarray(i * size, (i + 1) * size)];
            expect(level.lowest[i]).toBe(Math.max(-127, Math.floor(Math.min(...part) * 127)) + 0);
            expect(level.highest[i]).toBe(Math.min(127, Math.ceil(Math.max(...part) * 127)) + 0);
          }
        }
        expect(decodePeaks(encodePeaks(peaks))).toEqual(peaks);
      },
    ),
  );
});

test('a click shows in its column at every zoom, and nowhere else', () => {
  const samples = new Float32Array(48_000 * 4);
  samples[48_000 * 3] = 1;
  const peaks = peaksOf(samples);
  for (const columns of [4, 40, 400, 1500]) {
    const drawn = peaksAt(peaks, 0, 4, columns);
    const loud = Array.from({ length: columns }, (_, i) => i).filter((i) => (drawn[3 * i + 1] ?? 0) > 0.9);
    const at = (3 * columns) / 4;
    expect(loud.length).toBeGreaterThan(0);
    for (const column of loud)
      expect(Math.abs(column - at)).toBeLessThanOrEqual(1 + (FINEST_BUCKET * columns) / 48_000);
  }
  expect([...peaksAt(peaks, -2, -1, 10), ...peaksAt(peaks, 5, 6, 10)]).toEqual(new Array(60).fill(0));
});

test('what is no PKS1 is refused, cut anywhere', () => {
  const bytes = encodePeaks(peaksOf(new Float32Array(5000).fill(0.5)));
  for (let length = 0; length < bytes.length; length += 7)
    expect(() => decodePeaks(bytes.subarray(0, length))).toThrow('cannot be read');
});

test('any music becomes 48 kHz stereo FLAC of the same samples, and peaks of the same length', async () => {
  const wav = join(work, 'tone 96k.wav');
  const ffmpeg = (args: readonly string[]): Buffer => execFileSync(ffmpegPath(), ['-v', 'error', '-y', ...args]);
  ffmpeg(['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1.5', '-ac', '2', wav]);
  const out = join(work, 'sound.flac');
  await soundProxy(wav, out);
  const decoded = (path: string): Buffer => ffmpeg(['-i', path, '-f', 's16le', '-ar', '48000', '-ac', '2', 'pipe:1']);
  expect(decoded(out).equals(decoded(wav))).toBe(true);
  const peaks = await peaksOfFile(wav);
  expect(peaks.samples).toBe(72_000);
  const text = join(work, 'no music.mp3');
  writeFileSync(text, 'these are words');
  await expect(peaksOfFile(text)).rejects.toMatchObject({ code: 'audio_unsupported' });
  await expect(soundProxy(text, join(work, 'x.flac'))).rejects.toMatchObject({ code: 'audio_unsupported' });
});
