/**
 * The storyboard sheet as layout: every shot's picture in film order with its number, time, room, move and transition,
 * on pages for a PDF or on one sheet for a PNG. Pure; sizes are points (1/72 inch), the origin is the top left.
 */
import type { Timeline, TimelineClip } from '../domain.ts';
import { frameToSeconds, rateToString } from '../time.ts';
import { clipStarts } from './clip-math.ts';
import { timecode } from './edit-list.ts';
import { motionWords, plural } from './words.ts';

export interface StoryboardNames {
  /** The address or the listing's name. */
  readonly title: string;
  /** Room of a clip as people call it; empty when unknown. */
  readonly roomOf: (clip: TimelineClip) => string;
}

export interface PictureBox {
  readonly clipId: string;
  readonly photoId: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TextBox {
  /** Left edge and baseline. */
  readonly x: number;
  readonly y: number;
  /** The text is set smaller or cut until it fits. */
  readonly width: number;
  readonly size: number;
  readonly weight: 400 | 600;
  readonly tone: 'ink' | 'muted';
  readonly align: 'left' | 'right';
  readonly text: string;
}

export interface StoryboardPage {
  readonly width: number;
  readonly height: number;
  readonly pictures: readonly PictureBox[];
  readonly texts: readonly TextBox[];
}

/** A4 across. */
const PAGE = { width: 841.89, height: 595.28 };
const MARGIN = 34;
const GAP = 14;
const HEAD = 44;
const FOOT = 18;
/** Three lines of text under a picture. */
const CAPTION = 36;
/** Widest sheet, points: 500 shots on one sheet stay a picture that programs open. */
const SHEET_COLUMNS = { least: 4, most: 20 };
const CELL_WIDTH = 200;

/** Pages of A4 across: four pictures in a row, more of an upright film so that two rows fit. */
export function storyboardPages(timeline: Timeline, names: StoryboardNames): StoryboardPage[] {
  const room = PAGE.height - 2 * MARGIN - HEAD - FOOT;
  let columns = 4;
  const cellFor = (count: number): Cell => cellOf(timeline, (PAGE.width - 2 * MARGIN - (count - 1) * GAP) / count);
  while (columns < 10 && 2 * cellFor(columns).height + GAP > room) columns++;
  const cell = cellFor(columns);
  const rows = Math.max(1, Math.floor((room + GAP) / (cell.height + GAP)));
  const perPage = rows * columns;
  const count = Math.max(1, Math.ceil(timeline.clips.length / perPage));
  return Array.from({ length: count }, (_, page) =>
    layPage(timeline, names, {
      ...PAGE,
      columns,
      cell,
      from: page * perPage,
      to: Math.min(timeline.clips.length, (page + 1) * perPage),
      foot: count > 1 ? `Page ${page + 1} of ${count}` : '',
    }),
  );
}

/** All shots on one sheet, about as wide as high. */
export function storyboardSheet(timeline: Timeline, names: StoryboardNames): StoryboardPage {
  const shots = timeline.clips.length;
  const cell = cellOf(timeline, CELL_WIDTH);
  const square = Math.ceil(Math.sqrt((shots * (cell.height + GAP) * 1.4) / (CELL_WIDTH + GAP)));
  const columns = Math.max(SHEET_COLUMNS.least, Math.min(SHEET_COLUMNS.most, square));
  const rows = Math.max(1, Math.ceil(shots / columns));
  return layPage(timeline, names, {
    width: 2 * MARGIN + columns * (CELL_WIDTH + GAP) - GAP,
    height: 2 * MARGIN + HEAD + rows * (cell.height + GAP) - GAP,
    columns,
    cell,
    from: 0,
    to: shots,
    foot: '',
  });
}

interface Cell {
  readonly width: number;
  readonly pictureHeight: number;
  readonly height: number;
}

function cellOf(timeline: Timeline, width: number): Cell {
  const pictureHeight = (width * timeline.height) / timeline.width;
  return { width, pictureHeight, height: pictureHeight + CAPTION };
}

interface PagePlan {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly cell: Cell;
  readonly from: number;
  readonly to: number;
  readonly foot: string;
}

function layPage(timeline: Timeline, names: StoryboardNames, plan: PagePlan): StoryboardPage {
  const { width, height, columns, cell, from, to } = plan;
  const { frameRate: rate, clips } = timeline;
  const starts = clipStarts(clips);
  const total = starts.at(-1) ?? 0;
  const inner = width - 2 * MARGIN;
  const seconds = frameToSeconds(total, rate).toFixed(1);
  const facts = `${motionWords(timeline.template)} · ${plural(clips.length, 'shot')} · ${seconds} s · ${timeline.width}×${timeline.height} at ${rateToString(rate)}`;
  const line = { size: 9, weight: 400, tone: 'muted', align: 'left' } as const;
  const texts: TextBox[] = [
    { x: MARGIN, y: MARGIN + 15, width: inner * 0.6, size: 16, weight: 600, tone: 'ink', align: 'left', text: names.title },
    { ...line, x: MARGIN + inner * 0.62, y: MARGIN + 15, width: inner * 0.38, align: 'right', text: facts },
  ]; // biome-ignore format: a row each
  if (plan.foot !== '') {
    texts.push({ ...line, x: MARGIN, y: height - MARGIN + 4, width: inner, align: 'right', text: plan.foot });
  }
  const pictures: PictureBox[] = [];
  for (let i = from; i < to; i++) {
    const clip = clips[i];
    if (clip === undefined) break;
    const place = i - from;
    const x = MARGIN + (place % columns) * (cell.width + GAP);
    const y = MARGIN + HEAD + Math.floor(place / columns) * (cell.height + GAP);
    pictures.push({
      clipId: clip.id,
      photoId: clip.photoId,
      x,
      y,
      width: cell.width,
      height: cell.pictureHeight,
    });
    const below = y + cell.pictureHeight;
    const length = `${frameToSeconds(clip.durationFrames, rate).toFixed(1)} s`;
    const room = names.roomOf(clip);
    texts.push(
      { ...line, x, y: below + 12, width: cell.width * 0.78, size: 9.5, weight: 600, tone: 'ink', text: `${i + 1}  ${capital(room)}`.trim() },
      { ...line, x: x + cell.width * 0.78, y: below + 12, width: cell.width * 0.22, align: 'right', tone: 'ink', text: length },
      { ...line, x, y: below + 23, width: cell.width, size: 8, text: `${timecode(starts[i] ?? 0, rate)}  ${motionWords(clip.motion)}` },
    ); // biome-ignore format: a row each
    const into = clip.transitionIn.frames === 0 ? [] : [`${capital(motionWords(clip.transitionIn.type))} in`];
    const third = [...into, ...titlesIn(timeline, starts[i] ?? 0, starts[i + 1] ?? total)].join(' · ');
    if (third !== '') texts.push({ ...line, x, y: below + 33, width: cell.width, size: 8, text: third });
  }
  return { width, height, pictures, texts };
}

/** Titles that begin during a shot. */
function titlesIn(timeline: Timeline, from: number, to: number): string[] {
  return timeline.titles
    .filter((title) => title.startFrame >= from && title.startFrame < to)
    .map(({ text, subtext = '' }) => `Title: ${[text, subtext].filter((part) => part !== '').join(', ') || 'logo'}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
