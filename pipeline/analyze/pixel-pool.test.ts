import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeJpeg } from '../media/image.node.ts';
import { PixelPool } from './pixel-pool.node.ts';

describe('the pixel threads', () => {
  let work: string;
  const pool = new PixelPool();
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'picaivid-pixels-'));
    // Blocks of 23 × 19 pixels in many greys: corners everywhere.
    const data = Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => {
      const x = Math.floor((Math.floor(i / 3) % 640) / 23);
      const y = Math.floor(i / (3 * 640 * 19));
      return (Math.imul(Math.imul(x, 374761393) ^ Math.imul(y, 668265263), 1274126177) >>> 16) & 255;
    });
    await writeJpeg({ width: 640, height: 480, data }, join(work, 'good.jpg'));
    await writeFile(join(work, 'bad.jpg'), 'not a picture');
  });
  afterAll(async () => {
    await pool.close();
    await rm(work, { recursive: true, force: true });
  });

  it('give each network its two views, and the same figures in either thread', async () => {
    const task = { path: join(work, 'good.jpg'), kinds: ['clip', 'places365'] } as const;
    const [a, b] = await Promise.all([pool.work(task, undefined), pool.work(task, undefined)]);
    expect(a).toEqual(b);
    expect(a.inputs.map((views) => views.map(({ width, height }) => [width, height]))).toEqual([
      [
        [512, 384],
        [512, 384],
      ],
      [
        [224, 224],
        [224, 224],
      ],
    ]);
    expect([a.small.width, a.small.height]).toEqual([96, 72]);
    expect(a.features.count).toBeGreaterThan(0);
    expect(a.features.descriptors).toHaveLength(a.features.count * 8);
  });

  it('say what is wrong with a damaged proxy and go on; stop when asked', async () => {
    await expect(pool.work({ path: join(work, 'bad.jpg'), kinds: [] }, undefined)).rejects.toMatchObject({
      code: 'image_damaged',
    });
    await expect(pool.work({ path: join(work, 'good.jpg'), kinds: [] }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect((await pool.work({ path: join(work, 'good.jpg'), kinds: [] }, undefined)).inputs).toEqual([]);
  });
});
