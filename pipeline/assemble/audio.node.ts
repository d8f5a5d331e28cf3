/**
 * The film's sound: music laid by its plan at exact samples, voice-over, clip sound, loudness. Samples are 32-bit float
 * stereo at 48 kHz on disk and a second at a time in memory, so a film of any length costs the same.
 */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, readJsonFile, sha256File, sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import type { AudioPolicy, MusicPlan } from '../domain.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { type FrameRate, frameToSample } from '../time.ts';
import { type Loudness, measureLoudness } from './loudness.node.ts';
import { DUCKING, fadeGain, type MixPiece, pieceGain, planMix, SAMPLE_RATE } from './mix-plan.ts';

export { JOIN_SAMPLES, SAMPLE_RATE } from './mix-plan.ts';

const CHANNELS = 2;
const BYTES_PER_SAMPLE = 4 * CHANNELS;
/** A voice whose highest peak is below this is none, dBTP: the noise of a muted microphone. */
const SILENT_PEAK_DB = -60;
/** AAC adds up to about this to the true peak, dB: the limiter stays below it. */
const CODEC_HEADROOM_DB = 0.4;
/** The encoded sound may miss the target by this before it is made again, LU. */
const TOLERANCE_LU = 0.2;
/** A limiter eats part of each step: drums at −9 LUFS take seven. */
const MAX_PASSES = 10;
/** A voice that goes on after the film's end is faded out there over this, samples (0.4 s). */
const VOICE_FADE = 19_200;
/** Loudness that a decibel of gain gives at least, LU: bounds the next step. */
const LEAST_SLOPE = 0.3;
const AAC_BITRATE = '256k';
const DUCKING_FILTER = `sidechaincompress=threshold=${DUCKING.threshold}:ratio=${DUCKING.ratio}:attack=${DUCKING.attackMs}:release=${DUCKING.releaseMs}:makeup=1`;
const RAW_IN = ['-f', 'f32le', '-ar', String(SAMPLE_RATE), '-ac', String(CHANNELS)];
const VERSION = 3;

/** Sound of a clip file, film frames [filmFrom, filmTo), from `sourceFrom` of the file on. */
export interface ClipSound {
  readonly path: string;
  readonly policy: AudioPolicy;
  readonly filmFrom: number;
  readonly filmTo: number;
  readonly sourceFrom: number;
}

export interface SoundRequest {
  readonly totalFrames: number;
  readonly rate: FrameRate;
  readonly music: { readonly path: string; readonly plan: MusicPlan } | null;
  readonly voiceOver?: { readonly path: string; readonly startFrame: number };
  /** Only clips whose file has sound; `mute` is left out, `keep` is mixed in, `duck` is mixed in and the music goes down. */
  readonly clipSounds?: readonly ClipSound[];
  readonly loudnessLufs: number;
  readonly truePeakDbtp: number;
  readonly workDir: string;
  readonly signal?: AbortSignal;
}

export interface Soundtrack {
  /** AAC in an M4A file, exactly `samples` long once its priming is taken off. */
  readonly path: string;
  readonly samples: number;
  /** All digital silence: loudness does not apply. */
  readonly silent: boolean;
  readonly limited: boolean;
  readonly notes: readonly string[];
}

const sidecar = z.object({
  samples: z.number(),
  silent: z.boolean(),
  limited: z.boolean(),
  notes: z.array(z.string()),
  /** Of the M4A: a cut or altered one is made again. */
  sha256: z.string(),
});

/** Makes (or finds again in the work folder) the film's sound. Errors: `audio_damaged`, `disk_full`, `cancelled`. */
export async function makeSoundtrack(request: SoundRequest): Promise<Soundtrack> {
  await mkdir(request.workDir, { recursive: true });
  const start = request.voiceOver?.startFrame ?? 0;
  if (!Number.isInteger(start) || start < 0 || start >= request.totalFrames)
    throw new PicaividError(
      'bad_usage',
      `The voice-over starts at frame ${start}, but the film has frames 0 to ${request.totalFrames - 1}. Start it inside the film.`,
    );
  const samples = frameToSample(request.totalFrames, request.rate, SAMPLE_RATE);
  const path = join(request.workDir, `sound-${await keyOf(request, samples)}.m4a`);
  const known = sidecar.safeParse(await readJsonFile(`${path}.json`).catch(() => undefined));
  if (known.success && (await sha256File(path).catch(() => undefined)) === known.data.sha256) {
    const { sha256: _sha256, ...facts } = known.data;
    return { path, ...facts };
  }
  const temporary: string[] = [];
  const temp = (name: string): string => {
    const made = besidePath(join(request.workDir, name));
    temporary.push(made);
    return made;
  };
  try {
    const notes: string[] = [];
    const bed = await layMusic(request, samples, temp, notes);
    const mixed = await mixOthers(request, bed, samples, temp, notes);
    const result = await normalise(request, mixed, samples, temp, notes);
    await rename(result.part, path);
    const facts = { samples, silent: result.silent, limited: result.limited, notes };
    await writeFileAtomic(`${path}.json`, JSON.stringify({ ...facts, sha256: await sha256File(path) }));
    return { path, ...facts };
  } catch (error) {
    throw toPicaividError(error, 'ffmpeg_failed');
  } finally {
    await Promise.all(temporary.map((file) => rm(file, { force: true })));
  }
}

/**
 * How loud the film's music is as it is laid, before any gain: what `makeSoundtrack` measures first. Nothing of it
 * stays in the work folder. Errors: `audio_damaged`, `disk_full`, `cancelled`.
 */
export async function measureMusic(
  request: Pick<SoundRequest, 'totalFrames' | 'rate' | 'music' | 'workDir' | 'signal'>,
): Promise<Loudness> {
  await mkdir(request.workDir, { recursive: true });
  const samples = frameToSample(request.totalFrames, request.rate, SAMPLE_RATE);
  const temporary: string[] = [];
  const temp = (name: string): string => {
    const made = besidePath(join(request.workDir, name));
    temporary.push(made);
    return made;
  };
  try {
    // The targets do not matter to laying.
    const bed = await layMusic({ ...request, loudnessLufs: 0, truePeakDbtp: 0 }, samples, temp, []);
    return await measureLoudness(
      [...RAW_IN, '-i', bed],
      request.signal === undefined ? {} : { signal: request.signal },
    );
  } catch (error) {
    throw toPicaividError(error, 'ffmpeg_failed');
  } finally {
    await Promise.all(temporary.map((file) => rm(file, { force: true })));
  }
}

async function keyOf(request: SoundRequest, samples: number): Promise<string> {
  const { signal: _signal, workDir: _workDir, ...rest } = request;
  const files = [request.music?.path, request.voiceOver?.path, ...(request.clipSounds ?? []).map((clip) => clip.path)];
  const hashes = await Promise.all(files.filter((file) => file !== undefined).map((file) => sha256File(file)));
  const facts = [VERSION, AAC_BITRATE, samples, hashes, { ...rest, music: rest.music?.plan ?? null }];
  return sha256Text(JSON.stringify(facts)).slice(0, 32);
}

function run(request: SoundRequest, args: readonly string[], file?: string): Promise<unknown> {
  return runFfmpeg(['-v', 'error', '-y', ...args], {
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(file === undefined ? {} : { errorCode: 'audio_damaged' as const, file }),
  });
}

/** Decodes to raw samples. */
async function decode(request: SoundRequest, input: string, filters: string, out: string): Promise<void> {
  const args = [
    '-i',
    input,
    '-vn',
    '-map',
    '0:a:0',
    '-af',
    filters,
    '-ac',
    '2',
    '-ar',
    String(SAMPLE_RATE),
    '-f',
    'f32le',
    out,
  ];
  await run(request, args, input);
}

/** Lays the music into a file of raw samples, whose path it gives; `temp` names files that the caller removes. */
export async function layMusic(
  request: SoundRequest,
  samples: number,
  temp: (name: string) => string,
  notes: string[],
): Promise<string> {
  const bed = temp('bed.f32');
  const decoded = request.music === null ? undefined : temp('music.f32');
  if (request.music !== null && decoded !== undefined) await decode(request, request.music.path, 'anull', decoded);
  const mix = planMix(request.music?.plan ?? null, request.totalFrames, request.rate);
  const out = await open(bed, 'w');
  const music = decoded === undefined ? undefined : await open(decoded, 'r');
  try {
    const available = music === undefined ? 0 : Math.floor((await music.stat()).size / BYTES_PER_SAMPLE);
    for (const piece of mix.pieces) {
      const missing = piece.source + piece.to - piece.from - available;
      if (missing > 0) notes.push(`The music ends ${(missing / SAMPLE_RATE).toFixed(2)} s before its planned end.`);
    }
    const block = new Float32Array(SAMPLE_RATE * CHANNELS);
    for (let from = 0; from < samples; from += SAMPLE_RATE) {
      throwIfCancelled(request.signal);
      const to = Math.min(samples, from + SAMPLE_RATE);
      block.fill(0);
      if (music !== undefined) for (const piece of mix.pieces) await addPiece(music, piece, block, from, to);
      for (let s = from; s < to; s++) {
        const gain = fadeGain(mix, s);
        if (gain === 1) continue;
        const i = (s - from) * CHANNELS;
        block[i] = (block[i] as number) * gain;
        block[i + 1] = (block[i + 1] as number) * gain;
      }
      await out.write(new Uint8Array(block.buffer, 0, (to - from) * BYTES_PER_SAMPLE));
    }
  } finally {
    await out.close();
    await music?.close();
  }
  return bed;
}

/** Adds a piece's samples to a block of film samples [from, to). The crossfade lies before the join: the beat after it is untouched. */
async function addPiece(
  music: FileHandle,
  piece: MixPiece,
  block: Float32Array,
  from: number,
  to: number,
): Promise<void> {
  const first = Math.max(from, piece.from - piece.fadeIn);
  const last = Math.min(to, piece.to);
  if (last <= first) return;
  const wanted = piece.source + first - piece.from;
  const skip = Math.max(0, -wanted);
  const read = new Float32Array((last - first) * CHANNELS);
  const bytes = new Uint8Array(read.buffer, skip * BYTES_PER_SAMPLE);
  if (bytes.length > 0) await music.read(bytes, 0, bytes.length, (wanted + skip) * BYTES_PER_SAMPLE);
  for (let s = first; s < last; s++) {
    const gain = pieceGain(piece, s);
    const i = (s - from) * CHANNELS;
    const j = (s - first) * CHANNELS;
    block[i] = (block[i] as number) + (read[j] as number) * gain;
    block[i + 1] = (block[i + 1] as number) + (read[j + 1] as number) * gain;
  }
}

/** A voice-over as raw samples. Errors: `audio_damaged` in words for the person who chose it. */
async function decodeVoice(
  request: SoundRequest,
  path: string,
  out: string,
): Promise<{ path: string; samples: number; silent: boolean }> {
  try {
    await decode(request, path, 'anull', out);
  } catch (error) {
    const { code } = toPicaividError(error);
    if (code !== 'audio_damaged') throw error;
    throw new PicaividError('audio_damaged', 'The voice-over cannot be read as sound. Choose another file.', {
      cause: error,
      file: path,
    });
  }
  const { size } = await stat(out);
  const { truePeak } = await measureLoudness(
    [...RAW_IN, '-i', out],
    request.signal === undefined ? {} : { signal: request.signal },
  );
  return { path: out, samples: Math.floor(size / BYTES_PER_SAMPLE), silent: truePeak < SILENT_PEAK_DB };
}

/** Voice-over and clip sound over the music, which goes down under what ducks it. */
async function mixOthers(
  request: SoundRequest,
  bed: string,
  samples: number,
  temp: (name: string) => string,
  notes: string[],
): Promise<string> {
  const others: { path: string; ducks: boolean }[] = [];
  const add = async (path: string, ducks: boolean, filters: string): Promise<void> => {
    const raw = temp('other.f32');
    await decode(request, path, `${filters},apad=whole_len=${samples},atrim=end_sample=${samples}`, raw);
    others.push({ path: raw, ducks });
  };
  const at = (frame: number): number => frameToSample(frame, request.rate, SAMPLE_RATE);
  const toRate = `aresample=${SAMPLE_RATE}`;
  for (const clip of request.clipSounds ?? []) {
    if (clip.policy === 'mute') continue;
    const from = at(clip.sourceFrom);
    const length = at(clip.filmTo) - at(clip.filmFrom);
    const fades = `afade=t=in:ns=240,afade=t=out:ss=${Math.max(0, length - 240)}:ns=240`;
    await add(
      clip.path,
      clip.policy === 'duck',
      `${toRate},atrim=start_sample=${from}:end_sample=${from + length},asetpts=PTS-STARTPTS,${fades},adelay=${at(clip.filmFrom)}S:all=1`,
    );
  }
  if (request.voiceOver !== undefined) {
    const { path, startFrame } = request.voiceOver;
    const voice = await decodeVoice(request, path, temp('voice.f32'));
    const over = at(startFrame) + voice.samples - samples;
    const fade = over > 0 ? `,afade=t=out:ss=${Math.max(0, samples - VOICE_FADE)}:ns=${VOICE_FADE}` : '';
    if (over > 0)
      notes.push(
        `The voice-over goes on for ${(over / SAMPLE_RATE).toFixed(2)} s after the film’s end: it is faded out there.`,
      );
    if (voice.silent) notes.push('The voice-over is silent.');
    const raw = temp('other.f32');
    const filters = `adelay=${at(startFrame)}S:all=1,apad=whole_len=${samples},atrim=end_sample=${samples}${fade}`;
    await run(request, [...RAW_IN, '-i', voice.path, '-af', filters, '-f', 'f32le', raw]);
    others.push({ path: raw, ducks: true });
  }
  let current = bed;
  for (const ducking of [true, false]) {
    const group = others.filter((other) => other.ducks === ducking);
    if (group.length === 0) continue;
    const inputs = [current, ...group.map((other) => other.path)].flatMap((path) => [...RAW_IN, '-i', path]);
    const names = group.map((_, i) => `[${i + 1}:a]`).join('');
    const sum = `${names}amix=inputs=${group.length}:normalize=0:duration=longest`;
    const exact = `apad=whole_len=${samples},atrim=end_sample=${samples}[out]`;
    const graph = ducking
      ? `${sum},asplit=2[key][sound];[0:a][key]${DUCKING_FILTER}[low];[low][sound]amix=inputs=2:normalize=0:duration=longest,${exact}`
      : `${sum}[sound];[0:a][sound]amix=inputs=2:normalize=0:duration=longest,${exact}`;
    const out = temp('mix.f32');
    await run(request, [...inputs, '-filter_complex', graph, '-map', '[out]', '-f', 'f32le', out]);
    current = out;
  }
  return current;
}

/**
 * Second pass: a plain gain where the peak allows it, otherwise gain and a limiter at four times the rate; measured on
 * the encoded sound and made again until loudness and true peak are right.
 */
async function normalise(
  request: SoundRequest,
  raw: string,
  samples: number,
  temp: (name: string) => string,
  notes: string[],
): Promise<{ part: string; silent: boolean; limited: boolean }> {
  const signal = request.signal === undefined ? {} : { signal: request.signal };
  const input = [...RAW_IN, '-i', raw];
  const part = temp('sound.m4a');
  const encode = (filters: string): Promise<unknown> =>
    run(request, [
      ...input, '-af', `${filters},apad=whole_len=${samples},atrim=end_sample=${samples}`, '-c:a', 'aac', '-b:a', AAC_BITRATE,
      '-ar', String(SAMPLE_RATE), '-ac', '2', '-movie_timescale', String(SAMPLE_RATE), '-f', 'ipod', part,
    ]); // biome-ignore format: options pair up
  const before: Loudness = await measureLoudness(input, signal);
  if (!Number.isFinite(before.integrated)) {
    notes.push('The sound is silent: loudness does not apply.');
    await encode('anull');
    return { part, silent: true, limited: false };
  }
  let gain = request.loudnessLufs - before.integrated;
  let ceiling = request.truePeakDbtp - CODEC_HEADROOM_DB;
  let limited = before.truePeak + gain > ceiling;
  let last: { gain: number; integrated: number } | undefined;
  for (let pass = 1; ; pass++) {
    await encode(limited ? `volume=${gain.toFixed(3)}dB,${limiter(ceiling)}` : `volume=${gain.toFixed(3)}dB`);
    const after = await measureLoudness(['-i', part], signal);
    const off = request.loudnessLufs - after.integrated;
    const over = after.truePeak - request.truePeakDbtp;
    if (Math.abs(off) <= TOLERANCE_LU && over <= 0) break;
    if (pass === MAX_PASSES) {
      notes.push(
        `Loudness stopped at ${after.integrated.toFixed(2)} LUFS, true peak ${after.truePeak.toFixed(2)} dBTP.`,
      );
      break;
    }
    if (over > 0) {
      if (limited) ceiling -= over + 0.1;
      limited = true;
    }
    // Under a limiter a decibel of gain gives less than one of loudness: the last step says how much.
    const stepped = last === undefined ? 0 : gain - last.gain;
    const slope = last === undefined || Math.abs(stepped) < 0.05 ? 1 : (after.integrated - last.integrated) / stepped;
    last = { gain, integrated: after.integrated };
    gain += off / Math.min(1, Math.max(LEAST_SLOPE, slope));
  }
  if (limited) notes.push('The music peaks too high for a plain gain: its highest peaks are limited.');
  return { part, silent: false, limited };
}

function limiter(ceilingDb: number): string {
  const limit = 10 ** (ceilingDb / 20);
  return `aresample=${SAMPLE_RATE * 4},alimiter=limit=${limit.toFixed(5)}:attack=2:release=80:level=false:latency=true,aresample=${SAMPLE_RATE}`;
}
