/** Delivery over the real host: guarded, made in the background, verified, handed over whole. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { approveAll, delivered, FILM_FRAMES, framesOf, renderedFilm, sha256 } from './testing/deliveries.node.ts';
import { ask } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';

const { base, photos, start } = testHosts('deliveries', 3, 'listings/4_alder_court');
const refused = async (call: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return z.object({ data: z.object({ picaivid: z.object({ code: z.string(), message: z.string() }) }) }).parse(error)
    .data.picaivid;
};

test('a film goes out when every clip is signed: verified, whole, with its provenance; a second one replaces it', async () => {
  const host = await start('signed');
  const { delivery, person, review } = host.studio;
  await person.set.mutate({ name: 'Ana', role: 'producer' });
  const { id, clipIds } = await renderedFilm(host, photos);
  const before = await delivery.get.query({ id });
  expect(before.settings.outputs).toEqual([{ shape: '16:9', resolution: '1080p', fps: 30 }]);
  expect(before.totalFrames).toBe(FILM_FRAMES);
  expect(before.blockers.map(({ kind, clipId }) => [kind, clipId])).toEqual(
    clipIds.map((clipId) => ['unapproved', clipId]),
  );
  expect((await refused(delivery.start.mutate({ id, override: null }))).message).toContain(
    '3 of 3 clips are not approved',
  );

  await approveAll(host, id);
  const ready = await delivery.get.query({ id });
  expect(ready.blockers).toEqual([]);
  expect(ready.listing.status).toBe('approved');
  await person.set.mutate({ name: 'Eve', role: 'editor' });
  expect(await refused(delivery.start.mutate({ id, override: null }))).toMatchObject({ code: 'forbidden_role' });
  await person.set.mutate({ name: 'Ana', role: 'producer' });
  await delivery.start.mutate({ id, override: null });
  const done = await delivered(host, id);
  const [made] = done.deliveries;
  expect(made).toMatchObject({ state: 'done', by: { name: 'Ana' }, override: null, folderMissing: false, error: null });
  expect(done.listing.status).toBe('delivered');
  const [film] = made?.films ?? [];
  expect(film).toMatchObject({ name: '4_alder_court_16x9_1080p30.mp4', state: 'done', error: null });
  expect(film?.verification.length).toBeGreaterThan(5);
  expect(film?.verification.every(({ pass }) => pass)).toBe(true);
  const folder = made?.folder ?? '';
  expect(folder).toBe(join(base, 'listings', '4_alder_court film'));
  const path = join(folder, film?.name ?? '');
  expect(await framesOf(path)).toEqual({ width: 1920, height: 1080, frames: FILM_FRAMES });
  expect(film?.bytes).toBe(readFileSync(path).length);
  const provenance = z
    .object({ films: z.array(z.object({ file: z.string(), sha256: z.string() })) })
    .parse(JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8')));
  expect(provenance.films).toMatchObject([{ file: basename(path), sha256: sha256(path) }]);
  for (const name of ['poster.jpg', 'originals.html', 'timeline.otio'])
    expect(existsSync(join(folder, name)), name).toBe(true);
  const named = [...readFileSync(join(folder, 'timeline.otio'), 'utf8').matchAll(/"target_url": ?"([^"]+)"/g)];
  expect(named.map(([, at]) => at)).toEqual(clipIds.map((_, at) => join(folder, 'originals', `0${at + 1}-clip.mp4`)));
  for (const [, at = ''] of named) expect(existsSync(at), at).toBe(true);
  // What it was made from is cleared away, and nothing lies about half-written.
  expect(readdirSync(join(base, 'signed', 'assembly'))).toEqual([]);
  expect(readdirSync(folder).filter((name) => /part|tmp|~/.test(name))).toEqual([]);

  const answer = await ask(host.target, `/delivery/${made?.id}/${film?.name}`, { headers: { range: 'bytes=0-99' } });
  expect([answer.status, answer.body.length]).toEqual([206, 100]);
  for (const bad of ['..%2Fprovenance.json', 'provenance.json', 'other.mp4'])
    expect((await ask(host.target, `/delivery/${made?.id}/${bad}`)).status, bad).toBe(404);

  // Another loudness: another delivery into the same folder, and both are told of.
  await delivery.set.mutate({ id, changes: { loudnessLufs: -16 } });
  await delivery.start.mutate({ id, override: null });
  const again = await delivered(host, id);
  expect(again.deliveries.map(({ state, settings }) => [state, settings.loudnessLufs])).toEqual([['done', -16], ['done', -14]]); // biome-ignore format: one list

  // A refused clip stands in the way again; somebody may vouch for it, and that is said.
  const clip = (await review.get.query({ id })).clips[0];
  const specHash = clip?.takes.find(({ current }) => current)?.specHash ?? '';
  const decision = { clipId: clip?.clipId ?? '', specHash, state: 'rejected' as const, reason: 'exposure' as const };
  await review.decide.mutate({ id, decision });
  expect((await delivery.get.query({ id })).blockers).toMatchObject([{ kind: 'unapproved', clipId: clip?.clipId }]);
  await delivery.start.mutate({ id, override: { name: 'Bo', reason: 'The owner wants it today' } });
  const vouched = await delivered(host, id);
  expect(vouched.deliveries[0]).toMatchObject({
    state: 'done',
    override: { name: 'Bo', reason: 'The owner wants it today' },
  });
  expect(vouched.listing.status).toBe('delivered');
  expect(readFileSync(join(folder, 'provenance.json'), 'utf8')).toContain('The owner wants it today');

  // Two months later: of all takes only the one that no film ever asked for is cleared away.
  const takes = join(base, 'signed', 'takes');
  const needed = readdirSync(takes).sort();
  const loose = join(takes, 'e'.repeat(64));
  mkdirSync(loose);
  const past = new Date(Date.now() - 60 * 24 * 3_600_000);
  for (const name of readdirSync(takes)) {
    for (const file of readdirSync(join(takes, name))) utimesSync(join(takes, name, file), past, past);
    utimesSync(join(takes, name), past, past);
  }
  await host.studio.storage.clearCaches.mutate();
  expect(readdirSync(takes).sort()).toEqual(needed);
}, 240_000);

test('a clip that was altered, or is not signed any more, stops a delivery, and a killed one goes on', async () => {
  const host = await start('altered');
  await host.studio.person.set.mutate({ name: 'Ana', role: 'producer' });
  const { id, clipIds } = await renderedFilm(host, photos);
  await approveAll(host, id);
  const takes = join(base, 'altered', 'takes');
  const clip = (await host.studio.renders.get.query({ id })).clips[1];
  const file = join(takes, clip?.takes.find(({ current }) => current)?.specHash ?? '', 'clip.mp4');
  const whole = readFileSync(file);
  const bent = Buffer.from(whole);
  bent[bent.length - 100] = (bent[bent.length - 100] ?? 0) ^ 0xff;
  writeFileSync(file, bent);
  expect((await host.studio.delivery.get.query({ id })).blockers).toMatchObject([
    { kind: 'file_altered', clipId: clipIds[1] },
  ]);
  expect(
    await refused(host.studio.delivery.start.mutate({ id, override: { name: 'Bo', reason: 'whatever it is' } })),
  ).toMatchObject({ code: 'transition_refused' });
  writeFileSync(file, whole);

  // A signature that is taken back while the delivery waits: it ends there, and says at which clip.
  const decide = async (state: 'approved' | 'changes_requested'): Promise<void> => {
    const review = (await host.studio.review.get.query({ id })).clips[1];
    const specHash = review?.takes.find(({ current }) => current)?.specHash ?? '';
    const decision = {
      clipId: review?.clipId ?? '',
      specHash,
      state,
      comment: state === 'approved' ? '' : 'Too fast.',
    };
    await host.studio.review.decide.mutate({ id, decision });
  };
  const { task } = await host.studio.delivery.start.mutate({ id, override: null });
  await host.studio.tasks.pause.mutate({ id: task?.id ?? '' });
  await decide('changes_requested');
  await host.studio.tasks.resume.mutate({ id: task?.id ?? '' });
  const ended = await delivered(host, id);
  expect(ended.deliveries).toMatchObject([{ state: 'failed', error: { code: 'transition_refused', message: expect.stringContaining('clip 2, was approved when') } }]); // biome-ignore format: one shape
  expect(ended.deliveries[0]?.films[0]?.state).not.toBe('done');
  await decide('approved');

  await host.studio.delivery.start.mutate({ id, override: null });
  await host.kill('SIGKILL');
  const next = await start('altered');
  const done = await delivered(next, id);
  expect(done.deliveries[0]).toMatchObject({ state: 'done', films: [{ state: 'done' }] });
  expect(done.listing.status).toBe('delivered');
  expect(
    await framesOf(join(done.deliveries[0]?.folder ?? '', done.deliveries[0]?.films[0]?.name ?? '')),
  ).toMatchObject({ frames: FILM_FRAMES });
}, 240_000);
