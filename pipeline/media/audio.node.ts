/** Sound files through ffmpeg: what is in them, and their samples. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { runFfprobe, startFfmpeg } from './ffmpeg.node.ts';

/** Longest music that is taken: decoded mono at 22,050 Hz this is 160 MB, twice that while it is put together. */
export const MAX_AUDIO_SECONDS = 1800;
const MAX_AUDIO_BYTES = 500_000_000;
const MIN_AUDIO_SECONDS = 1;
/** Hostile files may keep a decoder busy for ever; an honest half hour decodes in seconds. */
const DECODE_TIMEOUT_SECONDS = 180;

export interface AudioInfo {
  readonly durationSeconds: number;
  readonly sampleRate: number;
  readonly channels: number;
}

const probeSchema = z.object({
  streams: z.array(
    z.object({ codec_type: z.string(), sample_rate: z.coerce.number().optional(), channels: z.number().optional() }),
  ),
  format: z.object({ duration: z.coerce.number().optional() }).optional(),
});

/** What a sound file says of itself. Throws `audio_unsupported` when there is no sound in it. */
export async function probeAudio(path: string, signal?: AbortSignal): Promise<AudioInfo> {
  const name = basename(path);
  const info = await stat(path).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', path);
  });
  if (info.size === 0) throw new PicaividError('file_empty', `${name} is empty.`, { file: path });
  if (info.size > MAX_AUDIO_BYTES)
    throw new PicaividError('file_too_large', `${name} is larger than ${MAX_AUDIO_BYTES / 1e6} MB.`, { file: path });
  const parsed = probeSchema.safeParse(
    await runFfprobe(['-show_streams', '-show_format', path], {
      errorCode: 'audio_unsupported',
      file: path,
      timeoutSeconds: DECODE_TIMEOUT_SECONDS,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      const mapped = toPicaividError(error);
      if (mapped.code !== 'audio_unsupported') throw mapped;
      throw unsupported(path, mapped);
    }),
  );
  const stream = parsed.data?.streams.find((candidate) => candidate.codec_type === 'audio');
  if (stream === undefined) throw unsupported(path);
  return {
    durationSeconds: parsed.data?.format?.duration ?? 0,
    sampleRate: stream.sample_rate ?? 0,
    channels: stream.channels ?? 0,
  };
}

function unsupported(path: string, cause?: unknown): PicaividError {
  return new PicaividError(
    'audio_unsupported',
    `${basename(path)} holds no sound that can be read. Use MP3, M4A, WAV, FLAC or OGG.`,
    { file: path, ...(cause === undefined ? {} : { cause }) },
  );
}

/**
 * All samples, mixed to one channel, resampled. Encoder delay is taken off by ffmpeg. Errors: `audio_unsupported`,
 * `audio_damaged`, `audio_too_short` (under a second), `file_too_large` (over half an hour).
 */
export async function decodeMono(
  path: string,
  sampleRate: number,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Float32Array> {
  await probeAudio(path, options.signal);
  const running = startFfmpeg(
    [
      '-v',
      'error',
      '-i',
      path,
      '-map',
      '0:a:0',
      '-ac',
      '1',
      '-ar',
      String(sampleRate),
      '-t',
      String(MAX_AUDIO_SECONDS + 1),
      '-f',
      'f32le',
      'pipe:1',
    ],
    { errorCode: 'audio_damaged', file: path, timeoutSeconds: DECODE_TIMEOUT_SECONDS, ...options },
  );
  running.stdin.end();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of running.stdout) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
  }
  await running.done;
  const samples = new Float32Array(length >> 2);
  const bytes = new Uint8Array(samples.buffer);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, bytes.length - at), at);
    at += chunk.length;
  }
  const name = basename(path);
  // ffmpeg ends well when it skips every damaged packet.
  if (samples.length === 0)
    throw new PicaividError('audio_damaged', `${name} is damaged: no sound could be read from it. Export it anew.`, {
      file: path,
    });
  if (samples.length < MIN_AUDIO_SECONDS * sampleRate)
    throw new PicaividError('audio_too_short', `${name} lasts less than a second. Choose a longer track.`, {
      file: path,
    });
  if (samples.length > MAX_AUDIO_SECONDS * sampleRate)
    throw new PicaividError(
      'file_too_large',
      `${name} is longer than ${MAX_AUDIO_SECONDS / 60} minutes. Cut the part that the film needs.`,
      { file: path },
    );
  return samples;
}
