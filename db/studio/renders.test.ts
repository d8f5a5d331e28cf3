/** Takes, choices and the queue of renders in SQLite and Postgres. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClipSpec, Take } from '../../pipeline/domain.ts';
import { specHash } from '../../pipeline/render/clip.node.ts';
import { madeFilm } from '../../pipeline/timeline/testing.ts';
import { type Database, openMigrated } from '../open.node.ts';
import { startTestPostgres } from '../testing/postgres.node.ts';
import { FilmStore } from './films.node.ts';
import { currentTake, RenderStore } from './renders.node.ts';
import { studioStore } from './store.node.ts';

const base = mkdtempSync(join(tmpdir(), 'picaivid-renders-'));
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(base, { recursive: true, force: true });
});

const spec = (more: Partial<ClipSpec> = {}): ClipSpec => ({
  photoSha256: 'a'.repeat(64),
  depthSha256: null,
  motion: 'push_in',
  amount: 0.5,
  renderer: 'ken_burns',
  frames: 30,
  frameRate: { num: 30, den: 1 },
  width: 64,
  height: 36,
  focus: { x: 0.5, y: 0.5 },
  seed: 0,
  ...more,
});
const take = (of: ClipSpec, verdict: 'pass' | 'fail' = 'pass'): Take => ({
  specHash: specHash(of),
  spec: of,
  path: '/made/elsewhere/clip.mp4',
  frames: of.frames,
  validationScore: 0.9,
  verdict,
  figures: [],
  reasons: verdict === 'pass' ? [] : ['The picture freezes.'],
  renderSeconds: 1,
});
const file = (bytes: number) => ({ sha256: bytes.toString(16).padStart(64, '0'), bytes, mtimeMs: bytes + 0.25 });

describe.each(['sqlite', 'postgres'] as const)('renders on %s', (dialect) => {
  let database: Database;
  let store: RenderStore;
  let made = 0;
  beforeAll(async () => {
    database = await openMigrated(dialect === 'sqlite' ? join(base, 'renders.db') : await postgres.createDatabase());
    store = new RenderStore(database);
  });
  afterAll(() => database.close());

  async function film(): Promise<{ id: string; jobId: string; clips: string[] }> {
    made += 1;
    const listing = { name: `L${made}`, folder: `/l/${made}`, template: 'classic', targetSeconds: 24 } as const;
    const { id, jobId } = await studioStore(database).createListing(listing);
    const timeline = madeFilm('classic', 24, `r${dialect}${made}-`);
    await new FilmStore(database).create(id, timeline, { settings: {}, sourceKey: 'k' });
    return { id, jobId, clips: timeline.clips.map((clip) => clip.id) };
  }
  const shown = async (clipId: string, asked: ClipSpec): Promise<string | undefined> =>
    currentTake((await store.facts([clipId]))(clipId), specHash(asked))?.specHash;

  test('the take of what is asked is current: the last rung of a ladder, and again when an edit is undone', async () => {
    const { clips } = await film();
    const [clipId = ''] = clips;
    const deep = spec({ renderer: 'depth_parallax' });
    const flat = spec();
    const still = spec({ motion: 'static' });
    const ladder = [take(deep, 'fail'), take(flat)];
    const files = new Map([
      [specHash(deep), file(10)],
      [specHash(flat), file(20)],
    ]);
    const rendered = { clipId, takes: ladder, chosen: take(flat), downgradeReason: 'It failed.' };
    for (let twice = 0; twice < 2; twice++) await store.saveRendered(rendered, specHash(deep), files);
    expect(await shown(clipId, deep)).toBe(specHash(flat));
    const facts = (await store.facts([clipId]))(clipId);
    expect(facts.takes.map(({ take: one, ...row }) => [one, row.sha256, row.bytes, row.mtimeMs, row.downgradeReason])).toEqual([
      [ladder[0], file(10).sha256, 10, 10.25, null],
      [ladder[1], file(20).sha256, 20, 20.25, 'It failed.'],
    ]); // biome-ignore format: one row a take
    // Nothing was rendered for the flat move itself; asked for, its take of before is found and named.
    expect(await shown(clipId, flat)).toBeUndefined();
    await store.saveRendered({ clipId, takes: [take(flat)], chosen: take(flat) }, specHash(flat), files);
    expect(await shown(clipId, flat)).toBe(specHash(flat));
    await store.saveRendered({ clipId, takes: [take(still)], chosen: take(still) }, specHash(still), new Map());
    expect(await shown(clipId, still)).toBe(specHash(still));
    expect(await shown(clipId, deep)).toBe(specHash(flat));
    // A person's choice stays, whatever is rendered anew.
    await store.choose(clipId, specHash(deep), specHash(deep));
    await store.saveRendered(rendered, specHash(deep), files);
    expect(await shown(clipId, deep)).toBe(specHash(deep));
    expect((await store.facts([clipId]))(clipId).takes).toHaveLength(3);
  });

  test('clips that share frames share what is recorded of the file', async () => {
    const { clips, jobId } = await film();
    const [a = '', b = ''] = clips;
    const one = spec({ amount: made / 100 });
    const hash = specHash(one);
    for (const [clipId, bytes] of [[a, 5], [b, 5], [a, 6]] as const)
      await store.saveRendered({ clipId, takes: [take(one)], chosen: take(one) }, hash, new Map([[hash, file(bytes)]])); // biome-ignore format: one loop
    const facts = await store.facts([a, b]);
    expect([a, b].map((clipId) => facts(clipId).takes.map(({ sha256, bytes }) => [sha256, bytes]))).toEqual([
      [[file(6).sha256, 6]],
      [[file(6).sha256, 6]],
    ]);
    expect((await store.take(jobId, a, hash))?.clipId).toBe(a);
    expect(await store.take('another job', a, hash)).toBeUndefined();
    expect(await store.take(jobId, a, '0'.repeat(64))).toBeUndefined();
  });

  test('a request is one row a clip: asked anew it is replaced, and only its listing’s are touched', async () => {
    const { id, clips } = await film();
    const other = await film();
    const [a = '', b = '', c = ''] = clips;
    const [foreign = ''] = other.clips;
    const ask = (clipId: string, amount: number) => ({ clipId, askedHash: specHash(spec({ amount })), spec: spec({ amount }) }); // biome-ignore format: one line
    await store.enqueue(id, [ask(a, 0.1), ask(b, 0.2), ask(c, 0.3)], () => 0);
    await store.enqueue(other.id, [ask(foreign, 0.4)], () => 1);
    await store.update(a, { state: 'failed', error: { code: 'disk_full', message: 'Full.' } });
    await store.update(b, { state: 'running' });
    await store.prioritise(id, [c]);
    const rows = async () =>
      new Map(
        (await store.requests(id)).map((one) => [
          one.clipId,
          [one.state, one.priority, one.spec.amount, one.error?.code],
        ]),
      );
    expect(await rows()).toEqual(
      new Map([
        [a, ['failed', 0, 0.1, 'disk_full']],
        [b, ['running', 0, 0.2, undefined]],
        [c, ['queued', 1, 0.3, undefined]],
      ]),
    );
    await store.requeueRunning(id);
    await store.enqueue(id, [ask(a, 0.9)], () => 1);
    await store.update(b, { wanted: { askedHash: specHash(spec({ amount: 0.7 })), spec: spec({ amount: 0.7 }) } });
    await store.drop(id, [c], ['running']);
    expect(await rows()).toEqual(
      new Map([
        [a, ['queued', 1, 0.9, undefined]],
        [b, ['queued', 0, 0.7, undefined]],
        [c, ['queued', 1, 0.3, undefined]],
      ]),
    );
    await store.drop(id, 'all');
    expect(await rows()).toEqual(new Map());
    expect(await store.requests(other.id)).toMatchObject([{ clipId: foreign, priority: 1 }]);
  });

  test('another seed asks for other frames', async () => {
    const { clips } = await film();
    const [clipId = ''] = clips;
    await store.setSeed(clipId, 2_147_483_647);
    expect((await store.facts([clipId]))(clipId).seed).toBe(2_147_483_647);
    expect((await store.facts(['nobody']))('nobody')).toEqual({
      seed: 0,
      takes: [],
      choices: new Map(),
      reviews: new Map(),
    });
  });
});
