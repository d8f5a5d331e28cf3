/**
 * Whether a film holds, picture for picture and packet for packet, what was planned: the pictures are read again from the
 * clips and the encoded runs, not from what the writer was given. Nothing is decoded: equal bytes behind an equal
 * keyframe and equal parameter sets decode to equal pictures.
 */
import { createInterface } from 'node:readline';
import { PicaividError } from '../../base/errors.ts';
import type { VerificationLine } from '../domain.ts';
import { startFfmpeg } from '../media/ffmpeg.node.ts';
import { PictureSplitter, sameBytes } from './annexb.ts';
import { type ClipFile, clipPictures, readClipFile } from './clipfile.node.ts';
import type { AssemblyPlan } from './plan.ts';
import { readRun } from './runs.node.ts';

/** Where the planned pictures and sound lie. */
export interface ContentSources {
  readonly clips: ReadonlyMap<string, ClipFile>;
  /** File of each encoded run, by its first film frame. */
  readonly runs: ReadonlyMap<number, string>;
  readonly parameterSets: Uint8Array;
  /** The soundtrack whose packets the film was given. */
  readonly sound: string;
}

/** The film's encoded pictures as planned, in film order, each in Annex B form. */
async function* plannedPictures(plan: AssemblyPlan, sources: ContentSources): AsyncGenerator<Uint8Array> {
  for (const segment of plan.segments) {
    if (segment.kind === 'copy') {
      const clip = sources.clips.get(segment.clipId);
      if (clip === undefined) throw new PicaividError('internal', 'A planned copy has no clip.');
      yield* clipPictures(clip, segment.sourceFrom, segment.sourceTo);
      continue;
    }
    const stream = await readRun(sources.runs.get(segment.filmFrom) ?? '');
    if (stream === undefined)
      throw new PicaividError(
        'file_unreadable',
        'An encoded run of the film was changed or taken away. Run the same command again.',
      );
    const splitter = new PictureSplitter();
    yield* splitter.push(stream);
    yield* splitter.end();
  }
}

/** Two lines: every encoded picture of the film, and every packet of its sound with its time, against the plan. */
export async function contentLines(
  path: string,
  plan: AssemblyPlan,
  sources: ContentSources,
  signal?: AbortSignal,
): Promise<VerificationLine[]> {
  return [await pictureLine(path, plan, sources), await soundLine(path, sources.sound, signal)];
}

async function pictureLine(path: string, plan: AssemblyPlan, sources: ContentSources): Promise<VerificationLine> {
  const film = await readClipFile(path);
  const differing: number[] = [];
  let frame = 0;
  const found = clipPictures(film, 0, film.frames);
  try {
    for await (const planned of plannedPictures(plan, sources)) {
      const next = await found.next();
      if (next.done === true) break;
      if (!sameBytes(next.value, planned)) differing.push(frame);
      frame++;
    }
  } finally {
    await found.return(undefined);
  }
  const settings = sameBytes(film.parameterSets, sources.parameterSets);
  const wrong: string[] = [];
  if (differing.length > 0) wrong.push(`another picture at ${ranges(differing)}`);
  if (film.frames !== plan.totalFrames) wrong.push(`${film.frames} pictures`);
  if (!settings) wrong.push('other decoder settings');
  return {
    name: 'pictures',
    expected: `${plan.totalFrames} as in the clips and transitions`,
    measured: wrong.length === 0 ? `${frame} the same` : wrong.join('; '),
    pass: wrong.length === 0,
  };
}

const RANGES_SHOWN = 3;

/** `frames 3, 7–12 and 40 (and 2 more places)`. */
function ranges(frames: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === frame - 1) last[1] = frame;
    else runs.push([frame, frame]);
  }
  const shown = runs.slice(0, RANGES_SHOWN).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  const more = runs.length > RANGES_SHOWN ? ` (and ${runs.length - RANGES_SHOWN} more places)` : '';
  return `frame ${shown.join(', ')}${more}`;
}

/** Packets with their times after the edit list, one a line, as ffmpeg lists them without decoding. */
async function* packets(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const running = startFfmpeg(
    ['-v', 'error', '-copyts', '-i', path, '-map', '0:a:0', '-c', 'copy', '-f', 'framehash', '-hash', 'md5', 'pipe:1'],
    signal === undefined ? {} : { signal },
  );
  running.stdin.end();
  try {
    for await (const line of createInterface({ input: running.stdout })) if (!line.startsWith('#')) yield line;
    await running.done;
  } finally {
    running.kill();
    await running.done.catch(() => {});
  }
}

async function soundLine(path: string, sound: string, signal?: AbortSignal): Promise<VerificationLine> {
  const film = packets(path, signal);
  let at = 0;
  let wrong: string | undefined;
  try {
    for await (const planned of packets(sound, signal)) {
      const found = await film.next();
      if (found.done === true || found.value !== planned) {
        wrong = found.done === true ? `ends after packet ${at}` : `differs from packet ${at} on`;
        break;
      }
      at++;
    }
    if (wrong === undefined && (await film.next()).done !== true) wrong = 'goes on after its end';
  } finally {
    await film.return(undefined);
  }
  return {
    name: 'sound packets',
    expected: 'as mixed, each at its time',
    measured: wrong ?? `${at} the same`,
    pass: wrong === undefined,
  };
}
