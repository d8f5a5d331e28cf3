/** What Deliver says: outputs, loudness, blockers, deliveries. Pure. */
import type {
  Blocker,
  DeliverDocument,
  DeliveredFilm,
  DeliveryOutput,
  DeliveryView,
} from '../../../main/host/review-contract.ts';
import { FRAME_SIZES, type FrameShape } from '../../../main/host/timeline-contract.ts';
import type { OfListing } from '../../shell/routes.ts';
import type { ChipTone } from '../../ui/index.ts';

export const SHAPE_WORDS: Readonly<Record<FrameShape, string>> = {
  '16:9': 'Wide, 16:9',
  '9:16': 'Tall, 9:16',
  '1:1': 'Square, 1:1',
};
export const SHAPE_USE: Readonly<Record<FrameShape, string>> = {
  '16:9': 'Portals, YouTube, television',
  '9:16': 'Reels, Stories, TikTok',
  '1:1': 'Feeds',
};

/** Pixels of an output. */
export function sizeOf(output: DeliveryOutput): { readonly width: number; readonly height: number } {
  const { width, height } = FRAME_SIZES[output.shape];
  const times = output.resolution === '4k' ? 2 : 1;
  return { width: width * times, height: height * times };
}

/** `Wide 1920 × 1080, 30 frames a second` */
export function outputWords(output: DeliveryOutput): string {
  const { width, height } = sizeOf(output);
  return `${SHAPE_WORDS[output.shape].split(',')[0]} ${width} × ${height}, ${output.fps} frames a second`;
}

export const sameOutput = (a: DeliveryOutput, b: DeliveryOutput): boolean =>
  a.shape === b.shape && a.resolution === b.resolution && a.fps === b.fps;

/** Indices of outputs that stand above already: the same film twice. */
export function repeated(outputs: readonly DeliveryOutput[]): ReadonlySet<number> {
  return new Set(
    outputs.flatMap((output, at) => (outputs.slice(0, at).some((other) => sameOutput(output, other)) ? [at] : [])),
  );
}

/** A shape that is not there yet, like the last one otherwise: what “Add” adds. */
export function nextOutput(outputs: readonly DeliveryOutput[]): DeliveryOutput {
  const last = outputs.at(-1) ?? { shape: '16:9', resolution: '1080p', fps: 30 };
  for (const resolution of [last.resolution, last.resolution === '4k' ? '1080p' : '4k'] as const)
    for (const shape of ['16:9', '9:16', '1:1'] as const) {
      const wish: DeliveryOutput = { ...last, shape, resolution };
      if (!outputs.some((output) => sameOutput(output, wish))) return wish;
    }
  const fps = ([24, 25, 30, 60] as const).find((rate) => !outputs.some((output) => output.fps === rate)) ?? last.fps;
  return { ...last, fps };
}

const at30 = (shape: FrameShape, resolution: DeliveryOutput['resolution'] = '1080p'): DeliveryOutput => ({
  shape,
  resolution,
  fps: 30,
});
export const PRESETS: readonly { readonly name: string; readonly note: string; readonly outputs: DeliveryOutput[] }[] =
  [
    { name: 'Web + social', note: '16:9, 9:16, 1:1', outputs: [at30('16:9'), at30('9:16'), at30('1:1')] },
    { name: 'Web', note: '16:9', outputs: [at30('16:9')] },
    { name: 'Social', note: '9:16, 1:1', outputs: [at30('9:16'), at30('1:1')] },
    { name: 'Web and 4K', note: '16:9 twice', outputs: [at30('16:9'), at30('16:9', '4k')] },
    { name: 'Broadcast, 25', note: '16:9', outputs: [{ ...at30('16:9'), fps: 25 }] },
  ];

/** Integrated loudness by use, LUFS. */
export const LOUDNESS: readonly { readonly lufs: number; readonly words: string; readonly note: string }[] = [
  { lufs: -14, words: 'Web, −14 LUFS', note: 'YouTube and social media play it as it is' },
  { lufs: -16, words: 'Mobile, −16 LUFS', note: 'Apple and podcasts' },
  { lufs: -23, words: 'Broadcast, −23 LUFS', note: 'Europe, EBU R 128' },
  { lufs: -24, words: 'Broadcast, −24 LUFS', note: 'North America, ATSC A/85' },
];
export const lufsWords = (lufs: number): string => `${String(lufs).replace('-', '−')} LUFS`;

const PLACE: Readonly<Record<Blocker['kind'], { readonly screen: OfListing; readonly verb: string }>> = {
  no_film: { screen: 'timeline', verb: 'Open the timeline' },
  not_rendered: { screen: 'renders', verb: 'Open in Renders' },
  unapproved: { screen: 'review', verb: 'Open in Review' },
  file_missing: { screen: 'renders', verb: 'Open in Renders' },
  file_altered: { screen: 'renders', verb: 'Open in Renders' },
  music_missing: { screen: 'timeline', verb: 'Open the timeline' },
  voice_over: { screen: 'deliver', verb: 'Change it below' },
  photo_missing: { screen: 'rooms', verb: 'Open in Rooms' },
};
export const placeOf = (blocker: Blocker): { readonly screen: OfListing; readonly verb: string } => PLACE[blocker.kind];

/** Whether the way is free, free with a name and a reason, or not free; and why in one line. */
export function gateOf(document: Pick<DeliverDocument, 'blockers'>): {
  readonly state: 'open' | 'override' | 'closed';
  readonly words: string;
} {
  const { blockers } = document;
  const hard = blockers.filter(({ kind }) => kind !== 'unapproved').length;
  const soft = blockers.length - hard;
  const things = (count: number): string => (count === 1 ? 'One thing stands' : `${count} things stand`);
  if (hard > 0) return { state: 'closed', words: `${things(blockers.length)} in the way` };
  if (soft > 0)
    return { state: 'override', words: soft === 1 ? 'One clip is not approved' : `${soft} clips are not approved` };
  return { state: 'open', words: 'Nothing stands in the way' };
}

interface Said {
  readonly words: string;
  readonly tone: ChipTone;
}
export const DELIVERY_STATES: Readonly<Record<DeliveryView['state'], Said>> = {
  waiting: { words: 'Waiting', tone: 'neutral' },
  running: { words: 'At work', tone: 'neutral' },
  done: { words: 'Delivered', tone: 'pass' },
  failed: { words: 'Failed', tone: 'fail' },
  cancelled: { words: 'Cancelled', tone: 'attention' },
};
/** A film that is done is in the folder only once its delivery is. */
export const FILM_STATES: Readonly<Record<DeliveredFilm['state'], Said>> = {
  waiting: { words: 'Waiting', tone: 'neutral' },
  running: { words: 'At work', tone: 'neutral' },
  done: { words: 'Verified', tone: 'pass' },
  failed: { words: 'Failed', tone: 'fail' },
};

/** `All 14 checks passed`, `2 of 14 checks failed`. */
export function checksWords(film: Pick<DeliveredFilm, 'verification'>): string {
  const { length } = film.verification;
  const failed = film.verification.filter((line) => !line.pass).length;
  if (failed > 0) return `${failed} of ${length} checks failed`;
  return length === 1 ? 'The one check passed' : `All ${length} checks passed`;
}

/** A figure of the verification as it is set: with a minus, where the file's plain text has a hyphen. */
export const withMinus = (text: string): string => text.replace(/(^|[^\w.-])-(?=\d)/g, '$1−');

/** `1,150 of 1,350 frames copied as they were rendered`; empty when nobody counted. */
export function copiedWords(film: Pick<DeliveredFilm, 'copiedFrames' | 'encodedFrames'>): string {
  if (film.copiedFrames === null || film.encodedFrames === null) return '';
  const total = film.copiedFrames + film.encodedFrames;
  const number = (value: number): string => value.toLocaleString('en');
  return film.copiedFrames === 0
    ? `${number(total)} frames`
    : `${number(film.copiedFrames)} of ${number(total)} frames copied as they were rendered`;
}

/** `1:05.2`: minutes, seconds and tenths. */
export function clockWords(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const rest = ((tenths % 600) / 10).toFixed(1);
  return `${Math.floor(tenths / 600)}:${rest.padStart(4, '0')}`;
}

/** Seconds as a person types them, with a point or a comma; null for anything else. */
export function readSeconds(text: string): number | null {
  const clean = text.trim().replace(',', '.');
  return /^\d{1,4}(\.\d{1,3})?$/.test(clean) ? Number(clean) : null;
}
