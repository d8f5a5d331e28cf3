/** Reports over made-up reviews: any text comes through and none of it runs; pictures are made one at a time. */
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Mark } from '../../pipeline/review.ts';
import type { ReviewClip, ReviewNote, TakeView } from './review-contract.ts';
import { marksSvg } from './review-marks.ts';
import { CSV_COLUMNS, csvReport, jsonReport, type ReportInput, reportSchema } from './review-report.ts';
import { htmlReport } from './review-report-html.ts';
import { csvRows } from './testing/csv.ts';

const HASH = 'a'.repeat(64);
const AT = '2026-11-23T10:20:30.000Z';
const take: TakeView = {
  specHash: HASH, number: 1, renderer: 'ken_burns', motion: 'push_in', amount: 0.5, seed: 0, frames: 60,
  frameRate: { num: 30, den: 1 }, width: 640, height: 360, verdict: 'pass', validationScore: 1,
  figures: [{ name: 'flicker', value: 0.1234567, limit: 1.5, pass: true }], reasons: [], renderSeconds: 1, bytes: 1,
  at: AT, current: true, file: 'present',
}; // biome-ignore format: a table reads better as a block

interface Words {
  readonly listing: string;
  readonly room: string;
  readonly photo: string;
  readonly name: string;
  readonly comment: string;
  readonly text: string;
}

function input(
  words: Words,
  notes = 1,
  pictureOf: ReportInput['pictureOf'] = async () => ({ missing: 'none' }),
): ReportInput {
  const person = { name: words.name, role: 'reviewer' } as const;
  const note = (n: number): ReviewNote => ({
    id: `n${n}`, clipId: 'c', specHash: HASH, inFrame: n, outFrame: n + 1, text: words.text, marks: [], author: person,
    at: AT, resolved: { by: person, at: AT },
  }); // biome-ignore format: one note
  const clip: ReviewClip = {
    clipId: 'c', index: 0, photoId: 'p', photoFile: words.photo, room: words.room, motion: 'push_in',
    renderer: 'ken_burns', amount: 0.5, seed: 0, allowedMotions: ['push_in'], startFrame: 90, durationFrames: 40,
    usedFrames: { first: 5, last: 44 }, moveFrames: 60, state: 'rendered', progress: null, place: null, error: null,
    review: 'rejected', takes: [take], downgradeReason: words.comment, estimateSeconds: null,
    notes: Array.from({ length: notes }, (_, n) => note(n)),
    decisions: [{ id: 'd', clipId: 'c', specHash: HASH, state: 'rejected', reason: 'other', comment: words.comment, reviewer: person, at: AT }],
    findings: [{ figure: 'flicker', sentence: words.text, severity: 'fail', firstFrame: 2, lastFrame: 3 }],
  }; // biome-ignore format: a table reads better as a block
  const listing = {
    id: 'l', name: words.listing, folder: '', status: 'in_review', photoCount: 1, rejectedCount: 0, attentionCount: 0,
    posterPhotoId: null, task: null, error: null, folderMissing: false, archived: false, createdAt: AT, updatedAt: AT,
    template: 'classic', targetSeconds: 30,
  } as const; // biome-ignore format: one card
  return {
    document: { listing, filmRevision: 3, frameRate: { num: 30, den: 1 }, clips: [clip], person },
    madeAt: AT,
    filmFrame: (_, frame) => (frame < 5 || frame >= 45 ? null : 90 + frame - 5),
    pictureOf,
    pictureOfClip: async () => ({ missing: 'none' }),
  };
}

async function whole(pieces: Iterable<string> | AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const nasty = fc.constantFrom(
  '=1+1', '+49', '@x', '-2', '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'", '&amp;', 'a\r\nb', 'a,b',
  'غرفة', '🛋️👩‍🎨', '</style><b>', '\u202e', 'javascript:alert(1)',
); // biome-ignore format: one list
const word = fc.oneof(
  nasty,
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.tuple(nasty, nasty).map(([a, b]) => a + b),
);
const words = fc.record({ listing: word, room: word, photo: word, name: word, comment: word, text: word });

test('any text comes through to CSV and JSON, and none of it is a formula or a tag', async () => {
  await fc.assert(
    fc.asyncProperty(words, async (said) => {
      const made = input(said);
      const csv = await whole(csvReport(made));
      const [head, clip, finding, decision, note] = csvRows(csv.slice(1));
      expect(head).toEqual([...CSV_COLUMNS]);
      for (const row of [clip, finding, decision, note]) {
        expect(row).toHaveLength(CSV_COLUMNS.length);
        for (const cell of row ?? []) expect(cell).not.toMatch(/^[\s\p{Cc}]*[=+@＝＋－＠-]/u);
      }
      const plain = (cell: string | undefined): string => cell?.replace(/^'/, '') ?? '';
      expect(plain(decision?.[11])).toBe(plain(said.comment));
      expect(plain(note?.[11])).toBe(plain(said.text));
      expect([note?.[6], note?.[7], note?.[8]]).toEqual(['0', '1', '']);

      const report = reportSchema.parse(JSON.parse(await whole(jsonReport(made))));
      expect(report.listing).toBe(said.listing);
      expect(report.clips[0]?.decisions[0]).toMatchObject({ comment: said.comment, by: { name: said.name } });
      expect(report.clips[0]?.notes[0]).toMatchObject({ text: said.text, inFrame: 0, filmFrame: null, picture: null });

      // With its own words taken out, the page is the same whatever was said: no text of a person is a tag.
      const tags = (html: string): string[] =>
        [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/ alt="[^"]*"/, ''));
      const html = await whole(htmlReport(made));
      const calm = input({ listing: 'a', room: 'a', photo: 'a', name: 'a', comment: 'a', text: 'a' });
      expect(tags(html)).toEqual(tags(await whole(htmlReport(calm))));
    }),
  );
});

test('five hundred notes: one picture is made when its piece is read, never two at once, and no more after the reader left', async () => {
  let asked = 0;
  let open = 0;
  let most = 0;
  const pictureOf: ReportInput['pictureOf'] = async () => {
    asked += 1;
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return { url: 'data:image/jpeg;base64,AAAA' };
  };
  const said: Words = { listing: 'House', room: 'Kitchen', photo: 'k.jpg', name: 'Ada', comment: '', text: 'x' };
  const made = input(said, 500, pictureOf);
  const report = reportSchema.parse(JSON.parse(await whole(jsonReport(made))));
  expect(report.clips[0]?.notes.map(({ filmFrame }) => filmFrame).slice(4, 7)).toEqual([null, 90, 91]);
  expect({ asked, most }).toEqual({ asked: 500, most: 1 });
  asked = 0;
  let pieces = 0;
  for await (const _ of htmlReport(made)) if (++pieces === 10) break;
  expect(asked).toBeLessThan(10);
});

test('any marks are drawn where they are, and nowhere else', async () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const mark = fc.record({
    tool: fc.constantFrom('pen', 'arrow', 'rectangle', 'ellipse'),
    points: fc.array(fc.tuple(part, part), { minLength: 2, maxLength: 8 }),
    colour: fc.constantFrom('red', 'yellow', 'white'),
  }) as fc.Arbitrary<Mark>;
  const [width, height] = [160, 90];
  await fc.assert(
    fc.asyncProperty(mark, async (one) => {
      const { data } = await sharp(Buffer.from(marksSvg([one], width, height)))
        .raw()
        .toBuffer({ resolveWithObject: true });
      const used = one.tool === 'pen' ? one.points : [one.points[0], one.points.at(-1)];
      const xs = used.map((point) => (point?.[0] ?? 0) * width);
      const ys = used.map((point) => (point?.[1] ?? 0) * height);
      // The line's half width and the arrow's head reach over the points.
      const over = one.tool === 'arrow' ? 7 : 4;
      let drawn = 0;
      for (let i = 0; i < width * height; i++) {
        if ((data[i * 4 + 3] ?? 0) === 0) continue;
        drawn += 1;
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
        expect(x).toBeGreaterThan(Math.min(...xs) - over);
        expect(x).toBeLessThan(Math.max(...xs) + over);
        expect(y).toBeGreaterThan(Math.min(...ys) - over);
        expect(y).toBeLessThan(Math.max(...ys) + over);
      }
      expect(drawn).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});
