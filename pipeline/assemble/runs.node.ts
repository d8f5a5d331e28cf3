/**
 * Encodes the runs of frames that cannot be copied. All runs go through one encoder with a forced keyframe at each
 * run's start, fed by one or two decoder lanes: three processes whatever the number of transitions, and memory for four
 * frames. Each finished run is a file of its own, named by the hash of all it depends on.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, sha256Text } from '../../base/files.node.ts';
import type { TitleCard } from '../domain.ts';
import { h264Args } from '../media/encoder.ts';
import { ffmpegPath, startFfmpeg, writeFully } from '../media/ffmpeg.node.ts';
import { type FrameRate, frameToSeconds, rateToString } from '../time.ts';
import { concatBytes, isKeyPicture, PictureSplitter, sameBytes } from './annexb.ts';
import type { ClipFile } from './clipfile.node.ts';
import { compositeFrame, type TitleLayer, type Yuv } from './composite.ts';
import { type FrameRequest, Lane } from './pictures.node.ts';
import type { EncodeSegment, Layer } from './plan.ts';
import { drawTitle, type LogoOf } from './titles.node.ts';

/** Part of every segment's name: raise it when compositing or the segment's form changes. */
const SEGMENT_VERSION = 3;
/** Every run's file ends with the SHA-256 of what lies before it: a cut or altered one is made again. */
const DIGEST_BYTES = 32;

export interface RunContext {
  readonly clips: ReadonlyMap<string, ClipFile>;
  /** Identity of each clip's bytes. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly filters: ReadonlyMap<string, string>;
  readonly titles: readonly TitleCard[];
  readonly logoOf?: LogoOf;
  readonly width: number;
  readonly height: number;
  readonly rate: FrameRate;
  readonly folder: string;
  readonly parameterSets: Uint8Array;
  readonly signal?: AbortSignal;
  readonly onFrame?: () => void;
}

/** The shared settings without what only an MP4 writer knows. */
export function elementaryArgs(rate: FrameRate): string[] {
  const args = h264Args(rate);
  const at = args.indexOf('-video_track_timescale');
  if (at >= 0) args.splice(at, 2);
  return args;
}

function encoderArgs(width: number, height: number, rate: FrameRate, keyframes: readonly number[]): string[] {
  // Exact start times: ffmpeg rounds them to the nearest frame of the encoder's clock.
  const times = keyframes.map((frame) => frameToSeconds(frame, rate));
  return [
    '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-framerate', rateToString(rate),
    '-color_range', 'tv', '-i', 'pipe:0', ...elementaryArgs(rate), '-force_key_frames', times.map((t) => t.toFixed(6)).join(','),
    '-f', 'h264', 'pipe:1',
  ]; // biome-ignore format: options pair up
}

const references = new Map<string, Uint8Array>();

/**
 * The parameter sets that the shared settings give at a size and rate: what a clip must have to be copied. Asked of the
 * encoder once per process and settings; it starts an encoder for one frame (0.2 s at 1080p).
 */
export async function referenceParameterSets(
  width: number,
  height: number,
  rate: FrameRate,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const key = JSON.stringify([ffmpegPath(), encoderArgs(width, height, rate, [0])]);
  const known = references.get(key);
  if (known !== undefined) return known;
  const encoder = startFfmpeg(encoderArgs(width, height, rate, [0]), signal === undefined ? {} : { signal });
  encoder.stdin.end(new Uint8Array((width * height * 3) / 2).fill(128));
  const splitter = new PictureSplitter();
  for await (const chunk of encoder.stdout) splitter.push(chunk as Uint8Array);
  await encoder.done;
  splitter.end();
  references.set(key, splitter.parameterSets);
  return splitter.parameterSets;
}

/** The file of a run in the work folder. */
export function segmentPath(segment: EncodeSegment, context: RunContext): string {
  const name = (layer: Layer): string =>
    `${context.hashes.get(layer.clipId) ?? ''}:${layer.sourceFrame}:${context.filters.get(layer.clipId) ?? ''}`;
  const frames = segment.frames.map((frame) => [
    name(frame.a),
    frame.b === undefined ? null : name(frame.b),
    frame.transition ?? null,
    frame.fade ?? null,
    frame.titles.map(({ index, opacity }) => {
      const { text, subtext, style, accent, logoId } = context.titles[index] ?? { text: '' };
      return [text, subtext, style, accent, logoId, opacity];
    }),
  ]);
  const settings = [SEGMENT_VERSION, context.width, context.height, h264Args(context.rate)];
  return join(context.folder, `run-${sha256Text(JSON.stringify([settings, frames])).slice(0, 32)}.h264`);
}

/** The encoded pictures of a run's file as one Annex B stream; undefined when it is not there, cut short or altered. */
export async function readRun(path: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw toPicaividError(error, 'file_unreadable', path);
  }
  const stream = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  return stream.length > 0 && sameBytes(digestOf(stream), bytes.subarray(stream.length)) ? stream : undefined;
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** Makes the files of the runs that are not there yet. Gives how many frames had to be encoded now. */
export async function encodeRuns(segments: readonly EncodeSegment[], context: RunContext): Promise<number> {
  await mkdir(context.folder, { recursive: true });
  const missing: { segment: EncodeSegment; path: string }[] = [];
  const seen = new Set<string>();
  for (const segment of segments) {
    const path = segmentPath(segment, context);
    if (seen.has(path)) continue;
    seen.add(path);
    if ((await readRun(path)) !== undefined) for (let i = 0; i < segment.frames.length; i++) context.onFrame?.();
    else missing.push({ segment, path });
  }
  if (missing.length === 0) return 0;
  await encodeMissing(missing, context);
  return missing.reduce((sum, { segment }) => sum + segment.frames.length, 0);
}

async function encodeMissing(
  missing: readonly { segment: EncodeSegment; path: string }[],
  context: RunContext,
): Promise<void> {
  const { width, height, rate, signal } = context;
  const starts: number[] = [];
  let total = 0;
  for (const { segment } of missing) {
    starts.push(total);
    total += segment.frames.length;
  }
  const frames = missing.flatMap(({ segment }) => segment.frames);
  const titles = await titleLayers(
    frames.flatMap((frame) => frame.titles.map((t) => t.index)),
    context,
  );
  const laneA = new Lane(
    requestsOf(
      frames.map((frame) => frame.a),
      context,
    ),
    width,
    height,
    rate,
    signal,
  );
  const laneB = new Lane(
    requestsOf(
      frames.flatMap((frame) => frame.b ?? []),
      context,
    ),
    width,
    height,
    rate,
    signal,
  );
  const encoder = startFfmpeg(encoderArgs(width, height, rate, starts), signal === undefined ? {} : { signal });
  const writing = writeRuns(encoder.stdout, missing, context);
  writing.catch(() => encoder.kill());
  try {
    const bytes = (width * height * 3) / 2;
    const a: Yuv = { width, height, data: new Uint8Array(bytes) };
    const b: Yuv = { width, height, data: new Uint8Array(bytes) };
    for (const recipe of frames) {
      await laneA.next(a.data);
      if (recipe.b !== undefined) await laneB.next(b.data);
      // A buffer of its own for each frame: the pipe keeps it until the encoder has taken it.
      const out = new Uint8Array(bytes);
      compositeFrame(recipe, a, recipe.b === undefined ? undefined : b, titles, out);
      await writeFully(encoder, out);
    }
    encoder.stdin.end();
    await Promise.all([writing, encoder.done]);
  } catch (error) {
    encoder.kill();
    // When both fail, the writer's reason (a full disk) explains the encoder's end.
    const [written] = await Promise.allSettled([writing, encoder.done]);
    throwIfCancelled(signal);
    if (written.status === 'rejected') throw toPicaividError(written.reason);
    throw error;
  } finally {
    await Promise.all([laneA.close(), laneB.close()]);
  }
}

/** Splits the encoder's stream at the runs' starts; each run is written beside and renamed. */
async function writeRuns(
  stream: AsyncIterable<Uint8Array>,
  runs: readonly { segment: EncodeSegment; path: string }[],
  context: RunContext,
): Promise<void> {
  const splitter = new PictureSplitter();
  let run = 0;
  let pictures: Uint8Array[] = [];
  const take = async (done: readonly Uint8Array[]): Promise<void> => {
    for (const picture of done) {
      const current = runs[run];
      if (current === undefined)
        throw new PicaividError('internal', 'The encoder gave more pictures than it was given.');
      if (pictures.length === 0 && !isKeyPicture(picture)) {
        throw new PicaividError('internal', 'An encoded run does not start with a keyframe.');
      }
      pictures.push(picture);
      context.onFrame?.();
      if (pictures.length < current.segment.frames.length) continue;
      if (run === 0 && !sameBytes(splitter.parameterSets, context.parameterSets)) {
        throw new PicaividError('internal', 'The encoder changed its parameter sets between runs.');
      }
      const part = besidePath(current.path);
      try {
        const stream = concatBytes(pictures);
        await writeFile(part, concatBytes([stream, digestOf(stream)]));
        await rename(part, current.path);
      } catch (error) {
        await rm(part, { force: true });
        throw toPicaividError(error, 'output_unwritable', current.path);
      }
      pictures = [];
      run++;
    }
  };
  for await (const chunk of stream) await take(splitter.push(chunk));
  await take(splitter.end());
  if (run < runs.length) {
    throw new PicaividError(
      'ffmpeg_failed',
      `The encoder stopped after ${run} of ${runs.length} runs. Run the same command again: finished runs are kept.`,
    );
  }
}

async function titleLayers(used: readonly number[], context: RunContext): Promise<TitleLayer[]> {
  const layers: TitleLayer[] = [];
  for (const index of new Set(used)) {
    const title = context.titles[index];
    if (title !== undefined) layers[index] = await drawTitle(title, context.width, context.height, context.logoOf);
  }
  return layers;
}

/** Consecutive frames of one clip become one request; a held frame is a request of its own each time. */
function requestsOf(layers: readonly Layer[], context: RunContext): FrameRequest[] {
  const out: FrameRequest[] = [];
  for (const { clipId, sourceFrame } of layers) {
    const clip = context.clips.get(clipId);
    if (clip === undefined)
      throw new PicaividError('clip_missing', `Clip ${clipId} has no rendered file. Render it again.`);
    const last = out.at(-1);
    if (last !== undefined && last.clip === clip && last.to === sourceFrame)
      out[out.length - 1] = { ...last, to: sourceFrame + 1 };
    else out.push({ clip, from: sourceFrame, to: sourceFrame + 1, filter: context.filters.get(clipId) ?? '' });
  }
  return out;
}
