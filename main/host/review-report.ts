/**
 * The review of a film as files for people and programs elsewhere: CSV, JSON, HTML. Pure, and in pieces: a picture is
 * asked for when its piece is written, so that one is in memory at a time however many notes there are.
 */
import { z } from 'zod';
import { REASON_WORDS, REJECT_REASONS, REVIEW_STATES, STATE_WORDS } from '../../pipeline/review.ts';
import { ROLES } from '../../pipeline/roles.ts';
import { csvCell, timecode } from '../../pipeline/timeline/edit-list.ts';
import { motionWords } from '../../pipeline/timeline/words.ts';
import type { Person, ReviewClip, ReviewDocument, ReviewNote, TakeView } from './review-contract.ts';

/** A frame as a data URL, or a sentence that says why there is none. */
export type ReportPicture = { readonly url: string } | { readonly missing: string };

export interface ReportInput {
  readonly document: ReviewDocument;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** Frame of the film that shows this frame of the clip's current take; null where the film cuts it off. */
  readonly filmFrame: (clipId: string, frame: number) => number | null;
  /** The note's first frame, its marks drawn over it. */
  readonly pictureOf: (note: ReviewNote) => Promise<ReportPicture>;
  /** The first frame of the clip that the film shows. */
  readonly pictureOfClip: (clip: ReviewClip) => Promise<ReportPicture>;
}

export const stateOfClip = (clip: ReviewClip): string => STATE_WORDS[clip.review];
export const takeOf = (clip: ReviewClip): TakeView | undefined => clip.takes.find(({ current }) => current);
export const takeNumber = (clip: ReviewClip, specHash: string): number | null =>
  clip.takes.find((take) => take.specHash === specHash)?.number ?? null;

// ───────────────────────────── CSV ─────────────────────────────

export const CSV_COLUMNS = [
  'Shot', 'Room', 'Photo', 'Clip state', 'Entry', 'Take', 'First frame', 'Last frame', 'Film timecode', 'What',
  'Reason', 'Text', 'Marks', 'By', 'Role', 'Time (UTC)', 'Resolved by', 'Resolved at (UTC)', 'Take hash',
] as const; // biome-ignore format: one glance

/**
 * RFC 4180 in UTF-8 with a byte order mark, no cell that a spreadsheet would run. A row for each clip, then one for each
 * of its findings, decisions and notes; the columns Shot to Clip state are the same in all of them.
 */
export function* csvReport({ document, filmFrame }: ReportInput): Generator<string> {
  const line = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  yield `\ufeff${line(CSV_COLUMNS)}`;
  for (const clip of document.clips) {
    const start = [clip.index + 1, clip.room, clip.photoFile, stateOfClip(clip)];
    const current = takeOf(clip);
    const at = (specHash: string, frame: number): string => {
      const shown = specHash === current?.specHash ? filmFrame(clip.clipId, frame) : null;
      return shown === null ? '' : timecode(shown, document.frameRate);
    };
    const take = (specHash: string): string | number => takeNumber(clip, specHash) ?? '';
    const verdict =
      current === undefined ? 'Not rendered' : `${rendererWords(current)}, validation: ${current.verdict}`;
    yield line([
      ...start, 'clip', current?.number ?? '', clip.usedFrames.first, clip.usedFrames.last,
      timecode(clip.startFrame, document.frameRate), verdict, '', clip.downgradeReason ?? '', '', '', '',
      current?.at ?? '', '', '', current?.specHash ?? '',
    ]); // biome-ignore format: in the order of the columns
    for (const { firstFrame, lastFrame, severity, sentence } of clip.findings)
      yield line([
        ...start, 'finding', current?.number ?? '', firstFrame, lastFrame, at(current?.specHash ?? '', firstFrame),
        severity, '', sentence, '', '', '', '', '', '', current?.specHash ?? '',
      ]); // biome-ignore format: in the order of the columns
    for (const { specHash, state, reason, comment, reviewer, at: time } of clip.decisions)
      yield line([
        ...start, 'decision', take(specHash), '', '', '', STATE_WORDS[state],
        reason === null ? '' : REASON_WORDS[reason], comment, '', reviewer.name, reviewer.role, time, '', '', specHash,
      ]); // biome-ignore format: in the order of the columns
    for (const note of clip.notes)
      yield line([
        ...start, 'note', take(note.specHash), note.inFrame, note.outFrame, at(note.specHash, note.inFrame),
        note.resolved === null ? 'Open' : 'Resolved', '', note.text, note.marks.length, note.author.name,
        note.author.role, note.at, note.resolved?.by.name ?? '', note.resolved?.at ?? '', note.specHash,
      ]); // biome-ignore format: in the order of the columns
  }
}

export const rendererWords = ({ renderer, motion, amount }: TakeView): string =>
  `${motionWords(renderer)}, ${motionWords(motion)}, ${Math.round(amount * 100)} % of the move`;

// ───────────────────────────── JSON ─────────────────────────────

const signed = z.object({ name: z.string(), role: z.enum(ROLES) });
const frame = z.int().min(0);
/** What the .json file holds: `version` counts up when something of it changes its meaning. */
export const reportSchema = z.object({
  format: z.literal('picaivid-review'),
  version: z.literal(1),
  /** ISO 8601, UTC, as all times in it. */
  madeAt: z.string(),
  listing: z.string(),
  /** Counts every change of the film. */
  filmRevision: z.int(),
  frameRate: z.object({ num: z.int(), den: z.int() }),
  clips: z.array(
    z.object({
      id: z.string(),
      /** From 1. */
      shot: z.int(),
      room: z.string(),
      photo: z.string(),
      state: z.enum(REVIEW_STATES),
      /** In the film. */
      startFrame: frame,
      durationFrames: frame,
      /** The take that the film shows; null while it is not rendered. Frames of a take count from 0. */
      take: z
        .object({
          specHash: z.string(),
          number: z.int(),
          renderer: z.string(),
          motion: z.string(),
          amount: z.number(),
          seed: z.int(),
          frames: frame,
          verdict: z.enum(['pass', 'fail']),
          validationScore: z.number(),
          figures: z.array(z.object({ name: z.string(), value: z.number(), limit: z.number(), pass: z.boolean() })),
          renderedAt: z.string(),
        })
        .nullable(),
      findings: z.array(
        z.object({
          figure: z.string(),
          severity: z.enum(['attention', 'fail']),
          sentence: z.string(),
          firstFrame: frame,
          lastFrame: frame,
        }),
      ),
      /** Of every take, oldest first. */
      decisions: z.array(
        z.object({
          specHash: z.string(),
          take: z.int().nullable(),
          state: z.enum(REVIEW_STATES),
          reason: z.enum(REJECT_REASONS).nullable(),
          comment: z.string(),
          by: signed,
          at: z.string(),
        }),
      ),
      notes: z.array(
        z.object({
          specHash: z.string(),
          take: z.int().nullable(),
          inFrame: frame,
          outFrame: frame,
          /** Frame of the film that shows `inFrame`; null where the film does not show it. */
          filmFrame: frame.nullable(),
          text: z.string(),
          /** Points are parts of the picture's width and height from the top left. */
          marks: z.array(
            z.object({ tool: z.string(), points: z.array(z.tuple([z.number(), z.number()])), colour: z.string() }),
          ),
          by: signed,
          at: z.string(),
          resolved: z.object({ by: signed, at: z.string() }).nullable(),
          /** `inFrame` as a data URL (JPEG), its marks drawn over it; null where its file is not there as rendered. */
          picture: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type ReviewReport = z.infer<typeof reportSchema>;

/** The text of the .json file, after `reportSchema`. */
export async function* jsonReport(input: ReportInput): AsyncGenerator<string> {
  const { document, madeAt } = input;
  const head: Omit<ReviewReport, 'clips'> = {
    format: 'picaivid-review',
    version: 1,
    madeAt,
    listing: document.listing.name,
    filmRevision: document.filmRevision,
    frameRate: document.frameRate,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"clips":[`;
  for (const [index, clip] of document.clips.entries()) {
    const { notes: _notes, ...rest } = jsonClip(clip);
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(rest).slice(0, -1)},"notes":[`;
    for (const [place, note] of clip.notes.entries())
      yield `${place === 0 ? '' : ','}\n${JSON.stringify(await jsonNote(input, clip, note))}`;
    yield ']}';
  }
  yield '\n]}\n';
}

const person = ({ name, role }: Person): Person => ({ name, role });

function jsonClip(clip: ReviewClip): ReviewReport['clips'][number] {
  const take = takeOf(clip);
  return {
    id: clip.clipId,
    shot: clip.index + 1,
    room: clip.room,
    photo: clip.photoFile,
    state: clip.review,
    startFrame: clip.startFrame,
    durationFrames: clip.durationFrames,
    take:
      take === undefined
        ? null
        : {
            specHash: take.specHash,
            number: take.number,
            renderer: take.renderer,
            motion: take.motion,
            amount: take.amount,
            seed: take.seed,
            frames: take.frames,
            verdict: take.verdict,
            validationScore: take.validationScore,
            figures: take.figures.map(({ name, value, limit, pass }) => ({ name, value, limit, pass })),
            renderedAt: take.at,
          },
    findings: clip.findings.map((finding) => ({ ...finding })),
    decisions: clip.decisions.map(({ specHash, state, reason, comment, reviewer, at }) => ({
      specHash,
      take: takeNumber(clip, specHash),
      state,
      reason,
      comment,
      by: person(reviewer),
      at,
    })),
    notes: [],
  };
}

async function jsonNote(
  { filmFrame, pictureOf }: ReportInput,
  clip: ReviewClip,
  note: ReviewNote,
): Promise<ReviewReport['clips'][number]['notes'][number]> {
  const { specHash, inFrame, outFrame, text, marks, author, at, resolved } = note;
  const picture = await pictureOf(note);
  return {
    specHash,
    take: takeNumber(clip, specHash),
    inFrame,
    outFrame,
    filmFrame: specHash === takeOf(clip)?.specHash ? filmFrame(clip.clipId, inFrame) : null,
    text,
    marks: marks.map(({ tool, points, colour }) => ({ tool, points: [...points], colour })),
    by: person(author),
    at,
    resolved: resolved === null ? null : { by: person(resolved.by), at: resolved.at },
    picture: 'url' in picture ? picture.url : null,
  };
}
