import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../base/errors.ts';
import { mutatedFiles, testPicture, writeHostileCorpus } from './hostile-corpus.node.ts';
import { ingestFolder, isoTime, MAX_PHOTOS } from './ingest.node.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'picaivid-ingest-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

describe('ingest', () => {
  it('gives each hostile file its error and each odd photo its right size', async () => {
    const folder = join(base, 'hostile');
    await mkdir(folder);
    const expected = await writeHostileCorpus(folder);
    const { photos, rejected } = await ingestFolder(folder, { proxyDir: join(base, 'hostile-proxies') });
    const got = new Map<string, string | readonly number[]>([
      ...photos.map(({ file, width, height }) => [file, [width, height]] as const),
      ...rejected.map(({ file, code }) => [file, code] as const),
    ]);
    expect([...got].sort()).toEqual(expected.map(({ file, code, size }) => [file, code ?? size]).sort());
    for (const photo of photos)
      for (const side of [320, 1280, 2560] as const) {
        const meta = await sharp(photo.proxies[side]).metadata();
        expect([meta.format, meta.space, meta.width, meta.height]).toEqual(['jpeg', 'srgb', photo.width, photo.height]);
      }
  });

  it('turns every orientation upright', async () => {
    const folder = join(base, 'turns');
    await mkdir(folder);
    // Red at the left of the upright picture; sharp writes the pixels as the camera would hold them.
    const upright = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#0000ff' } })
      .composite([
        { input: { create: { width: 60, height: 100, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer();
    // Orientation 6: the stored picture needs a quarter turn clockwise, so it is stored a quarter turn back.
    const stored = await sharp(upright).rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    await writeFile(join(folder, 'a.jpg'), stored);
    const { photos } = await ingestFolder(folder, { proxyDir: join(base, 'turns-proxies') });
    const photo = photos[0];
    expect([photo?.width, photo?.height, photo?.orientation]).toEqual([200, 100, 6]);
    const patch = await sharp(photo?.proxies[320])
      .extract({ left: 10, top: 40, width: 20, height: 20 })
      .png()
      .toBuffer();
    const left = await sharp(patch).stats();
    expect(left.dominant.r).toBeGreaterThan(200);
    expect(left.dominant.b).toBeLessThan(60);
  });

  it('leaves its list of hashes alone when nothing changed, whichever file is hashed first', async () => {
    const folder = join(base, 'order');
    await mkdir(folder);
    // The first name is by far the largest file, so the second is hashed before it; read again, neither is hashed.
    const noise = await sharp(randomFillSync(new Uint8Array(3_000 * 2_000 * 3)), {
      raw: { width: 3_000, height: 2_000, channels: 3 },
    })
      .png({ compressionLevel: 0 })
      .toBuffer();
    await writeFile(join(folder, 'a.png'), noise);
    await writeFile(join(folder, 'b.jpg'), await testPicture(640, 480).jpeg().toBuffer());
    const proxyDir = join(base, 'order-proxies');
    await ingestFolder(folder, { proxyDir });
    const list = await readFile(join(proxyDir, 'seen.json'), 'utf8');
    expect(Object.keys(JSON.parse(list)).map((path) => basename(path))).toEqual(['a.png', 'b.jpg']);
    const before = await stat(join(proxyDir, 'seen.json'), { bigint: true });
    await ingestFolder(folder, { proxyDir });
    const after = await stat(join(proxyDir, 'seen.json'), { bigint: true });
    expect(after.ino).toBe(before.ino);
  });

  it('makes the three proxies once, and again when one is torn', async () => {
    const folder = join(base, 'once');
    const proxyDir = join(base, 'once-proxies');
    await mkdir(folder);
    const big = await testPicture(3000, 1500)
      .withExif({ IFD2: { DateTimeOriginal: '2024:05:01 10:20:30' } })
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, 'big.jpg'), big);
    const first = (await ingestFolder(folder, { proxyDir })).photos[0];
    if (first === undefined) throw new Error('not accepted');
    expect(first.takenAt).toBe('2024-05-01T10:20:30');
    expect(first.id).toBe(`p_${first.sha256.slice(0, 16)}`);
    const sizes = await Promise.all(([320, 1280, 2560] as const).map((side) => sharp(first.proxies[side]).metadata()));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [320, 160],
      [1280, 640],
      [2560, 1280],
    ]);
    const before = await stat(first.proxies[1280]);
    expect((await ingestFolder(folder, { proxyDir })).photos[0]).toEqual(first);
    expect((await stat(first.proxies[1280])).mtimeMs).toBe(before.mtimeMs);
    await writeFile(first.proxies[1280], 'torn');
    await ingestFolder(folder, { proxyDir });
    expect((await stat(first.proxies[1280])).size).toBe(before.size);
    expect((await readdir(proxyDir)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('takes the first 500 by name and names the rest', async () => {
    const folder = join(base, 'many');
    await mkdir(folder);
    for (let i = 0; i < MAX_PHOTOS + 2; i++) await writeFile(join(folder, `${i}.jpg`), 'x');
    const { rejected } = await ingestFolder(folder, { proxyDir: join(base, 'many-proxies') });
    const over = rejected.filter(({ code }) => code === 'too_many_photos').map(({ file }) => file);
    expect(over).toEqual(['500.jpg', '501.jpg']);
    expect(rejected).toHaveLength(MAX_PHOTOS + 2);
  });

  it('refuses a folder that is not there, and stops when asked', async () => {
    await expect(ingestFolder(join(base, 'none'), { proxyDir: base })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    const stop = new AbortController();
    stop.abort();
    await expect(
      ingestFolder(join(base, 'hostile'), { proxyDir: join(base, 'p2'), signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('survives 200 mutated files', async () => {
    const folder = join(base, 'mutated');
    await mkdir(folder);
    for await (const { name, bytes } of mutatedFiles(200, 7)) await writeFile(join(folder, name), bytes);
    const { photos, rejected } = await ingestFolder(folder, { proxyDir: join(base, 'mutated-proxies') });
    expect(photos.length + rejected.length).toBe(200);
    const codes = new Set<string>(ERROR_CODES);
    for (const { code, message } of rejected) {
      expect(codes.has(code) && code !== 'internal').toBe(true);
      expect(message.length).toBeGreaterThan(20);
    }
  });

  it('reads EXIF times and nothing else', () => {
    expect(isoTime('2024:02:30 10:00:00')).toBeDefined();
    expect(isoTime('0000:00:00 00:00:00')).toBeUndefined();
    expect(isoTime('    :  :     :  :  ')).toBeUndefined();
    expect(isoTime(undefined)).toBeUndefined();
  });
});
