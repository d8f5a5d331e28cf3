import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Timeline } from '../domain.ts';
import { jpegPdf } from './pdf.ts';
import { storyboardPdf, storyboardPng } from './storyboard.node.ts';
import { type StoryboardPage, storyboardPages, storyboardSheet } from './storyboard.ts';
import { madeFilm } from './testing.ts';

const NAMES = { title: 'Elm Street 12', roomOf: (clip: Timeline['clips'][number]) => `room ${clip.clusterId}` };
const many = (count: number): Timeline => {
  const film = madeFilm('classic', 24);
  const clips = Array.from({ length: count }, (_, i) => ({ ...(film.clips[i % film.clips.length] as Timeline['clips'][number]), id: `c${i}` })); // biome-ignore format: one line
  return { ...film, clips };
};

/** No two pictures touch, and everything lies on the page. */
function expectTidy(page: StoryboardPage): void {
  for (const [i, a] of page.pictures.entries()) {
    expect(a.x).toBeGreaterThan(0);
    expect(a.x + a.width).toBeLessThan(page.width);
    expect(a.y + a.height).toBeLessThan(page.height);
    for (const b of page.pictures.slice(i + 1)) {
      expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
    }
  }
  for (const text of page.texts) {
    expect(text.x).toBeGreaterThan(0);
    expect(text.x + text.width).toBeLessThan(page.width + 0.01);
    expect(text.y).toBeLessThan(page.height - 8);
    // No text lies in a picture.
    for (const box of page.pictures) {
      const beside = text.x >= box.x + box.width || text.x + text.width <= box.x;
      expect(beside || text.y - text.size >= box.y + box.height || text.y <= box.y).toBe(true);
    }
  }
}

describe('layout', () => {
  it.each([1, 4, 13, 37])('puts %i shots in film order on tidy pages and on one sheet', (count) => {
    for (const shape of [
      { width: 1920, height: 1080 },
      { width: 1080, height: 1920 },
      { width: 1080, height: 1080 },
    ]) {
      const film = { ...many(count), ...shape };
      const pages = storyboardPages(film, NAMES);
      expect(pages.flatMap((page) => page.pictures.map((box) => box.clipId))).toEqual(film.clips.map(({ id }) => id));
      const sheet = storyboardSheet(film, NAMES);
      expect(sheet.pictures.map((box) => box.clipId)).toEqual(film.clips.map(({ id }) => id));
      for (const page of [...pages, sheet]) expectTidy(page);
      for (const box of sheet.pictures) expect(box.width / box.height).toBeCloseTo(shape.width / shape.height, 6);
    }
  });

  it('says number, room, time, move, transition, length and titles', () => {
    const film = madeFilm('classic', 24);
    const [page] = storyboardPages(film, NAMES);
    const texts = page?.texts.map((box) => box.text) ?? [];
    expect(texts[0]).toBe('Elm Street 12');
    expect(texts[1]).toMatch(/^classic · \d+ shots · 24\.\d s · 1920×1080 at 30$/);
    expect(texts).toContain(`1  Room ${film.clips[0]?.clusterId}`);
    expect(texts).toContain('00:00:00:00  push in');
    expect(texts).toContain('Dip black in · Title: Elm Street, 12');
    expect(storyboardPages(many(40), NAMES).map((one) => one.texts.find((text) => text.text.startsWith('Page'))?.text)).toEqual(['Page 1 of 4', 'Page 2 of 4', 'Page 3 of 4', 'Page 4 of 4']); // biome-ignore format: one row
  });

  it('keeps 500 shots on one sheet of a shape that can be shown', () => {
    const sheet = storyboardSheet(many(500), NAMES);
    expect(sheet.pictures).toHaveLength(500);
    expect(sheet.height / sheet.width).toBeLessThan(1.5);
  });
});

/** Objects of a PDF by number, read through its own table of places. */
function parsePdf(file: Uint8Array): Map<number, string> {
  const text = Buffer.from(file).toString('latin1');
  expect(text.startsWith('%PDF-1.4\n')).toBe(true);
  const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
  const rows = [...text.slice(table).matchAll(/^(\d{10}) 00000 n $/gm)];
  expect(text.slice(table)).toMatch(new RegExp(`^xref\n0 ${rows.length + 1}\n0000000000 65535 f \n`));
  return new Map(
    rows.map((row, i) => {
      const at = Number(row[1]);
      const body = text.slice(at, text.indexOf('endobj', at));
      expect(body.startsWith(`${i + 1} 0 obj\n`)).toBe(true);
      return [i + 1, body];
    }),
  );
}

describe('files', () => {
  let folder = '';
  const colours = ['#c03020', '#2050c0', '#20a040'];
  const pictureOf = (photoId: string): string | undefined => {
    const i = photoId.charCodeAt(0) % 4;
    return i === 3 ? undefined : join(folder, `${i}.jpg`);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'storyboard-'));
    for (const [i, background] of colours.entries()) {
      await sharp({ create: { width: 320, height: 213, channels: 3, background } })
        .jpeg()
        .toFile(join(folder, `${i}.jpg`));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a PNG sheet shows the pictures at their places and black text on white', async () => {
    const film = madeFilm('classic', 24);
    const fractions: number[] = [];
    const onProgress = ({ fraction }: { fraction: number }): void => void fractions.push(fraction);
    const png = await storyboardPng({ ...NAMES, timeline: film, pictureOf, onProgress });
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const sheet = storyboardSheet(film, NAMES);
    const scale = info.width / sheet.width;
    expect(info.height).toBe(Math.round(sheet.height * scale));
    const pixel = (x: number, y: number): number[] => {
      const at = (Math.round(y * scale) * info.width + Math.round(x * scale)) * info.channels;
      return [...data.subarray(at, at + 3)];
    };
    expect(pixel(5, 5)).toEqual([255, 255, 255]);
    for (const box of sheet.pictures) {
      const i = box.photoId.charCodeAt(0) % 4;
      const hex = colours[i] ?? '#e5e7eb';
      const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      pixel(box.x + 10, box.y + 10).forEach((value, channel) => {
        expect(Math.abs(value - (wanted[channel] ?? 0))).toBeLessThan(6);
      });
    }
    // Dark pixels under the first picture: its caption was drawn.
    const [first] = sheet.pictures;
    const { x = 0, y = 0, width = 0, height = 0 } = first ?? {};
    let dark = 0;
    for (let v = y + height + 2; v < y + height + 14; v += 0.5) {
      for (let u = x; u < x + width; u += 0.5) if ((pixel(u, v)[0] ?? 255) < 120) dark++;
    }
    expect(dark).toBeGreaterThan(40);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions).toHaveLength(film.clips.length);
  });

  it('a PDF has a page for each of the layout, each one JPEG of the size it says', async () => {
    const film = { ...madeFilm('classic', 24), clips: many(14).clips };
    const pdf = await storyboardPdf({ ...NAMES, title: 'Улица (12)', timeline: film, pictureOf });
    const objects = parsePdf(pdf);
    expect(objects.get(2)).toContain('/Count 2 /Kids [4 0 R 7 0 R]');
    expect(objects.get(3)).toContain('/Title <FEFF0423043B043804460430002000280031003200290020'.slice(0, 40));
    for (const number of [6, 9]) {
      const body = objects.get(number) ?? '';
      const stream = Buffer.from(body.slice(body.indexOf('stream\n') + 7, body.lastIndexOf('\nendstream')), 'latin1');
      expect(body).toContain(`/Length ${stream.length} `);
      const { width, height, format, channels } = await sharp(stream).metadata();
      expect([format, channels]).toEqual(['jpeg', 3]);
      expect(body).toContain(`/Width ${width} /Height ${height} `);
      expect(width / height).toBeCloseTo(841.89 / 595.28, 2);
    }
  });

  it('stops when asked, names a picture that cannot be read, and refuses a PDF without pages', async () => {
    const timeline = madeFilm('classic', 24);
    await expect(storyboardPng({ ...NAMES, timeline, pictureOf, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' }); // biome-ignore format: one line
    await expect(storyboardPdf({ ...NAMES, timeline, pictureOf: () => join(folder, 'none.jpg') })).rejects.toMatchObject({ file: join(folder, 'none.jpg') }); // biome-ignore format: one line
    expect(() => jpegPdf([], 'x')).toThrow(/at least one page/);
  });
});
