import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFilm, FAULTS, type FaultPlaces, filmToDamage } from './faults.node.ts';

let dir: string;
let places: FaultPlaces;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picaivid-faults-'));
  places = await filmToDamage(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('the sound film passes, picture for picture', async () => {
  const { pass, lines } = await checkFilm(places, places.film.path);
  expect(lines.filter((line) => !line.pass)).toEqual([]);
  expect(pass).toBe(true);
  const measured = (wanted: string): string | undefined => lines.find(({ name }) => name === wanted)?.measured;
  expect(measured('pictures')).toBe('120 the same');
  expect(measured('titles')).toBe('1 on the picture');
  expect(measured('colour box')).toBe('1/1/1 limited');
  expect(measured('start')).toBe('picture 0, sound 0');
});

/** Fault → the lines that say so. All faults, over photos and many places, are in `faults.long.test.ts`. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'one frame dropped, the last one twice': ['cuts', 'pictures', 'transitions'],
  'two neighbouring frames swapped': ['pictures'],
  'two clips swapped': ['pictures', 'transitions'],
  'five frames black': ['black run', 'pictures'],
  'twelve frames frozen': ['pictures'],
  'a transition is a cut': ['pictures', 'transitions'],
  'title missing': ['pictures', 'titles'],
  'wrong size': ['picture', 'pictures'],
  'wrong colour tags in the file': ['colour box'],
  'wrong colour tags in the stream': ['colour tags', 'pictures'],
  'picture one frame late by its time': ['start'],
  'sound one frame late': ['sound packets'],
  'sound missing for half a second': ['sound packets'],
  'sound 1 LU too loud': ['loudness', 'sound packets'],
  'file one byte short': ['sound packets'],
  'file cut at nine tenths': ['decodes', 'readable'],
  'one bit of a picture flipped': ['decodes', 'pictures'],
};

test.each(Object.entries(FOUND))('%s is found by %j', async (name, lines) => {
  const out = join(dir, `${name.replaceAll(' ', '-')}.mp4`);
  await FAULTS[name]?.(places, out);
  const failing = (await checkFilm(places, out)).lines.filter((line) => !line.pass);
  expect([...new Set(failing.map((line) => line.name))].sort()).toEqual(lines);
});
