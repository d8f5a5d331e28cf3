import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assembleFilm } from './film.node.ts';
import { filmRequest, makeMaterial, surviveKills } from './kills.node.ts';

test('three kills −9: the film is whole or not there, and the next assembly finishes it and clears up', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-kills-'));
  const [one, other] = [join(dir, 'one'), join(dir, 'other')];
  await makeMaterial(one);
  await cp(one, other, { recursive: true });
  const from = performance.now();
  const undisturbed = await assembleFilm(filmRequest(other));
  const took = performance.now() - from;
  const survived = await surviveKills(one, { kills: 3, spreadMs: took, seed: 7 });
  expect(survived).toEqual({ halfWritten: [], left: ['film.mp4'], parts: [], verified: true });
  expect(undisturbed.verification.pass).toBe(true);
  await rm(dir, { recursive: true, force: true });
});
