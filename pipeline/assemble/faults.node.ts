/** Damaged copies of a finished film, one fault each, for the tests that ask whether verification notices. */
import { copyFile, mkdir, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Timeline, Verification } from '../domain.ts';
import { h264Args } from '../media/encoder.ts';
import { runFfmpeg, startFfmpeg, writeFully } from '../media/ffmpeg.node.ts';
import { rateToString } from '../time.ts';
import { readClipFile } from './clipfile.node.ts';
import { type AssembledFilm, assembleFilm } from './film.node.ts';
import { decodeFrames, OUTPUT, paintClip, timelineClip, timelineOf, writeTone } from './testkit.node.ts';
import { verifyFilm } from './verify.node.ts';

/** The film that is damaged, and where; frames are film frames. */
export interface FaultPlaces {
  readonly film: AssembledFilm;
  /** A frame inside a moving shot, with 20 more of it behind. */
  readonly inside: number;
  /** First frames of two shots, and how many frames of each change places. */
  readonly shots: readonly [number, number, number];
  /** A soft transition's [from, to). */
  readonly soft: readonly [number, number];
  /** The same film assembled without its title. */
  readonly untitled: () => Promise<string>;
  readonly timeline: Timeline;
  /** Other numbers damage other bytes. */
  readonly seed: number;
}

/** Frames of each clip of the film that is damaged. */
export const CLIP_FRAMES = 60;

/**
 * A film of 4 s out of three clips, a cut, a dissolve and a title, ready to be damaged. `paint` makes a clip's file of
 * `CLIP_FRAMES` frames; painted numbers where it is not given.
 */
export async function filmToDamage(
  dir: string,
  seed = 1,
  paint: (path: string, clip: number) => Promise<void> = (path, clip) => paintClip(path, clip, CLIP_FRAMES),
): Promise<FaultPlaces> {
  await mkdir(dir, { recursive: true });
  const clips = new Map<string, { path: string }>();
  for (let i = 0; i < 3; i++) {
    const path = join(dir, `clip${i}.mp4`);
    await paint(path, i);
    clips.set(`c${i}`, { path });
  }
  const path = join(dir, 'music.wav');
  await writeTone(path, '0.3*sin(440*2*PI*t)*(1-mod(t,0.5))|0.2*sin(554*2*PI*t)*(1-mod(t,0.5))', 5);
  const segments = [{ filmStartFrame: 0, filmEndFrame: 120, musicStartSeconds: 0 }];
  const timeline = timelineOf(
    [
      timelineClip(0, seed % 7, 40),
      timelineClip(1, 7, 40),
      timelineClip(2, 15, 40, { type: 'cross_dissolve', frames: 10 }),
    ],
    { titles: [{ id: 't', startFrame: 92, durationFrames: 24, text: 'Garden Road', subtext: 'Southfields' }] },
  );
  const assemble = (cut: Timeline, name: string): Promise<AssembledFilm> =>
    assembleFilm({
      timeline: cut,
      clips,
      music: { path, plan: { segments, fadeInFrames: 0, fadeOutFrames: 15 } },
      output: OUTPUT,
      outPath: join(dir, `${name}.mp4`),
      workDir: join(dir, 'work'),
    });
  return {
    film: await assemble(timeline, 'film'),
    timeline,
    untitled: async () => (await assemble({ ...timeline, titles: [] }, 'untitled')).path,
    inside: 12,
    shots: [2, 42, 30],
    soft: [75, 85],
    seed,
  };
}

/** Checks a file against a film's plan: with what the film was made of at hand, or by looking at the file alone. */
export function checkFilm({ film, timeline }: FaultPlaces, path: string, alone = false): Promise<Verification> {
  const { plan, sound, content } = film;
  return verifyFilm({
    path,
    plan,
    output: OUTPUT,
    silent: sound.silent,
    samples: sound.samples,
    titles: timeline.titles,
    ...(alone ? {} : { content }),
  });
}

export type Plant = (places: FaultPlaces, out: string) => Promise<void>;

const TO_FILE = ['-movie_timescale', '48000', '-movflags', '+faststart'];
const CLOCK = ['-video_track_timescale', String(OUTPUT.frameRate.num * 512)];
const COPY = ['-map', '0:v', '-map', '1:a', '-c', 'copy', ...CLOCK];

/** The film's pictures rearranged or changed, encoded with the film's own settings; its sound is copied. */
function pictures(change: (frames: Uint8Array[], places: FaultPlaces) => Uint8Array[], scale?: string): Plant {
  return async (places, out) => {
    const frames = change(await decodeFrames(places.film.path), places);
    const encoder = startFfmpeg([
      '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${OUTPUT.width}x${OUTPUT.height}`,
      '-framerate', rateToString(OUTPUT.frameRate), '-color_range', 'tv', '-i', 'pipe:0', '-i', places.film.path,
      '-map', '0:v', '-map', '1:a', ...(scale === undefined ? [] : ['-vf', `scale=${scale}`]),
      ...h264Args(OUTPUT.frameRate), '-c:a', 'copy', ...TO_FILE, out,
    ]); // biome-ignore format: options pair up
    for (const frame of frames) await writeFully(encoder, frame);
    encoder.stdin.end();
    await encoder.done;
  };
}

/** Streams of the film taken from two readings of it, with options before the second one and for the output. */
const remux =
  (second: readonly string[], output: readonly string[]): Plant =>
  async ({ film: { path } }, out) => {
    await runFfmpeg(['-v', 'error', '-y', '-i', path, ...second, '-i', path, ...output, ...TO_FILE, out]);
  };

/** The sound encoded again behind a filter, at its right length; pictures are copied. */
const heard =
  (filter: string): Plant =>
  (places, out) => {
    const { samples } = places.film.sound;
    const filters = `${filter},apad=whole_len=${samples},atrim=end_sample=${samples}`;
    return remux([], [
      '-map', '0:v', '-map', '1:a', '-c:v', 'copy', ...CLOCK,
      '-af', filters, '-c:a', 'aac', '-b:a', '256k', '-ar', '48000', '-ac', '2',
    ])(places, out); // biome-ignore format: options pair up
  };

/** A copy with `count` bytes of the pictures changed, in place, between the keyframe before `inside` and `inside`. */
function bytes(count: number, flip: number): Plant {
  return async ({ film, inside, seed }, out) => {
    await copyFile(film.path, out);
    const file = await readClipFile(out);
    const from = file.keyframes.filter((key) => key <= inside).at(-1) ?? 0;
    const handle = await open(out, 'r+');
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let i = 0; i < count; i++) {
      const frame = from + random(inside + 1 - from);
      // Behind the length and the first bytes of the slice's header: inside what is drawn.
      const at = (file.offsets[frame] as number) + 8 + random((file.sizes[frame] as number) - 8);
      const byte = new Uint8Array(1);
      await handle.read(byte, 0, 1, at);
      byte[0] = (byte[0] as number) ^ flip;
      await handle.write(byte, 0, 1, at);
    }
    await handle.close();
  };
}

/** A copy whose colour box says BT.601. */
const wrongColourBox: Plant = async ({ film }, out) => {
  const file = await readFile(film.path);
  const at = file.indexOf('colrnclx');
  if (at < 0) throw new Error('the film has no colour box');
  for (const field of [8, 10, 12]) file.writeUInt16BE(6, at + field);
  await writeFile(out, file);
};

const cutTo =
  (share: number): Plant =>
  async ({ film }, out) => {
    await copyFile(film.path, out);
    await truncate(out, Math.floor((await stat(out)).size * share));
  };

const repeated = (frames: Uint8Array[], from: number, count: number, of: Uint8Array): Uint8Array[] =>
  frames.map((frame, f) => (f > from && f <= from + count ? of : frame));

const black = (frame: Uint8Array): Uint8Array =>
  new Uint8Array(frame.length).fill(128).fill(16, 0, OUTPUT.width * OUTPUT.height);

const without = (frames: Uint8Array[], f: number): Uint8Array[] => [...frames.slice(0, f), ...frames.slice(f + 1)];

/** Every fault by its name. */
export const FAULTS: Readonly<Record<string, Plant>> = {
  'one frame dropped': pictures((frames, { inside }) => without(frames, inside)),
  'one frame dropped, the last one twice': pictures((frames, { inside }) => [
    ...without(frames, inside),
    frames.at(-1) as Uint8Array,
  ]),
  'one frame twice': pictures((frames, { inside }) => [...frames.slice(0, inside + 1), ...frames.slice(inside)]),
  'one frame twice, the last one dropped': pictures((frames, { inside }) =>
    [...frames.slice(0, inside + 1), ...frames.slice(inside)].slice(0, -1),
  ),
  'two neighbouring frames swapped': pictures((frames, { inside }) =>
    frames.with(inside, frames[inside + 1] as Uint8Array).with(inside + 1, frames[inside] as Uint8Array),
  ),
  'two clips swapped': pictures((frames, { shots: [one, other, count] }) =>
    frames.map((frame, f) => {
      if (f >= one && f < one + count) return frames[f - one + other] as Uint8Array;
      return f >= other && f < other + count ? (frames[f - other + one] as Uint8Array) : frame;
    }),
  ),
  'five frames black': pictures((frames, { inside }) =>
    repeated(frames, inside, 5, black(frames[inside] as Uint8Array)),
  ),
  'twelve frames frozen': pictures((frames, { inside }) => repeated(frames, inside, 12, frames[inside] as Uint8Array)),
  'a transition is a cut': pictures((frames, { soft: [from, to] }) =>
    frames.map((frame, f) => {
      if (f < from || f >= to) return frame;
      return (f < (from + to) / 2 ? frames[from - 1] : frames[to]) as Uint8Array;
    }),
  ),
  'a transition one frame late': pictures((frames, { soft: [from, to] }) =>
    frames.map((frame, f) => (f >= from && f <= to ? (frames[f - 1] as Uint8Array) : frame)),
  ),
  'wrong size': pictures((frames) => frames, '318:178'),
  'wrong colour tags in the file': wrongColourBox,
  'wrong colour tags in the stream': remux([], [...COPY, '-bsf:v', 'h264_metadata=colour_primaries=5']),
  'wrong frame rate': remux([], [...COPY, '-bsf:v', 'setts=ts=N*600/25*25.6:duration=614']),
  'picture one frame late by its time': remux(
    ['-itsoffset', '0.0333333'],
    ['-map', '1:v', '-map', '0:a', '-c', 'copy', ...CLOCK],
  ),
  'sound 100 ms late by its time': remux(['-itsoffset', '0.1'], COPY),
  'sound one frame late by its time': remux(['-itsoffset', '0.0333333'], COPY),
  'sound 100 ms late': heard('adelay=100:all=1'),
  'sound one frame late': heard('adelay=1600S:all=1'),
  'sound missing for half a second': heard("volume=0:enable='between(t,1.5,2)'"),
  'sound 1 LU too loud': heard('volume=1dB'),
  'sound 1 LU too quiet': heard('volume=-1dB'),
  'left and right swapped': heard('pan=stereo|c0=c1|c1=c0'),
  'no sound': remux([], ['-map', '0:v', '-c', 'copy', ...CLOCK]),
  'sound silent': heard('volume=0'),
  'file cut in half': cutTo(0.5),
  'file cut at nine tenths': cutTo(0.9),
  'file one byte short': async (places, out) => {
    await copyFile(places.film.path, out);
    await truncate(out, (await stat(out)).size - 1);
  },
  'not fast to start': ({ film }, out) =>
    runFfmpeg(['-v', 'error', '-y', '-i', film.path, '-c', 'copy', ...CLOCK, '-movie_timescale', '48000', out]).then(
      () => {},
    ),
  'title missing': async (places, out) => copyFile(await places.untitled(), out),
  'twelve bytes of a GOP changed': bytes(12, 0xff),
  'one bit of a picture flipped': bytes(1, 0x10),
};
