import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeMaterial, surviveKills } from './kills.node.ts';

const FILMS = 10;

/** Ten films, two kills each at moments over a run of two seconds: one that is killed often has nothing left to do. */
test('twenty kills −9 at random moments of an assembly: nothing half-written, every film finished', async () => {
  for (let seed = 1; seed <= FILMS; seed++) {
    const dir = await mkdtemp(join(tmpdir(), 'picaivid-kills-'));
    await makeMaterial(dir);
    expect(await surviveKills(dir, { kills: 2, spreadMs: 2000, seed })).toEqual({
      halfWritten: [],
      left: ['film.mp4'],
      parts: [],
      verified: true,
    });
    await rm(dir, { recursive: true, force: true });
  }
});
