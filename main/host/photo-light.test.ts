import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { AnalyzedPhoto } from '../../pipeline/domain.ts';
import { isLightJump } from '../../pipeline/timeline/light.ts';
import { LightMeter } from './photo-light.node.ts';

const work = mkdtempSync(join(tmpdir(), 'picaivid-light-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function photo(id: string, background: { r: number; g: number; b: number }): Promise<AnalyzedPhoto> {
  const path = join(work, `${id}.jpg`);
  await sharp({ create: { width: 320, height: 200, channels: 3, background } })
    .jpeg()
    .toFile(path);
  return { id, sha256: id.padEnd(64, '0'), proxies: { 320: path, 1280: path, 2560: path } } as unknown as AnalyzedPhoto;
}

test('a bright room beside a dark one is a jump, its like is none, and an unreadable photo is not judged', async () => {
  const meter = new LightMeter();
  const day = await photo('a', { r: 220, g: 218, b: 214 });
  const dusk = await photo('b', { r: 70, g: 66, b: 60 });
  const again = await photo('c', { r: 214, g: 214, b: 210 });
  const gone = {
    ...(await photo('d', { r: 9, g: 9, b: 9 })),
    proxies: { 320: join(work, 'gone.jpg'), 1280: '', 2560: '' },
  };
  const light = await meter.of([day, dusk, again, gone]);
  expect(Object.keys(light)).toEqual(['a', 'b', 'c']);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => light[id]);
  if (a === undefined || b === undefined || c === undefined) throw new Error('not measured');
  expect(isLightJump(a, b).luminance).toBe(true);
  expect(isLightJump(a, c)).toEqual({ luminance: false, colour: false });
  // Kept: the file is not read a second time.
  rmSync(join(work, 'a.jpg'));
  expect((await meter.of([day])).a).toEqual(a);
});
