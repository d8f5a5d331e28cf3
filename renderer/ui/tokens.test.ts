/** Contrast of both themes, computed from the file that the pages load. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const CSS = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
type Rgba = readonly [number, number, number, number];

/** The custom properties of the rule whose selector list contains `selector`. */
function theme(selector: string): ReadonlyMap<string, string> {
  const start = CSS.indexOf(selector);
  if (start === -1) throw new Error(`tokens.css has no ${selector}`);
  const body = CSS.slice(CSS.indexOf('{', start) + 1, CSS.indexOf('}', start));
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}

function colour(tokens: ReadonlyMap<string, string>, name: string): Rgba {
  const hex = /^#([0-9a-f]{6})([0-9a-f]{2})?$/i.exec(tokens.get(name) ?? '');
  if (!hex) throw new Error(`--${name} is not a six- or eight-digit colour`);
  const part = (at: number): number => Number.parseInt((hex[1] ?? '').slice(at, at + 2), 16);
  return [part(0), part(2), part(4), hex[2] === undefined ? 1 : Number.parseInt(hex[2], 16) / 255];
}

const over = (top: Rgba, under: Rgba): Rgba => {
  const mix = (a: number, b: number): number => a * top[3] + b * (1 - top[3]);
  return [mix(top[0], under[0]), mix(top[1], under[1]), mix(top[2], under[2]), 1];
};

/** Relative luminance of WCAG 2. */
function luminance([r, g, b]: Rgba): number {
  const linear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
function contrast(a: Rgba, b: Rgba): number {
  const [high, low] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const SURFACES = ['bg', 'panel', 'raised', 'hover', 'field'];
const THEMES = { dark: theme(':root[data-theme="dark"]'), light: theme(':root[data-theme="light"]') };

test('the formula gives the known values', () => {
  expect(contrast([0, 0, 0, 1], [255, 255, 255, 1])).toBeCloseTo(21, 6);
  expect(contrast([119, 119, 119, 1], [255, 255, 255, 1])).toBeCloseTo(4.48, 2);
});

test('both themes have the same names', () => {
  expect([...THEMES.light.keys()]).toEqual([...THEMES.dark.keys()]);
});

for (const [name, tokens] of Object.entries(THEMES)) {
  const below = (least: number, pairs: readonly (readonly [string, Rgba, Rgba])[]): string[] =>
    pairs.filter(([, a, b]) => contrast(a, b) < least).map(([what, a, b]) => `${what} ${contrast(a, b).toFixed(2)}`);

  test(`${name}: every text reads on every surface`, () => {
    const texts = ['text', 'text-2', 'text-3', 'accent', 'pass', 'attention', 'fail'];
    const pairs = texts.flatMap((text) =>
      SURFACES.map((surface) => [`${text} on ${surface}`, colour(tokens, text), colour(tokens, surface)] as const),
    );
    expect(below(4.5, pairs)).toEqual([]);
  });

  test(`${name}: a tinted chip reads on every surface`, () => {
    const pairs = ['accent', 'pass', 'attention', 'fail'].flatMap((tone) =>
      SURFACES.map((surface) => {
        const tint = over(colour(tokens, `${tone}-soft`), colour(tokens, surface));
        return [`${tone} chip on ${surface}`, colour(tokens, tone), tint] as const;
      }),
    );
    expect(below(4.5, pairs)).toEqual([]);
  });

  test(`${name}: words on filled buttons and on photographs`, () => {
    const veil = (photo: Rgba): Rgba => over(colour(tokens, 'photo-veil'), photo);
    const pairs = [
      ['accent-ink on accent', colour(tokens, 'accent-ink'), colour(tokens, 'accent')],
      ['accent-ink on accent-hover', colour(tokens, 'accent-ink'), colour(tokens, 'accent-hover')],
      ['fail-ink on fail-solid', colour(tokens, 'fail-ink'), colour(tokens, 'fail-solid')],
      ['on-photo on a white photo', colour(tokens, 'on-photo'), veil([255, 255, 255, 1])],
      ['on-photo on a black photo', colour(tokens, 'on-photo'), veil([0, 0, 0, 1])],
    ] as const;
    expect(below(4.5, pairs)).toEqual([]);
  });

  test(`${name}: edges of fields and the focus ring are seen`, () => {
    const pairs = ['field-line', 'accent'].flatMap((edge) =>
      SURFACES.map((surface) => [`${edge} on ${surface}`, colour(tokens, edge), colour(tokens, surface)] as const),
    );
    expect(below(3, pairs)).toEqual([]);
  });
}
