/**
 * Assembly of a one-minute film of 20 clips against ffmpeg encoding the same film with one filter graph, in the same run
 * on the same clips: (a) cuts only, (b) 0.4 s dissolves.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleFilm } from '../pipeline/assemble/film.node.ts';
import { timelineClip, timelineOf } from '../pipeline/assemble/testkit.node.ts';
import type { OutputSpec, Timeline } from '../pipeline/domain.ts';
import { h264Args } from '../pipeline/media/encoder.ts';
import { runFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { FPS_30 } from '../pipeline/time.ts';
import { assemblyMemory } from './assemble-memory.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

const CLIPS = 20;
/** Different clip files; the film goes through them four times. */
const FILES = 5;
const SHOT_FRAMES = 90;
const DISSOLVE_FRAMES = 12;
const SOURCE_IN = 7; // off the keyframes, as real trims are: each shot's first eight frames must be encoded
const CLIP_FRAMES = SOURCE_IN + SHOT_FRAMES + DISSOLVE_FRAMES;
const OUTPUT: OutputSpec = { width: 1920, height: 1080, frameRate: FPS_30, loudnessLufs: -14, truePeakDbtp: -1 };

/** Clips that cost about what a photo in motion costs: a fractal with mild grain, panned slowly. */
async function makeClips(dir: string): Promise<string[]> {
  const paths: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const path = join(dir, `clip${i}.mp4`);
    const still = join(dir, `still${i}.png`);
    const scale = (0.9 - i * 0.15).toFixed(2);
    const fractal = `mandelbrot=s=2304x1296:start_scale=${scale}:end_scale=${scale},hue=h=${i * 70},noise=alls=6:all_seed=${i}`;
    await runFfmpeg(['-v', 'error', '-y', '-f', 'lavfi', '-i', fractal, '-frames:v', '1', still]);
    const graph = "format=yuv420p,loop=loop=-1:size=1,setpts=N/30/TB,crop=1920:1080:x='2*n':y='n'";
    await runFfmpeg([
      '-v',
      'error',
      '-y',
      '-i',
      still,
      '-vf',
      graph,
      '-frames:v',
      String(CLIP_FRAMES),
      ...h264Args(FPS_30),
      path,
    ]);
    paths.push(path);
  }
  return Array.from({ length: CLIPS }, (_, i) => paths[i % FILES] as string);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

function film(dissolve: number): Timeline {
  return timelineOf(
    Array.from({ length: CLIPS }, (_, i) =>
      timelineClip(
        i,
        SOURCE_IN,
        SHOT_FRAMES,
        i === 0 || dissolve === 0 ? { type: 'cut', frames: 0 } : { type: 'cross_dissolve', frames: dissolve },
      ),
    ),
    { width: OUTPUT.width, height: OUTPUT.height },
  );
}

/** What one would write by hand: trim every clip, concat or xfade, one encode with the same settings. */
function peerArgs(paths: readonly string[], music: string, dissolve: number, out: string): string[] {
  const before = Math.floor(dissolve / 2);
  const trims = paths.map((_, i) => {
    const from = SOURCE_IN - (i === 0 ? 0 : before);
    const to = SOURCE_IN + SHOT_FRAMES + (i === CLIPS - 1 ? 0 : dissolve - before);
    return `[${i}:v]trim=start_frame=${from}:end_frame=${to},setpts=PTS-STARTPTS,fps=30,settb=1/30[v${i}]`;
  });
  let join = `${paths.map((_, i) => `[v${i}]`).join('')}concat=n=${CLIPS}:v=1:a=0[out]`;
  if (dissolve > 0) {
    join = paths
      .slice(1)
      .map((_, i) => {
        const offset = ((i + 1) * SHOT_FRAMES - before) / 30;
        return `${i === 0 ? '[v0]' : `[x${i}]`}[v${i + 1}]xfade=transition=fade:duration=${dissolve / 30}:offset=${offset}${i === CLIPS - 2 ? '[out]' : `[x${i + 1}]`}`;
      })
      .join(';');
  }
  return [
    '-v', 'error', '-y', ...paths.flatMap((path) => ['-i', path]), '-i', music, '-filter_complex', [...trims, join].join(';'),
    '-map', '[out]', '-map', `${CLIPS}:a`, ...h264Args(FPS_30), '-af', 'loudnorm=I=-14:TP=-1', '-c:a', 'aac', '-ar', '48000',
    '-shortest', '-movflags', '+faststart', out,
  ]; // biome-ignore format: options pair up
}

/** Runs the benchmark; about four minutes on two cores. */
export async function benchAssemble(): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-bench-assemble-'));
  try {
    const paths = await makeClips(dir);
    const music = join(dir, 'music.wav');
    const tone = 'aevalsrc=0.3*sin(220*2*PI*t)*(1-mod(t\\,0.5))|0.3*sin(277*2*PI*t)*(1-mod(t\\,0.5)):s=48000:d=62';
    await runFfmpeg(['-v', 'error', '-y', '-f', 'lavfi', '-i', tone, music]);
    const clips = new Map(paths.map((path, i) => [`c${i}`, { path }]));
    const total = CLIPS * SHOT_FRAMES;
    const plan = {
      segments: [{ filmStartFrame: 0, filmEndFrame: total, musicStartSeconds: 0 }],
      fadeInFrames: 0,
      fadeOutFrames: 30,
    };
    const rows: BenchRow[] = [];
    const notes: string[] = [
      'Our time includes loudness in two passes and the check of every frame; the peer has neither (one-pass loudnorm).',
    ];
    for (const { name, dissolve, limit } of [
      { name: 'cuts only', dissolve: 0, limit: 0.15 },
      { name: '0.4 s dissolves', dissolve: DISSOLVE_FRAMES, limit: 0.4 },
    ]) {
      let verifyFrom = 0;
      const from = performance.now();
      const film_ = await assembleFilm({
        timeline: film(dissolve), clips, music: { path: music, plan }, output: OUTPUT,
        outPath: join(dir, `ours-${dissolve}.mp4`), workDir: join(dir, `work-${dissolve}`),
        onProgress: ({ sentence }) => {
          if (verifyFrom === 0 && sentence.startsWith('Checking')) verifyFrom = performance.now();
        },
      }); // biome-ignore format: one call
      const ours = (performance.now() - from) / 1000;
      const made = (verifyFrom - from) / 1000;
      const peer = await seconds(() => runFfmpeg(peerArgs(paths, music, dissolve, join(dir, `peer-${dissolve}.mp4`))));
      rows.push(
        { what: `${name}: ours, all`, value: ours, unit: 's' },
        { what: `${name}: ours before the check`, value: made, unit: 's' },
        { what: `${name}: one filter graph`, value: peer, unit: 's' },
        {
          what: `${name}: assembly ÷ filter graph`,
          value: made / peer,
          unit: '×',
          goal: `≤ ${limit}`,
          met: made / peer <= limit,
        },
        { what: `${name}: assembly with the check ÷ filter graph`, value: ours / peer, unit: '×' },
        { what: `${name}: frames copied`, value: film_.copiedFrames / total, unit: 'share' },
      );
    }
    rows.push(...(await assemblyMemory()));
    return { name: 'assemble', rows, notes };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
