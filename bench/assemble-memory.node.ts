/**
 * Memory of assembly against the film's length: the same small clips, hard cuts and dissolves by turns, for one minute
 * and for twenty, each in a process of its own. Counted is all that is resident at once: the process and its children.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { assembleFilm } from '../pipeline/assemble/film.node.ts';
import { OUTPUT, paintClip, timelineClip, timelineOf, writeTone } from '../pipeline/assemble/testkit.node.ts';
import type { BenchRow } from './types.ts';

const SHOT_FRAMES = 90;
const SHOTS_A_MINUTE = 20;
const CLIP_FRAMES = 110;
const SOURCE_IN = 7;
const FILES = 4;
const DISSOLVE_FRAMES = 12;
const SAMPLE_MS = 200;
const LONG_MINUTES = 20;
/** Peaks of equal runs differ by this much, by when the garbage is collected: 286 and 352 MB for one minute. */
const FLAT = 1.3;

const run = z.object({ peakBytes: z.number(), frames: z.number() });

/** Peak of one minute, of twenty, and their ratio; about two minutes on two cores. No rows where there is no /proc. */
export async function assemblyMemory(): Promise<BenchRow[]> {
  if (process.platform !== 'linux') return [];
  const peak = async (minutes: number): Promise<number> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      import.meta.filename,
      String(minutes),
    ]);
    return run.parse(JSON.parse(stdout)).peakBytes / 1e6;
  };
  const short = await peak(1);
  const long = await peak(LONG_MINUTES);
  return [
    { what: 'peak memory, 1 minute of 320×180', value: short, unit: 'MB' },
    { what: `peak memory, ${LONG_MINUTES} minutes of it`, value: long, unit: 'MB' },
    {
      what: 'peak memory, long ÷ short',
      value: long / short,
      unit: '×',
      goal: `flat: ≤ ${FLAT}`,
      met: long / short <= FLAT,
    },
  ];
}

async function assembleHere(minutes: number): Promise<z.infer<typeof run>> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-bench-memory-'));
  let peakBytes = 0;
  const timer = setInterval(() => {
    residentBytes(process.pid).then(
      (bytes) => {
        peakBytes = Math.max(peakBytes, bytes);
      },
      () => {}, // a process that ended between listing and reading
    );
  }, SAMPLE_MS);
  try {
    const paths = await Promise.all(
      Array.from({ length: FILES }, async (_, i) => {
        const path = join(dir, `clip${i}.mp4`);
        await paintClip(path, i, CLIP_FRAMES);
        return path;
      }),
    );
    const music = join(dir, 'music.wav');
    await writeTone(music, '0.3*sin(440*2*PI*t)*(1-mod(t,0.5))|0.3*sin(554*2*PI*t)*(1-mod(t,0.5))', minutes * 60 + 1);
    const shots = Array.from({ length: minutes * SHOTS_A_MINUTE }, (_, i) =>
      timelineClip(
        i,
        SOURCE_IN,
        SHOT_FRAMES,
        i % 2 === 0 ? { type: 'cut', frames: 0 } : { type: 'cross_dissolve', frames: DISSOLVE_FRAMES },
      ),
    );
    const frames = shots.length * SHOT_FRAMES;
    const segments = [{ filmStartFrame: 0, filmEndFrame: frames, musicStartSeconds: 0 }];
    const film = await assembleFilm({
      timeline: timelineOf(shots),
      clips: new Map(shots.map(({ id }, i) => [id, { path: paths[i % FILES] ?? '' }])),
      music: { path: music, plan: { segments, fadeInFrames: 0, fadeOutFrames: 15 } },
      output: OUTPUT,
      outPath: join(dir, 'film.mp4'),
      workDir: join(dir, 'work'),
    });
    return { peakBytes, frames: film.plan.totalFrames };
  } finally {
    clearInterval(timer);
    await rm(dir, { recursive: true, force: true });
  }
}

/** Resident memory of a process and all below it, read from /proc. */
async function residentBytes(root: number): Promise<number> {
  const children = new Map<number, number[]>();
  const bytes = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const field = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    const parent = field('PPid');
    bytes.set(Number(name), field('VmRSS') * 1024);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + below(child), bytes.get(pid) ?? 0);
  return below(root);
}

const [, script, minutes] = process.argv;
if (script === import.meta.filename && minutes !== undefined)
  process.stdout.write(JSON.stringify(await assembleHere(Number(minutes))));
