/** The waveform of a music file, and the file as a browser can play it to the sample. Memory is flat for any length. */
import { rename, rm } from 'node:fs/promises';
import { besidePath } from '../../base/files.node.ts';
import { probeAudio } from './audio.node.ts';
import { runFfmpeg, startFfmpeg } from './ffmpeg.node.ts';
import { type Peaks, PeaksBuilder } from './peaks.ts';

/** What the assembly decodes to, Hz. */
const SAMPLE_RATE = 48_000;
/** Three hours decode in about a minute on two cores. */
const TIMEOUT_SECONDS = 600;

/**
 * Peaks of the music mixed to one channel. Errors: `audio_unsupported`, `audio_damaged`, `file_empty`,
 * `file_too_large`, `ffmpeg_missing`, `cancelled`.
 */
export async function peaksOfFile(path: string, signal?: AbortSignal): Promise<Peaks> {
  const cancel = signal === undefined ? {} : { signal };
  await probeAudio(path, signal);
  const running = startFfmpeg(
    ['-v', 'error', '-i', path, '-map', '0:a:0', '-ac', '1', '-ar', `${SAMPLE_RATE}`, '-f', 'f32le', 'pipe:1'],
    { errorCode: 'audio_damaged', file: path, timeoutSeconds: TIMEOUT_SECONDS, ...cancel },
  );
  running.stdin.end();
  const builder = new PeaksBuilder(SAMPLE_RATE);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of running.stdout) {
    // A copy: the samples need an aligned start, which a chunk of a pipe has only by chance.
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const whole = bytes.length - (bytes.length % 4);
    builder.add(new Float32Array(new Uint8Array(bytes.subarray(0, whole)).buffer));
    rest = bytes.subarray(whole);
  }
  await running.done;
  return builder.finish();
}

/**
 * Writes the music as FLAC, 48 kHz, stereo, 24 bits: lossless for what the assembly decodes (peaks over full scale
 * aside, which FLAC clips), and with the encoder delay of MP3 and AAC taken off. Errors: those of `peaksOfFile`,
 * `disk_full`.
 */
export async function soundProxy(path: string, out: string, signal?: AbortSignal): Promise<void> {
  const cancel = signal === undefined ? {} : { signal };
  await probeAudio(path, signal);
  const part = besidePath(out);
  try {
    await runFfmpeg(
      [
        '-v', 'error', '-y', '-i', path, '-vn', '-map', '0:a:0', '-ac', '2', '-ar', `${SAMPLE_RATE}`,
        '-c:a', 'flac', '-sample_fmt', 's32', '-bits_per_raw_sample', '24', '-map_metadata', '-1', '-f', 'flac', part,
      ], // biome-ignore format: options pair up
      { errorCode: 'audio_damaged', file: path, timeoutSeconds: TIMEOUT_SECONDS, ...cancel },
    );
    await rename(part, out);
  } finally {
    await rm(part, { force: true });
  }
}
