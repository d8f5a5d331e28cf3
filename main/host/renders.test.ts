/** Rendering over the real host: only what changed, in the background, with takes that come back when an edit is undone. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventStream } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';
import { rendersDone, smallFilm } from './testing/renders.node.ts';

const { base, photos, start } = testHosts('renders', 3);

test('a film is rendered clip by clip; an edit asks for one clip anew, and undoing it brings the take back', async () => {
  const host = await start('whole');
  const { renders, timeline } = host.studio;
  const { id, clips } = await smallFilm(host, photos);
  const before = await renders.get.query({ id });
  expect(before.clips.map((clip) => [clip.clipId, clip.index, clip.state, clip.takes.length])).toEqual(
    clips.map((clip, index) => [clip.id, index, 'missing', 0]),
  );
  expect(before).toMatchObject({ filmRevision: 2, frameRate: { num: 30, den: 1 }, task: null });
  expect(before.clips.every(({ estimateSeconds }) => estimateSeconds === null)).toBe(true);

  const stream = await eventStream(host.target);
  const asked = await renders.start.mutate({ id, clipIds: 'changed' });
  expect(asked.task).toMatchObject({ kind: 'render' });
  const done = await rendersDone(host, id);
  stream.close();
  expect(done.clips.map(({ state }) => state)).toEqual(clips.map(() => 'rendered'));
  expect(['rendered', 'in_review']).toContain(done.listing.status);
  expect(done.task).toBeNull();
  for (const clip of done.clips) {
    const current = clip.takes.find((take) => take.current);
    expect(current).toMatchObject({
      frames: clip.moveFrames,
      motion: clip.motion,
      file: 'present',
      width: 640,
      height: 360,
    });
    expect(clip.takes.map(({ number }) => number)).toEqual(clip.takes.map((_, index) => index + 1));
    expect(clip.estimateSeconds).toBeGreaterThan(0);
    expect(clip).toMatchObject({ review: 'pending', error: null, progress: null, place: null });
    expect(clip.usedFrames.first).toBeGreaterThanOrEqual(0);
    expect(clip.usedFrames.last).toBeLessThan(clip.moveFrames);
  }
  expect(JSON.stringify(done)).not.toContain(join(base, 'whole'));
  const told = stream.events.filter((event) => event.type === 'render_progress');
  expect(new Set(told.map((event) => event.clipId))).toEqual(new Set(clips.map((clip) => clip.id)));
  expect(stream.events.filter((event) => event.type === 'renders').length).toBeGreaterThan(clips.length);

  // Nothing to do: nothing is done.
  const files = done.clips.map(({ takes }) => takes.map(({ specHash }) => specHash));
  expect((await renders.start.mutate({ id, clipIds: 'changed' })).task).toBeNull();

  const first = clips[0];
  const clipId = first?.id ?? '';
  const motion = first?.motion === 'pull_out' ? 'push_in' : 'pull_out';
  const edited = await renders.again.mutate({ id, clipId, changes: { motion, renderer: 'ken_burns' } });
  expect(edited).toMatchObject({ filmRevision: 3 });
  expect(edited.clips[0]).toMatchObject({ motion, renderer: 'ken_burns' });
  const again = await rendersDone(host, id);
  expect(again.clips.map(({ state }) => state)).toEqual(clips.map(() => 'rendered'));
  expect(again.clips.slice(1).map(({ takes }) => takes.map(({ specHash }) => specHash))).toEqual(files.slice(1));
  expect(again.clips[0]?.takes.length).toBeGreaterThan(files[0]?.length ?? 0);
  expect(again.clips[0]?.takes.at(-1)).toMatchObject({ current: true, motion, renderer: 'ken_burns' });

  expect(await timeline.undo.mutate({ id })).toMatchObject({ label: `Render with ${motion.replace('_', ' ')}` });
  const back = await renders.get.query({ id });
  expect(back.clips.map(({ state }) => state)).toEqual(clips.map(() => 'rendered'));
  expect(back.clips[0]?.takes.find(({ current }) => current)?.specHash).toBe(
    done.clips[0]?.takes.find(({ current }) => current)?.specHash,
  );
});
