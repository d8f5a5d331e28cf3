/** Reports over the real host: everything that was said, escaped, each note with the exact frame that it is about. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { reportUrl } from './review-contract.ts';
import { CSV_COLUMNS, reportSchema } from './review-report.ts';
import { csvRows } from './testing/csv.ts';
import { ask, type HostChild, hostChild } from './testing/host.node.ts';
import { smallFilm } from './testing/renders.node.ts';
import { paintedNumber, TakeMaker } from './testing/reviews.node.ts';

const base = mkdtempSync(join(tmpdir(), 'review-reports-'));
const FRAMES = 24;
let host: HostChild;
let id = '';
let clipIds: readonly string[] = [];
let hashes: readonly string[] = [];

beforeAll(async () => {
  await smallListing(join(base, 'photos'), 3);
  host = await hostChild({ home: join(base, 'home') });
  const film = await smallFilm(host, join(base, 'photos'), { count: 3, frames: FRAMES });
  id = film.id;
  clipIds = film.clips.map((clip) => clip.id);
  const takes = await TakeMaker.open(join(base, 'home'), id);
  // The third one is not rendered.
  hashes = [await takes.put(clipIds[0] ?? ''), await takes.put(clipIds[1] ?? '')];
  await takes.close();
  await host.studio.person.set.mutate({ name: 'Ada <b>', role: 'reviewer' });
});
afterAll(async () => {
  await host?.kill();
  rmSync(base, { recursive: true, force: true });
});

const evil = '=cmd|calc!A1 <script>alert("x")</script> غرفة النوم 🛋️ "two"\nlines';

test('reports hold every decision and note, escaped, each note with its exact frame and its marks drawn over it', async () => {
  const specHash = hashes[1] ?? '';
  const marks = [{ tool: 'rectangle' as const, points: [[0.25, 0.5], [0.75, 0.9]] as [number, number][], colour: 'red' as const }]; // biome-ignore format: one mark
  const wanted = [0, 1, 11, 12, 13, FRAMES - 1];
  for (const frame of wanted)
    await host.studio.review.addNote.mutate({
      id,
      note: { clipId: clipIds[1] ?? '', specHash, inFrame: frame, outFrame: FRAMES - 1, text: evil, marks },
    });
  await host.studio.review.decide.mutate({
    id,
    decision: { clipId: clipIds[1] ?? '', specHash, state: 'rejected', reason: 'other', comment: evil },
  });
  const get = async (what: 'report.csv' | 'report.json' | 'report.html') => {
    const answer = await ask(host.target, reportUrl(id, what));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename=".+ review\.(csv|json|html)"/);
    return answer.body.toString('utf8');
  };
  const { clips } = await host.studio.review.get.query({ id });

  const report = reportSchema.parse(JSON.parse(await get('report.json')));
  expect(report.clips.map(({ id: clip, state }) => [clip, state])).toEqual(
    clips.map(({ clipId: clip, review }) => [clip, review]),
  );
  expect(report.clips.map(({ decisions }) => decisions.length)).toEqual(clips.map(({ decisions }) => decisions.length));
  const notes = report.clips[1]?.notes.filter(({ text }) => text === evil) ?? [];
  expect(notes.map(({ inFrame }) => inFrame)).toEqual(wanted);
  for (const { inFrame, picture, filmFrame } of notes) {
    const jpeg = Buffer.from((picture ?? '').replace('data:image/jpeg;base64,', ''), 'base64');
    expect(await paintedNumber(jpeg)).toBe(inFrame);
    expect(filmFrame).toBe(FRAMES + inFrame);
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    const pixel = (x: number, y: number): number[] => {
      const at = (Math.round(y * info.height) * info.width + Math.round(x * info.width)) * 3;
      return [...data.subarray(at, at + 3)];
    };
    for (const [x, y] of [[0.5, 0.5], [0.5, 0.9], [0.25, 0.7], [0.75, 0.7]] as const) {
      const [r = 0, g = 0, b = 0] = pixel(x, y);
      expect(r - Math.max(g, b)).toBeGreaterThan(80);
    } // biome-ignore format: four sides
    const [r = 0, g = 0, b = 0] = pixel(0.5, 0.7);
    expect(Math.max(Math.abs(r - 130), Math.abs(g - 130), Math.abs(b - 130))).toBeLessThan(8);
  }

  const html = await get('report.html');
  expect(html).not.toMatch(/<script/i);
  expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; غرفة النوم 🛋️');
  expect(html).not.toMatch(/(?:src|href)="(?!data:image\/jpeg;base64,)/);
  expect([...html.matchAll(/class="none">([^<]*)/g)].map((found) => found[1])).toEqual(['Not rendered.']);
  expect(html.match(/<img /g)?.length).toBe(clips.length - 1 + clips.reduce((sum, clip) => sum + clip.notes.length, 0));

  const csv = await get('report.csv');
  expect(csv.charCodeAt(0)).toBe(0xfeff);
  const [head, ...rows] = csvRows(csv.slice(1));
  expect(head).toEqual([...CSV_COLUMNS]);
  const entries = (kind: string) => rows.filter((row) => row[4] === kind);
  expect(entries('clip')).toHaveLength(clips.length);
  expect(entries('decision')).toHaveLength(clips.reduce((sum, clip) => sum + clip.decisions.length, 0));
  expect(entries('note')).toHaveLength(clips.reduce((sum, clip) => sum + clip.notes.length, 0));
  const texts = entries('note').filter((row) => row[0] === '2' && row[11]?.includes('cmd'));
  expect(texts.map((row) => [row[6], row[11]])).toEqual(wanted.map((frame) => [String(frame), `'${evil}`]));
  expect(rows.some((row) => row.some((cell) => /^[=+@-]/.test(cell)))).toBe(false);

  expect((await ask(host.target, `/review/${id}/report.pdf`)).status).toBe(404);
  expect((await ask(host.target, reportUrl('nobody', 'report.csv'))).status).toBe(404);
});
