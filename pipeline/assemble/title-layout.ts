/** Where a title's words, accent and logo stand in a frame, as SVG. Pure; `titles.node.ts` draws it. */
import type { TitleCard } from '../domain.ts';

/** Fonts in order of wish; the last is whatever sans-serif the machine has. */
export const TITLE_FONTS = 'Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif';
/** Text height as a share of the frame's shorter side: readable on a phone, quiet on a screen. */
const TEXT_SHARE = 0.062;
const SUBTEXT_SHARE = 0.032;
const CARD_TEXT_SHARE = 0.074;
const CARD_SUBTEXT_SHARE = 0.038;
/** Share of the frame's width a line may fill before it is broken or set smaller. */
const LINE_WIDTH = 0.84;
/** Advances in ems, semibold sans, generous on purpose: long lines are fitted by them. */
const LETTER_EMS = 0.62;
const CAPITAL_EMS = 0.76;
const BROAD_EMS = 1;
const WIDE_EMS = 1.05;
/** A text is broken into this many lines before it is set smaller than this share of the wished size. */
const LEAST_SIZE = 0.8;
const USUAL_LINES = 3;
/** What is longer still gets more lines, and words longer than a line are broken, before it is set smaller than this. */
const LEAST_LONG_SIZE = 0.55;
const MOST_LINES = 8;
const LINE_HEIGHT = 1.22;
/** How dark an end card makes the picture behind it. */
const CARD_SHADE = 0.62;

/** A box in pixels of the frame. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface TitleDrawing {
  readonly svg: string;
  /** Where the logo goes: fitted into it, kept at `anchor` of its width. Null when the title has none. */
  readonly logo: (Box & { readonly anchor: 'centre' | 'right' }) | null;
}

export function escapeXml(text: string): string {
  return [...text]
    .filter((c) => c >= ' ' || c === '\t' || c === '\n')
    .join('')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const WIDE =
  /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uff60\u{1f000}-\u{1faff}\u{20000}-\u{3ffff}]/u;
const BROAD = /[MWmw@%&—…©®ŒÆœæЖШЩЮФжшщюф]/u;
const UNSEEN = /[\p{M}\p{Cf}\p{Cc}]/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

function ems(text: string): number {
  let sum = 0;
  for (const c of text) {
    if (UNSEEN.test(c)) continue;
    if (WIDE.test(c)) sum += WIDE_EMS;
    else if (BROAD.test(c)) sum += BROAD_EMS;
    else sum += /\p{Lu}/u.test(c) ? CAPITAL_EMS : LETTER_EMS;
  }
  return sum;
}

/** A word in parts no wider than a line; letters keep their marks. */
function broken(word: string, limit: number): string[] {
  if (ems(word) <= limit) return [word];
  const out: string[] = [];
  let part = '';
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (part !== '' && ems(part + segment) > limit) {
      out.push(part);
      part = '';
    }
    part += segment;
  }
  return [...out, part];
}

/** The first letter that has a direction decides, as in Unicode's own rule for paragraphs. */
export function isRightToLeft(text: string): boolean {
  for (const c of text) {
    if (RIGHT_TO_LEFT.test(c)) return true;
    if (/\p{L}/u.test(c)) return false;
  }
  return false;
}

/** Pieces that a line may end after: words, their parts where they are longer than a line, and single letters of scripts that are written without spaces. */
function pieces(text: string, limit: number): string[] {
  const out: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    let plain = '';
    let first = true;
    for (const c of word) {
      if (WIDE.test(c)) {
        if (plain !== '') out.push(first ? ` ${plain}` : plain);
        out.push(plain === '' && first ? ` ${c}` : c);
        plain = '';
        first = false;
      } else plain += c;
    }
    const parts = plain === '' ? [] : broken(plain, limit);
    parts.forEach((part, i) => {
      out.push(first && i === 0 ? ` ${part}` : part);
    });
  }
  return out;
}

export interface FittedText {
  readonly lines: readonly string[];
  readonly size: number;
}

/**
 * Breaks a text into lines of nearly equal length and sets it as large as wished, or as the width allows. All of it is
 * shown whatever its length: more lines, then smaller.
 */
export function fitText(text: string, wished: number, width: number): FittedText {
  const parts = pieces(text, width / (wished * LEAST_LONG_SIZE));
  let best: FittedText = { lines: [], size: wished };
  for (let count = 1; count <= MOST_LINES; count++) {
    const lines = balanced(parts, count);
    const widest = Math.max(1e-6, ...lines.map(ems));
    const size = Math.min(wished, width / widest);
    if (best.lines.length === 0 || size > best.size) best = { lines, size };
    if (best.size >= wished * (count < USUAL_LINES ? LEAST_SIZE : LEAST_LONG_SIZE)) break;
  }
  return best;
}

/** The parts in `count` lines, the widest as narrow as a search to a hundredth of an em finds. */
function balanced(parts: readonly string[], count: number): string[] {
  const lay = (limit: number): string[] => {
    const lines: string[] = [];
    for (const part of parts) {
      const last = lines.at(-1);
      if (last !== undefined && ems(last + part) <= limit) lines[lines.length - 1] = last + part;
      else lines.push(part.trimStart());
    }
    return lines;
  };
  let low = 0;
  let high = ems(parts.join('')) + 1;
  while (high - low > 0.01) {
    const middle = (low + high) / 2;
    if (lay(middle).length <= count) high = middle;
    else low = middle;
  }
  return lay(high);
}

interface Line {
  readonly text: string;
  readonly size: number;
  readonly weight: number;
  readonly opacity: number;
  readonly spacing: number;
  /** Direction of the text that the line is a part of. */
  readonly rtl: boolean;
}

/** Scripts whose letters join or stack: they must not be parted. */
const JOINED = /[\u0600-\u08ff\u0900-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]/;

/** `side`: the edge of the frame that the text stands at, at `x`. */
function textSvg(
  { text, size, weight, opacity, spacing, rtl }: Line,
  x: number,
  y: number,
  side: 'left' | 'right' | 'centre',
): string {
  const direction = rtl ? ' direction="rtl"' : '';
  const end = (side === 'right') !== rtl ? ' text-anchor="end"' : '';
  const anchor = side === 'centre' ? ' text-anchor="middle"' : end;
  const letters = spacing > 0 && !rtl && !JOINED.test(text) ? ` letter-spacing="${(size * spacing).toFixed(2)}"` : '';
  return `<text x="${x}" y="${y.toFixed(1)}"${direction}${anchor}${letters} font-size="${size.toFixed(1)}" font-weight="${weight}" fill="#fff" fill-opacity="${opacity}">${escapeXml(text)}</text>`;
}

function linesOf(
  title: TitleCard,
  side: number,
  width: number,
  shares: readonly [number, number],
): { main: Line[]; sub: Line[] } {
  const of = (text: string, share: number, weight: number, opacity: number, spacing: number): Line[] => {
    // Spacing is a share of the size, added to every letter: the narrowest have LETTER_EMS.
    const { lines, size } = fitText(text, side * share, width / (1 + spacing / LETTER_EMS));
    const rtl = isRightToLeft(text);
    return lines.map((line) => ({ text: line, size, weight, opacity, spacing, rtl }));
  };
  return { main: of(title.text, shares[0], 600, 1, 0), sub: of(title.subtext ?? '', shares[1], 400, 0.92, 0.06) };
}

/** Lower third at the side where reading begins, or an end card over all of the picture. */
export function layTitle(title: TitleCard, width: number, height: number): TitleDrawing {
  const drawing = title.style === 'end_card' ? endCard(title, width, height) : lowerThird(title, width, height);
  return {
    ...drawing,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawing.svg}</svg>`,
  };
}

function lowerThird(title: TitleCard, width: number, height: number): TitleDrawing {
  const side = Math.min(width, height);
  const margin = Math.round(width * 0.07);
  const rtl = isRightToLeft(title.text);
  const { main, sub } = linesOf(title, side, width * LINE_WIDTH, [TEXT_SHARE, SUBTEXT_SHARE]);
  const mainHeight = (main[0]?.size ?? 0) * LINE_HEIGHT;
  const subHeight = (sub[0]?.size ?? 0) * 1.35;
  const bottom = height * 0.91;
  const x = rtl ? width - margin : margin;
  const out: string[] = [];
  sub.forEach((line, i) => {
    out.push(textSvg(line, x, bottom - subHeight * (sub.length - 1 - i), rtl ? 'right' : 'left'));
  });
  const base = bottom - (sub.length > 0 ? subHeight * (sub.length - 1) + (sub[0]?.size ?? 0) * 1.75 : side * 0.012);
  main.forEach((line, i) => {
    out.push(textSvg(line, x, base - mainHeight * (main.length - 1 - i), rtl ? 'right' : 'left'));
  });
  const top = base - mainHeight * (main.length - 1) - (main[0]?.size ?? 0) * 0.78;
  if (title.accent !== undefined) {
    const thick = Math.max(2, Math.round(side * 0.007));
    const bar = rtl ? x + Math.round(side * 0.02) : x - Math.round(side * 0.02) - thick;
    out.unshift(
      `<rect x="${bar}" y="${top.toFixed(1)}" width="${thick}" height="${(bottom - top + side * 0.006).toFixed(1)}" fill="${title.accent}"/>`,
    );
  }
  const shadeTop = Math.round(Math.min(height * 0.62, top - height * 0.12));
  const shade = `<defs><linearGradient id="shade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000" stop-opacity="0"/><stop offset="0.5" stop-color="#000" stop-opacity="0.4"/><stop offset="1" stop-color="#000" stop-opacity="0.66"/></linearGradient></defs><rect x="0" y="${shadeTop}" width="${width}" height="${height - shadeTop}" fill="url(#shade)"/>`;
  // Logos are often white, and so are ceilings.
  const logoShade = `<defs><linearGradient id="top" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000" stop-opacity="0.5"/><stop offset="1" stop-color="#000" stop-opacity="0"/></linearGradient></defs><rect width="${width}" height="${Math.round(height * 0.08 + side * 0.22)}" fill="url(#top)"/>`;
  const logoHeight = Math.round(side * 0.11);
  const logoWidth = Math.round(side * 0.36);
  const words = title.text.trim() === '' && (title.subtext ?? '').trim() === '';
  return {
    svg: `${words ? '' : shade}${title.logoId === undefined ? '' : logoShade}<g font-family="${TITLE_FONTS}">${out.join('')}</g>`,
    logo:
      title.logoId === undefined
        ? null
        : { x: width - margin - logoWidth, y: Math.round(height * 0.08), width: logoWidth, height: logoHeight, anchor: 'right' },
  }; // biome-ignore format: one object
}

function endCard(title: TitleCard, width: number, height: number): TitleDrawing {
  const side = Math.min(width, height);
  const { main, sub } = linesOf(title, side, width * LINE_WIDTH, [CARD_TEXT_SHARE, CARD_SUBTEXT_SHARE]);
  const mainHeight = (main[0]?.size ?? 0) * LINE_HEIGHT;
  const subHeight = (sub[0]?.size ?? 0) * 1.4;
  const logoHeight = title.logoId === undefined ? 0 : Math.round(side * 0.24);
  const gap = side * 0.045;
  const rule = title.accent === undefined ? 0 : Math.max(2, Math.round(side * 0.006));
  const blocks = [
    logoHeight,
    main.length * mainHeight,
    rule === 0 || main.length + sub.length === 0 ? 0 : rule,
    sub.length * subHeight,
  ].filter((block) => block > 0);
  let y = (height - blocks.reduce((sum, block) => sum + block, 0) - gap * Math.max(0, blocks.length - 1)) / 2;
  const out: string[] = [];
  const place = <T>(block: number, draw: (top: number) => T): T | undefined => {
    if (block <= 0) return undefined;
    const made = draw(y);
    y += block + gap;
    return made;
  };
  const logoWidth = Math.round(width * 0.5);
  const logo = place(logoHeight, (top) => ({
    x: Math.round((width - logoWidth) / 2), y: Math.round(top), width: logoWidth, height: logoHeight, anchor: 'centre' as const,
  })); // biome-ignore format: one object
  const lay = (lines: readonly Line[], step: number) => (top: number) => {
    lines.forEach((line, i) => {
      out.push(textSvg(line, width / 2, top + step * i + line.size * 0.86, 'centre'));
    });
  };
  place(main.length * mainHeight, lay(main, mainHeight));
  if (main.length + sub.length > 0)
    place(rule, (top) => {
      const long = Math.round(side * 0.14);
      out.push(
        `<rect x="${(width - long) / 2}" y="${top.toFixed(1)}" width="${long}" height="${rule}" fill="${title.accent}"/>`,
      );
    });
  place(sub.length * subHeight, lay(sub, subHeight));
  const shade = `<rect width="${width}" height="${height}" fill="#0b0d12" fill-opacity="${CARD_SHADE}"/>`;
  return { svg: `${shade}<g font-family="${TITLE_FONTS}">${out.join('')}</g>`, logo: logo ?? null };
}
