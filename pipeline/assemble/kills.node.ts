/** An assembly in a process of its own, for tests that kill it: clips, music, one film of cuts, a dissolve and a title. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../base/seeded-random.ts';
import { type AssembleRequest, assembleFilm } from './film.node.ts';
import { decodeFrames, OUTPUT, paintClip, timelineClip, timelineOf, writeTone } from './testkit.node.ts';

const CLIPS = 4;
const FRAMES = 60;
const SHOT_FRAMES = 40;

/** Makes what the film is made of. */
export async function makeMaterial(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (let i = 0; i < CLIPS; i++) await paintClip(join(dir, `c${i}.mp4`), i, FRAMES);
  await writeTone(join(dir, 'music.wav'), '0.3*sin(440*2*PI*t)*(1-mod(t,0.5))|0.2*sin(554*2*PI*t)*(1-mod(t,0.5))', 6);
}

/** The film of the material in `dir`; its folder is `out`. */
export function filmRequest(dir: string): AssembleRequest {
  const segments = [{ filmStartFrame: 0, filmEndFrame: CLIPS * SHOT_FRAMES, musicStartSeconds: 0 }];
  const soft = { type: 'cross_dissolve', frames: 12 } as const;
  return {
    timeline: timelineOf(
      Array.from({ length: CLIPS }, (_, i) =>
        timelineClip(i, 7, SHOT_FRAMES, i % 2 === 0 ? { type: 'cut', frames: 0 } : soft),
      ),
      { titles: [{ id: 't', startFrame: 90, durationFrames: 20, text: 'Garden Road' }] },
    ),
    clips: new Map(Array.from({ length: CLIPS }, (_, i) => [`c${i}`, { path: join(dir, `c${i}.mp4`) }])),
    music: { path: join(dir, 'music.wav'), plan: { segments, fadeInFrames: 0, fadeOutFrames: 15 } },
    output: OUTPUT,
    outPath: join(dir, 'out', 'film.mp4'),
    workDir: join(dir, 'work'),
  };
}

/** Starts the assembly and kills it −9, ffmpeg included, after `afterMs`. Gives whether it had ended before. */
export async function killedAfter(dir: string, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, dir], {
    detached: true, // a process group of its own, to be killed as one
    stdio: 'ignore',
  });
  const ended = new Promise<boolean>((resolve) => child.once('exit', (code) => resolve(code === 0)));
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, afterMs);
  const early = await ended;
  clearTimeout(timer);
  return early;
}

/** Assembles in a process whose `folder` is a file system of its own with so much room; gives the error it ended with. */
export async function assembleInRoom(dir: string, folder: 'out' | 'work', size: string): Promise<unknown> {
  await mkdir(join(dir, folder), { recursive: true });
  const mount = `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`;
  const child = spawn(
    'unshare',
    ['-m', 'sh', '-c', mount, join(dir, folder), process.execPath, '--disable-warning=ExperimentalWarning', import.meta.filename, dir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  ); // biome-ignore format: options pair up
  let said = '';
  for await (const chunk of child.stdout) said += String(chunk);
  return said === '' ? undefined : JSON.parse(said);
}

export interface Survived {
  /** Files under the film's name that were not the whole film, after a kill. */
  readonly halfWritten: readonly string[];
  /** What lies in the film's folder at the end. */
  readonly left: readonly string[];
  /** Unfinished files in the work folder at the end. */
  readonly parts: readonly string[];
  readonly verified: boolean;
}

/** Kills the assembly in `dir` at random moments, looks what is under the film's name each time, then lets it finish. */
export async function surviveKills(
  dir: string,
  { kills, spreadMs, seed }: { kills: number; spreadMs: number; seed: number },
): Promise<Survived> {
  const next = seededRandom(seed);
  const request = filmRequest(dir);
  const halfWritten: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await killedAfter(dir, next() * spreadMs);
    if (!existsSync(request.outPath)) continue;
    const frames = await decodeFrames(request.outPath).catch(() => []);
    if (frames.length !== CLIPS * SHOT_FRAMES) halfWritten.push(`kill ${kill}: ${frames.length} frames`);
    await rm(request.outPath);
  }
  const { verification } = await assembleFilm(request);
  return {
    halfWritten,
    left: (await readdir(join(dir, 'out'))).sort(),
    parts: (await readdir(request.workDir)).filter((name) => name.includes('.part')),
    verified: verification.pass,
  };
}

const [, script, dir] = process.argv;
if (script === import.meta.filename && dir !== undefined)
  await assembleFilm(filmRequest(dir)).catch((error: unknown) => {
    process.stdout.write(JSON.stringify(error));
    process.exitCode = 1;
  });
