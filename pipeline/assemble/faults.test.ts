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
});

test.each(Object.keys(FAULTS))('%s', async (name) => {
  const out = join(dir, `${name.replaceAll(' ', '-')}.mp4`);
  await FAULTS[name]?.(places, out);
  const names = async (alone: boolean) => (await checkFilm(places, out, alone)).lines.filter((line) => !line.pass).map((l) => l.name);
  console.error('XX', name, await names(false), '|', await names(true));
  if (name==='a transition is a cut') console.error('YY',(await checkFilm(places, out, true)).lines);
});
