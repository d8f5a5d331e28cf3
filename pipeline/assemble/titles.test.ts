import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TitleCard } from '../domain.ts';
import { missingLetters } from './glyphs.node.ts';
import { fitText, isRightToLeft, layTitle } from './title-layout.ts';
import { drawTitle, titlePng } from './titles.node.ts';

const card = (more: Partial<TitleCard>): TitleCard => ({
  id: 't',
  startFrame: 0,
  durationFrames: 90,
  text: '',
  ...more,
});
const ADDRESS = '1428 Upper Wimbledon Park Side Gardens North, Apartment 27B, Southfields, London SW19 6LN';
const LOGO = 'a'.repeat(64);

describe('layout', () => {
  test('a short text stays as wished, a long address gets lines of nearly equal length, no word is lost', () => {
    expect(fitText('12 Garden Road', 22, 540)).toEqual({ lines: ['12 Garden Road'], size: 22 });
    const long = fitText(ADDRESS, 22, 540);
    expect(long.lines.length).toBe(2);
    expect(long.lines.join(' ')).toBe(ADDRESS);
    expect(long.size).toBeGreaterThan(17);
    expect(fitText('花园路十二号东方花园', 40, 200).lines).toEqual(['花园路十二', '号东方花园']);
    expect(fitText('', 22, 540).lines).toEqual([]);
  });

  test('any words in any order keep their order and fit the width by their own measure', () => {
    const words = fc.array(fc.constantFrom('a', 'Road', 'Straße', 'Київ', '路', 'x'.repeat(60), '12'), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(words, (list) => {
        const { lines, size } = fitText(list.join(' '), 30, 500);
        expect(lines.length).toBeLessThanOrEqual(8);
        expect(lines.join('').replaceAll(' ', '')).toBe(list.join(''));
        expect(size > 0 && size <= 30).toBe(true);
      }),
    );
  });

  test('the first letter with a direction decides where a line begins', () => {
    expect(['12 شارع', 'בית 12', '12 Road بيت', '12', ''].map(isRightToLeft)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(layTitle(card({ text: 'شارع الحديقة' }), 640, 360).svg).toMatch(/<text x="595" y="[\d.]+" direction="rtl"/);
    expect(layTitle(card({ text: 'Garden Road' }), 640, 360).svg).toMatch(/<text x="45" y="[\d.]+" font-size/);
  });

  test('each line has its own direction and stands at the side of the first; joined letters are not parted', () => {
    const texts = (text: string, subtext: string): string[] =>
      [...layTitle(card({ text, subtext }), 640, 360).svg.matchAll(/<text ([^>]*?) font-size/g)].map(
        ([, attributes = '']) => attributes.replace(/ y="[^"]*"/, ''),
      );
    expect(texts('Villa', 'أربع غرف نوم')).toEqual(['x="45" direction="rtl" text-anchor="end"', 'x="45"']);
    expect(texts('בית הגן', 'Four rooms')).toEqual([
      expect.stringMatching(/^x="595" text-anchor="end" letter-spacing="[\d.]+"$/),
      'x="595" direction="rtl"',
    ]);
    expect(texts('Villa', 'Rooms غرف')).toEqual(['x="45"', 'x="45"']);
  });

  test('sizes follow the frame: twice as large in 4K as in 1080p', () => {
    const sizes = (width: number, height: number): number[] =>
      [
        ...layTitle(card({ text: ADDRESS, subtext: 'Four bedrooms' }), width, height).svg.matchAll(
          /font-size="([\d.]+)"/g,
        ),
      ].map(([, size]) => Number(size));
    const small = sizes(1920, 1080);
    expect(small.length).toBe(3);
    sizes(3840, 2160).forEach((size, i) => {
      expect(Math.abs(size / (small[i] ?? 0) - 2)).toBeLessThan(0.01);
    });
  });

  test('what is written is drawn as text, never as markup', () => {
    const { svg } = layTitle(card({ text: '<script>&"', subtext: "a'b\u0007" }), 640, 360);
    expect(svg).toContain('>&#60;script&#62;&#38;&#34;</text>');
    expect(svg).toContain('>a&#39;b</text>');
  });
});

describe('drawing', () => {
  let dir: string;
  let logo: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-titles-'));
    logo = join(dir, 'logo.png');
    await sharp({ create: { width: 300, height: 100, channels: 4, background: '#ff0000' } })
      .png()
      .toFile(logo);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const pixels = async (title: TitleCard, logoOf?: () => string | undefined) => {
    const { data } = await sharp(await titlePng(title, 640, 360, logoOf))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return (x: number, y: number): number[] => [...data.subarray(4 * (y * 640 + x), 4 * (y * 640 + x) + 4)];
  };

  test('a lower third leaves the picture’s upper part alone and has its accent beside the text', async () => {
    const at = await pixels(card({ text: '12 Garden Road', subtext: 'Four bedrooms', accent: '#00ff00' }));
    expect([at(10, 10), at(320, 180)]).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    const column = Array.from({ length: 360 }, (_, y) => at(37, y));
    expect(column.some(([r, g, b, a]) => r === 0 && g === 255 && b === 0 && a === 255)).toBe(true);
  });

  test('an end card darkens all, with the logo in the middle above the words; alone it stands in the centre', async () => {
    const at = await pixels(
      card({ text: 'Anna Keller', accent: '#00ff00', logoId: LOGO, style: 'end_card' }),
      () => logo,
    );
    expect([at(5, 5)[3], at(634, 354)[3]]).toEqual([158, 158]);
    expect(at(320, 110)).toEqual([255, 0, 0, 255]);
    const alone = await pixels(card({ logoId: LOGO, style: 'end_card' }), () => logo);
    expect([alone(320, 180), alone(320, 110)[3]]).toEqual([[255, 0, 0, 255], 158]);
  });

  test('a logo that is gone or damaged is said', async () => {
    const title = card({ text: 'Home', logoId: LOGO });
    await expect(drawTitle(title, 640, 360)).rejects.toThrow(
      'The logo of this film is not there any more. Choose it again.',
    );
    const broken = join(dir, 'broken.png');
    await writeFile(broken, 'no picture');
    await expect(drawTitle(title, 640, 360, () => broken)).rejects.toMatchObject({ code: 'image_damaged' });
  });

  // Letters wider than any average, a word longer than a line, and more than anyone writes.
  test.each([
    ['W'.repeat(90), '@'.repeat(70)],
    ['MW WM '.repeat(9), 'x'.repeat(200)],
    [`${ADDRESS}. `.repeat(4), ADDRESS],
    ['שדרות רוטשילד '.repeat(12), 'حديقة '.repeat(30)],
  ])('all of a long text stays in the safe area of every frame: %s', async (text, subtext) => {
    const frames: [number, number][] = [[640, 360], [360, 640], [360, 360]]; // biome-ignore format: rows
    for (const style of ['lower_third', 'end_card'] as const)
      for (const [width, height] of frames) {
        const png = await titlePng(card({ text, subtext, style }), width, height);
        const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
        let [left, right, top, bottom]: [number, number, number, number] = [width, 0, height, 0];
        for (let i = 0; i < width * height; i++) {
          if ((data[4 * i] as number) < 200 || (data[4 * i + 3] as number) < 100) continue;
          left = Math.min(left, i % width);
          right = Math.max(right, i % width);
          top = Math.min(top, Math.floor(i / width));
          bottom = Math.max(bottom, Math.floor(i / width));
        }
        expect(left / width).toBeGreaterThan(0.05);
        expect(right / width).toBeLessThan(0.95);
        expect(right).toBeGreaterThan(left);
        expect(top / height).toBeGreaterThan(0.05);
        expect(bottom / height).toBeLessThan(0.95);
      }
  });

  test('emoji that no font has are called emoji, with their skin tones and flags', async () => {
    if ((await missingLetters('👍🏽🇬🇧')).length < 4) return; // a machine with an emoji font draws them
    await expect(titlePng(card({ text: 'OK 👍🏽 🇬🇧' }), 64, 64)).rejects.toMatchObject({
      code: 'bad_usage',
      message: expect.stringContaining('Install a font with emoji (Noto has all)'),
    });
  });

  // Fonts are looked up once in a process.
  test.runIf(process.platform === 'linux')('a computer without any font is told so', async () => {
    await mkdir(join(dir, 'none'));
    await writeFile(
      join(dir, 'fonts.conf'),
      `<?xml version="1.0"?><fontconfig><dir>${join(dir, 'none')}</dir></fontconfig>`,
    );
    const script = join(import.meta.dirname, 'titles.node.ts');
    const code = `const { titlePng } = await import(process.argv[1]); await titlePng({ id: 't', startFrame: 0, durationFrames: 9, text: 'Home' }, 64, 64).then(() => console.log('drawn'), (error) => console.log(error.code, error.message));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code, script], {
      env: { ...process.env, FONTCONFIG_FILE: join(dir, 'fonts.conf') },
    });
    expect(stdout).toMatch(/^bad_usage Titles cannot be drawn: this computer has no font\./);
  });

  // Which scripts have fonts is the machine's affair; private numbers have none anywhere.
  test('letters that no font has are named and refused; drawn ones are not', async () => {
    expect(await missingLetters('12 rue de l’Église — ñ ü ß \u200f')).toEqual([]);
    expect(await missingLetters('Home \u{10fff0}\u{10fff0}')).toEqual(['\u{10fff0}']);
    await expect(drawTitle(card({ text: 'A', subtext: 'B \u{10fff0}' }), 64, 64)).rejects.toMatchObject({
      code: 'bad_usage',
      message: expect.stringMatching(/^The title “B .” cannot be drawn: no font on this computer has ./u),
    });
  });
});
