/** Whole films through the command line, small: what a user sees when it works and when it cannot. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runFfprobe } from '../pipeline/media/ffmpeg.node.ts';
import { picaivid } from './testing/cli.node.ts';
import { SAMPLE_MUSIC, SMALL_FILM_ENV, smallListing, sound } from './testing/listing.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'picaivid-film-'));
const listing = join(folder, 'listing');
const out = join(folder, 'film.mp4');
beforeAll(() => smallListing(listing, 6));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const errorDocument = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const filmDocument = z.object({
  job: z.object({ id: z.string(), status: z.string() }),
  beats: z.object({ bpm: z.number() }),
  timeline: z.object({
    clips: z.array(z.object({ startFrame: z.int(), endFrame: z.int(), beatIndex: z.int() })),
  }),
  output: z.string(),
  delivery: z.string(),
  verification: z.object({ pass: z.literal(true), lines: z.array(z.object({ name: z.string(), pass: z.boolean() })) }),
  seconds: z.record(z.string(), z.number()),
});

const film = (...extra: string[]) => [
  'film',
  listing,
  '--music',
  SAMPLE_MUSIC,
  '--out',
  out,
  '--length',
  '8',
  '--json',
  ...extra,
];

/** Every file below a folder with its time of change. */
function filesOf(dir: string): Map<string, number> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .map((name) => [name, statSync(join(dir, name))] as const)
      .filter(([, info]) => info.isFile())
      .map(([name, info]) => [name, info.mtimeMs]),
  );
}

test('a film is made, verified and delivered; made again, nothing is done twice', async () => {
  const first = await picaivid(film(), { env: SMALL_FILM_ENV });
  expect(first.stderr).not.toMatch(/Error|undefined|NaN/);
  expect(first.code).toBe(0);
  const result = filmDocument.parse(JSON.parse(first.stdout));
  expect(result.job.status).toBe('delivered');
  expect(result.beats.bpm).toBeCloseTo(96, 0);
  expect(result.timeline.clips.filter((clip) => clip.beatIndex < 0)).toEqual([]);
  const probe = z
    .object({ streams: z.array(z.object({ codec_name: z.string(), nb_frames: z.string() })) })
    .parse(await runFfprobe(['-show_streams', out]));
  expect(probe.streams.map((stream) => stream.codec_name).sort()).toEqual(['aac', 'h264']);
  const frames = result.timeline.clips.at(-1)?.endFrame ?? 0;
  expect(probe.streams.find((stream) => stream.codec_name === 'h264')?.nb_frames).toBe(String(frames));
  expect(Math.abs(frames / 30 - 8)).toBeLessThanOrEqual(60 / 96);

  const work = join(folder, 'film.picaivid');
  const before = filesOf(join(work, 'takes'));
  const analysed = filesOf(join(work, 'analysis'));
  const again = await picaivid(film(), { env: SMALL_FILM_ENV });
  expect(again.code).toBe(0);
  expect(filesOf(join(work, 'takes'))).toEqual(before);
  expect(filesOf(join(work, 'analysis'))).toEqual(analysed);
  expect(filmDocument.parse(JSON.parse(again.stdout)).job).toEqual(result.job);

  for (const phase of ['1', '3', '2', '4']) {
    const run = await picaivid(['phase', phase, '--work', work, '--json'], { env: SMALL_FILM_ENV });
    expect([phase, run.code, run.stderr.includes('rror')]).toEqual([phase, 0, false]);
  }
  expect(filesOf(join(work, 'takes'))).toEqual(before);
  expect(readFileSync(join(result.delivery, 'originals.html'), 'utf8')).toContain('<html');
});

describe('what cannot become a film is said in a sentence, with exit code 1, and nothing is lost', () => {
  const fails = async (
    args: string[],
    code: string,
    sentence: RegExp,
    env: Record<string, string> = {},
  ): Promise<void> => {
    const run = await picaivid(args, { env: { ...SMALL_FILM_ENV, ...env } });
    const { error } = errorDocument.parse(JSON.parse(run.stdout));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    expect(run.stderr).toContain(error.message);
    expect(run.code).toBe(1);
  };
  const withMusic = (music: string, name: string): string[] => [
    'film',
    listing,
    '--music',
    music,
    '--out',
    join(folder, `${name}.mp4`),
    '--work',
    join(folder, 'shared-work'),
    '--length',
    '8',
    '--json',
  ];

  test('a folder with nothing usable', async () => {
    const empty = join(folder, 'empty');
    await smallListing(empty, 0);
    writeFileSync(join(empty, 'notes.jpg'), 'these are not pixels');
    await fails(
      ['film', empty, '--music', SAMPLE_MUSIC, '--out', join(folder, 'none.mp4'), '--json'],
      'no_usable_photos',
      /Add photos/,
    );
  });

  test('a silent track', async () => {
    await fails(
      withMusic(await sound(join(folder, 'silent.wav'), 'anullsrc', 30), 'silent'),
      'audio_unsupported',
      /silent/i,
    );
  });

  test('a track of two seconds', async () => {
    await fails(withMusic(await sound(join(folder, 'short.wav'), 'sine=440', 2), 'short'), 'audio_too_short', /second/);
  });

  test('a track without a pulse, with the way on', async () => {
    const drone = await sound(join(folder, 'drone.wav'), 'anoisesrc=color=brown:seed=7:amplitude=0.3', 40);
    await fails(withMusic(drone, 'drone'), 'plan_impossible', /--no-beat-sync/);
    const run = await picaivid([...withMusic(drone, 'drone'), '--no-beat-sync'], { env: SMALL_FILM_ENV });
    expect(run.code).toBe(0);
    expect(filmDocument.parse(JSON.parse(run.stdout)).beats.bpm).toBe(120);
  });

  test('a single photo, with the length it can carry', async () => {
    const single = join(folder, 'single');
    await smallListing(single, 1);
    await fails(
      ['film', single, '--music', SAMPLE_MUSIC, '--out', join(folder, 'one.mp4'), '--length', '45', '--json'],
      'plan_impossible',
      /photo/,
    );
  });

  test('no ffmpeg', async () => {
    await fails(film(), 'ffmpeg_missing', /FFMPEG_PATH/, { FFMPEG_PATH: join(folder, 'nowhere') });
  });

  test('a place that cannot be written', async () => {
    const file = join(folder, 'file.txt');
    writeFileSync(file, '');
    await fails(['film', listing, '--out', join(file, 'film.mp4'), '--json'], 'output_unwritable', /--out/);
  });

  const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
  test.skipIf(!canMount)('a disk that fills up: what was finished is found again', async () => {
    const disk = join(folder, 'disk');
    const first = await picaivid(
      ['film', listing, '--music', SAMPLE_MUSIC, '--out', join(disk, 'film.mp4'), '--length', '8', '--json'],
      {
        env: SMALL_FILM_ENV,
        wrap: (command) => [
          'unshare',
          '-m',
          'sh',
          '-c',
          `mkdir -p "$0" && mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"`,
          disk,
          ...command,
        ],
      },
    );
    const { error } = errorDocument.parse(JSON.parse(first.stdout));
    expect([error.code, first.code]).toEqual(['disk_full', 1]);
    expect(error.message).toMatch(/Free some space/);
  });

  test('wrong usage has its own exit code', async () => {
    expect((await picaivid(['film'])).code).toBe(2);
    expect((await picaivid(['film', join(folder, 'absent'), '--out', out])).code).toBe(2);
    expect((await picaivid(['film', listing, '--out', out, '--template', 'noir'])).code).toBe(2);
    expect((await picaivid(['--help'])).code).toBe(0);
  });
});

test('an interrupted film answers 130 and goes on when asked again', async () => {
  const args = [
    'film',
    listing,
    '--music',
    SAMPLE_MUSIC,
    '--out',
    join(folder, 'stopped.mp4'),
    '--length',
    '8',
    '--json',
  ];
  const stopped = await picaivid(args, {
    env: SMALL_FILM_ENV,
    onStart: (child) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('Rendering')) child.kill('SIGINT');
      });
    },
  });
  expect(stopped.code).toBe(130);
  const finished = await picaivid(args, { env: SMALL_FILM_ENV });
  expect(finished.code).toBe(0);
});

test('two commands never work in one folder at once', async () => {
  const args = [
    'film',
    listing,
    '--music',
    SAMPLE_MUSIC,
    '--out',
    // The film of the test before, so that the one that is let in has little to do.
    join(folder, 'stopped.mp4'),
    '--length',
    '8',
    '--json',
  ];
  const runs = await Promise.all([picaivid(args, { env: SMALL_FILM_ENV }), picaivid(args, { env: SMALL_FILM_ENV })]);
  expect(runs.map((run) => run.code).sort()).toEqual([0, 1]);
  const refused = runs.find((run) => run.code === 1);
  expect(errorDocument.parse(JSON.parse(refused?.stdout ?? '')).error.code).toBe('work_folder_in_use');
});
