/**
 * Puts the film together: encoded pictures are copied from the clips, only what overlaps is encoded, one pass writes the
 * MP4, and the file gets its name only after it was measured against the plan.
 */
import { constants } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, sha256File } from '../../base/files.node.ts';
import type { MusicPlan, OnProgress, OutputSpec, Timeline, Verification } from '../domain.ts';
import { type FfmpegProcess, runFfprobe, startFfmpeg, writeFully } from '../media/ffmpeg.node.ts';
import { rateToString } from '../time.ts';
import { sameBytes } from './annexb.ts';
import { type ClipSound, makeSoundtrack, SAMPLE_RATE, type Soundtrack } from './audio.node.ts';
import { type ClipFile, clipPictures, readClipFile } from './clipfile.node.ts';
import { type AssemblyPlan, type ClipSource, type EncodeSegment, planAssembly } from './plan.ts';
import { reframeFilter } from './reframe.ts';
import { encodeRuns, type RunContext, readRun, referenceParameterSets, segmentPath } from './runs.node.ts';
import type { LogoOf } from './titles.node.ts';
import { verifyFilm } from './verify.node.ts';
import type { ContentSources } from './verify-content.node.ts';

export interface AssembleRequest {
  readonly timeline: Timeline;
  /** Timeline clip id → its rendered file, and where its subject is (0..1) for crops to other frames. */
  readonly clips: ReadonlyMap<
    string,
    { readonly path: string; readonly focus?: { readonly x: number; readonly y: number } }
  >;
  readonly music: { readonly path: string; readonly plan: MusicPlan } | null;
  readonly voiceOver?: { readonly path: string; readonly startFrame: number };
  readonly output: OutputSpec;
  readonly outPath: string;
  /**
   * Segments and sound are kept here by hash, so that a killed assembly goes on. The caller clears it. One assembly at
   * a time: what an earlier one left unfinished is removed.
   */
  readonly workDir: string;
  readonly closingFadeFrames?: number;
  /** Where the logos are that titles name. */
  readonly logoOf?: LogoOf;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface AssembledFilm {
  readonly path: string;
  readonly verification: Verification;
  /** Frames taken from the clips as they are. */
  readonly copiedFrames: number;
  /** Frames of the film that were encoded (in this call or an earlier one that was stopped). */
  readonly encodedFrames: number;
  /** Frames encoded in this very call. */
  readonly encodedNow: number;
  readonly plan: AssemblyPlan;
  readonly content: ContentSources;
  readonly sound: Soundtrack;
  readonly notes: readonly string[];
}

/** Shares of the work, for progress: encoding runs, sound, writing, verification. */
const SHARE = { encode: 0.6, write: 0.1, verify: 0.3 } as const;

/**
 * Assembles a film. Errors: `bad_usage`, `clip_missing`, `clip_invalid`, `plan_impossible`, `audio_damaged`, `output_unwritable`,
 * `disk_full`, `cancelled`, and `verification_failed` naming the failing lines; then the film lies beside under
 * `<name>.failed.mp4` and nothing has the asked name.
 */
export async function assembleFilm(request: AssembleRequest): Promise<AssembledFilm> {
  const { output, outPath, signal } = request;
  throwIfCancelled(signal);
  if (![output.width, output.height].every((side) => Number.isInteger(side) && side >= 16 && side % 2 === 0))
    throw new PicaividError(
      'bad_usage',
      `A film of ${output.width}×${output.height} pixels cannot be made: both sides must be even numbers from 16 on.`,
    );
  await mustBeWritable(outPath);
  try {
    await mkdir(request.workDir, { recursive: true });
  } catch (error) {
    throw toPicaividError(error, 'output_unwritable', request.workDir);
  }
  await Promise.all([sweep(request.workDir, ''), sweep(dirname(outPath), `${basename(outPath)}.`)]);
  const [files, reference] = await both(
    readClips(request),
    referenceParameterSets(output.width, output.height, output.frameRate, signal),
  );
  const notes: string[] = [];
  const plan = planAssembly(request.timeline, sourcesOf(files, reference, output, notes), output, {
    closingFadeFrames: request.closingFadeFrames ?? 0,
  });
  const encodeSegments = plan.segments.filter((segment) => segment.kind === 'encode');
  let encoded = 0;
  const context: RunContext = {
    clips: files,
    hashes: await hashesOf(files, encodeSegments),
    filters: filtersOf(request, files),
    titles: request.timeline.titles,
    ...(request.logoOf === undefined ? {} : { logoOf: request.logoOf }),
    width: output.width,
    height: output.height,
    rate: output.frameRate,
    folder: request.workDir,
    parameterSets: reference,
    ...(signal === undefined ? {} : { signal }),
    onFrame: () => {
      encoded++;
      const fraction = (SHARE.encode * encoded) / Math.max(1, plan.encodedFrames);
      if (encoded % 10 === 0)
        request.onProgress?.({
          fraction,
          sentence: `Encoding transitions: ${encoded} of ${plan.encodedFrames} frames.`,
        });
    },
  };
  const [encodedNow, sound] = await both(encodeRuns(encodeSegments, context), soundOf(request, plan, files));
  request.onProgress?.({ fraction: SHARE.encode, sentence: 'Writing the film.' });
  const content: ContentSources = {
    clips: files,
    runs: new Map(encodeSegments.map((segment) => [segment.filmFrom, segmentPath(segment, context)])),
    parameterSets: reference,
    sound: sound.path,
  };
  const part = besidePath(outPath);
  try {
    await writeFilm(part, plan, context, sound, output);
    request.onProgress?.({ fraction: SHARE.encode + SHARE.write, sentence: 'Checking every frame of the film.' });
    const verification = await verifyFilm({
      path: part,
      plan,
      output,
      silent: sound.silent,
      samples: sound.samples,
      content,
      titles: request.timeline.titles,
      ...(request.logoOf === undefined ? {} : { logoOf: request.logoOf }),
      ...(signal === undefined ? {} : { signal }),
      onFraction: (done) =>
        request.onProgress?.({
          fraction: Math.min(1, SHARE.encode + SHARE.write + SHARE.verify * done),
          sentence: 'Checking every frame of the film.',
        }),
    });
    if (!verification.pass) await failed(part, outPath, verification);
    throwIfCancelled(signal);
    await commitFile(part, outPath);
    request.onProgress?.({ fraction: 1, sentence: 'The film is ready.' });
    return {
      path: outPath,
      verification,
      copiedFrames: plan.copiedFrames,
      encodedFrames: plan.encodedFrames,
      encodedNow,
      plan,
      content,
      sound,
      notes: [...notes, ...plan.notes, ...sound.notes],
    };
  } catch (error) {
    throwIfCancelled(signal);
    throw toPicaividError(error, 'output_unwritable', outPath);
  } finally {
    await rm(part, { force: true });
  }
}

/** Both results, or the first failure after both have ended: nothing keeps running behind an error. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** Names that `besidePath` gives. */
const UNFINISHED = /\.[0-9a-f]{12}\.part(\.\w+)?$/;

/** Removes what a killed assembly left half-written under names that begin with `prefix`. */
async function sweep(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(prefix) && UNFINISHED.test(name)) await rm(join(folder, name), { force: true });
}

async function mustBeWritable(outPath: string): Promise<void> {
  const folder = dirname(outPath);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const mapped = toPicaividError(error, 'output_unwritable', outPath);
    if (mapped.code === 'disk_full') throw mapped;
    throw new PicaividError(
      'output_unwritable',
      `The film cannot be written to ${folder}. Choose another place, or free this one.`,
      {
        cause: error,
        file: outPath,
      },
    );
  }
}

async function readClips(request: AssembleRequest): Promise<Map<string, ClipFile>> {
  const files = new Map<string, ClipFile>();
  const byPath = new Map<string, ClipFile>();
  for (const { id } of request.timeline.clips) {
    const path = request.clips.get(id)?.path;
    if (path === undefined)
      throw new PicaividError('clip_missing', `Clip ${id} has no rendered file. Render it, then assemble again.`);
    const file = byPath.get(path) ?? (await readClipFile(path));
    if (file.reordered) {
      throw new PicaividError('clip_invalid', `${path} has reordered pictures (B-frames). Render this clip again.`, {
        file: path,
      });
    }
    byPath.set(path, file);
    files.set(id, file);
  }
  return files;
}

function sourcesOf(
  files: ReadonlyMap<string, ClipFile>,
  reference: Uint8Array,
  output: OutputSpec,
  notes: string[],
): Map<string, ClipSource> {
  const sources = new Map<string, ClipSource>();
  for (const [id, { path, frames, width, height, keyframes, parameterSets }] of files) {
    const copyable = sameBytes(parameterSets, reference);
    if (!copyable && width === output.width && height === output.height) {
      notes.push(`Clip ${id} was encoded with other settings than the film: all of it is encoded again.`);
    }
    sources.set(id, { path, frames, width, height, keyframes, copyable });
  }
  return sources;
}

async function hashesOf(
  files: ReadonlyMap<string, ClipFile>,
  segments: readonly EncodeSegment[],
): Promise<Map<string, string>> {
  const used = new Set(
    segments.flatMap(({ frames }) => frames.flatMap(({ a, b }) => [a.clipId, ...(b === undefined ? [] : [b.clipId])])),
  );
  const byPath = new Map<string, Promise<string>>();
  const out = new Map<string, string>();
  for (const id of used) {
    const path = files.get(id)?.path ?? '';
    if (!byPath.has(path)) byPath.set(path, sha256File(path));
    out.set(id, (await byPath.get(path)) ?? '');
  }
  return out;
}

function filtersOf(request: AssembleRequest, files: ReadonlyMap<string, ClipFile>): Map<string, string> {
  const centre = { x: 0.5, y: 0.5 };
  return new Map(
    [...files].map(([id, file]) => [id, reframeFilter(file, request.output, request.clips.get(id)?.focus ?? centre)]),
  );
}

const soundProbe = z.object({ streams: z.array(z.object({ codec_type: z.string() })) });

async function soundOf(
  request: AssembleRequest,
  plan: AssemblyPlan,
  files: ReadonlyMap<string, ClipFile>,
): Promise<Soundtrack> {
  const clipSounds: ClipSound[] = [];
  let filmFrom = 0;
  for (const clip of request.timeline.clips) {
    const filmTo = filmFrom + clip.durationFrames;
    const path = files.get(clip.id)?.path;
    if (clip.audioPolicy !== 'mute' && path !== undefined) {
      const { streams } = soundProbe.parse(await runFfprobe(['-show_streams', path]));
      if (streams.some((stream) => stream.codec_type === 'audio')) {
        clipSounds.push({ path, policy: clip.audioPolicy, filmFrom, filmTo, sourceFrom: clip.sourceInFrame });
      }
    }
    filmFrom = filmTo;
  }
  return makeSoundtrack({
    totalFrames: plan.totalFrames,
    rate: request.output.frameRate,
    music: request.music,
    ...(request.voiceOver === undefined ? {} : { voiceOver: request.voiceOver }),
    clipSounds,
    loudnessLufs: request.output.loudnessLufs,
    truePeakDbtp: request.output.truePeakDbtp,
    workDir: request.workDir,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}

/** One pass: pictures in film order through a pipe, time stamps counted, sound beside them. */
async function writeFilm(
  part: string,
  plan: AssemblyPlan,
  context: RunContext,
  sound: Soundtrack,
  output: OutputSpec,
): Promise<void> {
  const { num, den } = output.frameRate;
  const muxer = startFfmpeg(
    [
      '-v', 'error', '-y', '-f', 'h264', '-framerate', rateToString(output.frameRate), '-i', 'pipe:0', '-i', sound.path,
      '-map', '0:v:0', '-map', '1:a:0', '-c', 'copy',
      // Counted, not measured: ffmpeg's own clock rounds to microseconds and slips a tick now and then.
      '-bsf:v',
      'setts=ts=N*DURATION',
      '-video_track_timescale', String(num * (den === 1 ? 512 : 1)), '-movie_timescale', String(SAMPLE_RATE), // edit lists count in it: at ffmpeg's 1000 the sound's end is rounded to 1 ms
      '-movflags', '+faststart', '-f', 'mp4', part,
    ],
    context.signal === undefined ? {} : { signal: context.signal },
  ); // biome-ignore format: options pair up
  try {
    await writeFully(muxer, context.parameterSets);
    for (const segment of plan.segments) {
      if (segment.kind === 'encode') await writeFully(muxer, await runOf(segment, context));
      else await copyRun(muxer, context.clips.get(segment.clipId), segment.sourceFrom, segment.sourceTo);
    }
    muxer.stdin.end();
    await muxer.done;
  } catch (error) {
    muxer.kill();
    await muxer.done.catch(() => {});
    throw error;
  }
}

async function runOf(segment: EncodeSegment, context: RunContext): Promise<Uint8Array> {
  const stream = await readRun(segmentPath(segment, context));
  if (stream !== undefined) return stream;
  throw new PicaividError(
    'file_unreadable',
    'An encoded run of the film was changed or taken away while the film was written. Run the same command again.',
  );
}

async function copyRun(muxer: FfmpegProcess, clip: ClipFile | undefined, from: number, to: number): Promise<void> {
  if (clip === undefined) throw new PicaividError('internal', 'A planned copy has no clip.');
  for await (const picture of clipPictures(clip, from, to)) await writeFully(muxer, picture);
}

async function failed(part: string, outPath: string, verification: Verification): Promise<never> {
  const kept = join(
    dirname(outPath),
    `${outPath.slice(dirname(outPath).length + 1).replace(/\.mp4$/i, '')}.failed.mp4`,
  );
  await rename(part, kept);
  const wrong = verification.lines.filter((line) => !line.pass);
  throw new PicaividError(
    'verification_failed',
    `The film is not what was planned: ${wrong.map((line) => `${line.name}: expected ${line.expected}, measured ${line.measured}`).join('; ')}. It lies at ${kept} for a look; nothing was delivered.`,
    { file: kept },
  );
}
