import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256File } from '../../base/files.node.ts';
import type { ClipSpec } from '../domain.ts';
import { writeDepth } from '../media/image.node.ts';
import { renderClip } from './clip.node.ts';
import { renderTake } from './take.node.ts';
import { validateClip } from './validate.node.ts';

const dir = mkdtempSync(join(tmpdir(), 'picaivid-bad-input-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const spec: ClipSpec = {
  photoSha256: 'p', depthSha256: 'd', motion: 'push_in', amount: 0.6, renderer: 'ken_burns', frames: 6,
  frameRate: { num: 30, den: 1 }, width: 192, height: 108, focus: { x: 0.5, y: 0.5 }, seed: 1,
}; // biome-ignore format: a table

async function picture(width: number, height: number, hue = 1): Promise<string> {
  const path = join(dir, `${width}x${height}-${hue}.png`);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 3 + c] = 120 + 60 * Math.sin((x * hue) / 19 + c) + 40 * Math.cos(y / 13);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

async function depthMap(width: number, height: number): Promise<string> {
  const path = join(dir, `depth-${width}x${height}.png`);
  await writeDepth({ width, height, data: new Float32Array(width * height).map((_, i) => (i % width) / width) }, path);
  return path;
}

describe('bad input', () => {
  it.each([
    [801, 533],
    [333, 1001],
    [1201, 67],
    [17, 17],
  ])('a photo of %i × %i pixels is drawn rightly by both renderers', async (width, height) => {
    const inputs = {
      photoPath: await picture(width, height),
      depthPath: await depthMap(Math.ceil(width / 3), Math.ceil(height / 3)),
    };
    for (const renderer of ['ken_burns', 'depth_parallax'] as const) {
      const out = join(dir, 'odd.mp4');
      await renderClip({ ...spec, renderer }, inputs, out);
      expect((await validateClip({ ...spec, renderer }, inputs, out)).reasons).toEqual([]);
    }
  });

  it.each([
    [4000, 1],
    [1, 700],
    [1, 1],
    [15, 15],
    [1700, 50],
  ])('a photo of %i × %i pixels is refused before anything is drawn', async (width, height) => {
    const inputs = { photoPath: await picture(width, height), depthPath: null };
    const folder = join(dir, 'refused');
    await expect(renderClip(spec, inputs, join(folder, 'c.mp4'))).rejects.toMatchObject({
      code: 'image_too_small',
      message: expect.stringContaining(`${width} × ${height}`),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a depth map of another shape is refused', async () => {
    const inputs = { photoPath: await picture(400, 300), depthPath: await depthMap(60, 80) };
    await expect(renderClip({ ...spec, renderer: 'depth_parallax' }, inputs, join(dir, 'd.mp4'))).rejects.toMatchObject(
      {
        code: 'image_damaged',
        message: expect.stringContaining('60 × 80'),
      },
    );
  });

  it('a photo or depth map that changed since analysis is refused, and no clip of it comes to be', async () => {
    const photoPath = await picture(400, 300);
    const depthPath = await depthMap(100, 75);
    const known: ClipSpec = {
      ...spec,
      renderer: 'depth_parallax',
      photoSha256: await sha256File(photoPath),
      depthSha256: await sha256File(depthPath),
    };
    const takes = join(dir, 'takes');
    const refused = { code: 'file_not_found', message: expect.stringContaining('has changed since it was analysed') };
    const other = { photoPath: await picture(400, 300, 2), depthPath };
    await expect(renderTake(known, other, { dir: takes })).rejects.toMatchObject(refused);
    const flat = { photoPath, depthPath: await depthMap(104, 78) };
    await expect(renderTake(known, flat, { dir: takes })).rejects.toMatchObject(refused);
    expect(readdirSync(dir)).not.toContain('takes');
    const take = await renderTake(known, { photoPath, depthPath }, { dir: takes });
    expect(take.verdict).toBe('pass');

    // Replaced while the frames were drawn: what was drawn is thrown away.
    const later = { ...known, amount: 0.5 };
    const swap = renderTake(
      later,
      { photoPath, depthPath },
      {
        dir: takes,
        onProgress: ({ fraction }) => {
          if (fraction > 0.1) writeFileSync(photoPath, 'another picture');
        },
      },
    );
    await expect(swap).rejects.toMatchObject(refused);
    const clips = readdirSync(takes, { recursive: true }).filter((name) => String(name).endsWith('clip.mp4'));
    expect(clips).toHaveLength(1);
  });
});
