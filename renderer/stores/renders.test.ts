import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ClipRender, RendersDocument } from '../../main/host/review-contract.ts';
import { testCard, testTask } from '../testing/cards.ts';
import { testClip } from '../testing/clips.ts';
import { usePerson } from './person.ts';
import {
  chooseTake,
  extendTo,
  focusClip,
  moveFocus,
  openRenders,
  receiveRendersEvent,
  renderClips,
  shareClips,
  toggleClip,
  useRenderProgress,
  useRenders,
} from './renders.ts';
import type { RendersApi } from './renders-api.ts';

let clips: readonly ClipRender[] = [];
let asked = 0;
let listing = 0;
let refuse: PicaividError | null = null;
const answer = async (): Promise<RendersDocument> => {
  if (refuse !== null) throw refuse;
  return {
    listing: testCard(`l${listing}`),
    filmRevision: 1,
    frameRate: { num: 30, den: 1 },
    clips: structuredClone(clips),
    task: null,
    person: { name: 'Ana', role: 'editor' },
  };
};
const host: RendersApi = {
  get: () => {
    asked += 1;
    return answer();
  },
  start: answer,
  cancel: answer,
  look: async () => undefined,
  again: answer,
  choose: answer,
};
const id = (): string => `l${listing}`;
const state = () => useRenders.getState();

beforeEach(async () => {
  vi.useFakeTimers();
  listing += 1;
  asked = 0;
  refuse = null;
  clips = ['a', 'b', 'c', 'd'].map((name, index) => testClip(name, { index }));
  await openRenders(id(), host);
});
afterEach(() => vi.useRealTimers());

test('opening chooses the first clip, takes who one is, and asks once', () => {
  expect([state().focus, [...state().selected], asked]).toEqual(['a', ['a'], 1]);
  expect(usePerson.getState().person).toEqual({ name: 'Ana', role: 'editor' });
});

test('a link opens at its clip', async () => {
  await openRenders(id(), host, 'c');
  expect([state().focus, [...state().selected]]).toEqual(['c', ['c']]);
});

test('progress of one clip changes nothing that rows are drawn from', async () => {
  const before = state().document?.clips[1];
  clips = clips.map((clip) =>
    clip.clipId === 'b' ? { ...clip, state: 'rendering', progress: { fraction: 0.2, sentence: 'Frame 20' } } : clip,
  );
  receiveRendersEvent({ type: 'renders', listingId: id() });
  await vi.advanceTimersByTimeAsync(200);
  const rows = state().document?.clips;
  expect(rows?.[1]?.state).toBe('rendering');
  expect(rows?.[1]).not.toBe(before);
  receiveRendersEvent({
    type: 'render_progress',
    listingId: id(),
    clipId: 'b',
    progress: { fraction: 0.5, sentence: 'x' },
  });
  // An answer that left the host before that event does not set the bar back.
  receiveRendersEvent({ type: 'renders', listingId: id() });
  await vi.advanceTimersByTimeAsync(200);
  expect(useRenderProgress.getState().byClip.get('b')?.fraction).toBe(0.5);
  expect(state().document?.clips).toBe(rows);
});

test('a stream of events asks a few times, not for each, and never waits for its end', async () => {
  for (let step = 0; step < 100; step++) {
    receiveRendersEvent({ type: 'renders', listingId: id() });
    await vi.advanceTimersByTimeAsync(10);
  }
  // One second of events, gathered for 120 ms each.
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(12);
  receiveRendersEvent({ type: 'renders', listingId: 'another' });
  const before = asked;
  await vi.advanceTimersByTimeAsync(500);
  expect(asked - before).toBeLessThanOrEqual(1);
});

test('clips that say the same keep their object, whatever else changed', () => {
  const before = clips.map((clip) => ({ ...clip }));
  expect(shareClips(before, structuredClone(before))).toBe(before);
  const next = structuredClone(before).map((clip) =>
    clip.clipId === 'c' ? { ...clip, review: 'approved' as const } : clip,
  );
  const shared = shareClips(before, next);
  expect(shared.map((clip, at) => clip === before[at])).toEqual([true, true, false, true]);
});

test('ranges, single ones, and moving with and without Shift', () => {
  focusClip('b');
  extendTo('d');
  expect([...state().selected]).toEqual(['b', 'c', 'd']);
  extendTo('a');
  expect([...state().selected]).toEqual(['a', 'b']);
  toggleClip('d');
  expect([...state().selected].sort()).toEqual(['a', 'b', 'd']);
  toggleClip('a');
  expect([...state().selected].sort()).toEqual(['b', 'd']);
  moveFocus(1, false);
  expect([state().focus, [...state().selected]]).toEqual(['b', ['b']]);
  moveFocus(-10, true);
  expect([...state().selected]).toEqual(['a', 'b']);
  moveFocus(100, false);
  expect(state().focus).toBe('d');
});

test('a clip that left the film leaves the selection', async () => {
  focusClip('d');
  extendTo('b');
  clips = clips.slice(0, 2);
  receiveRendersEvent({ type: 'timeline', listingId: id(), revision: 2 });
  await vi.advanceTimersByTimeAsync(200);
  expect([state().focus, [...state().selected]]).toEqual(['b', ['b']]);
});

test('a refusal is told and changes nothing', async () => {
  refuse = new PicaividError('forbidden_role', 'As nobody you may not.');
  expect(await renderClips('changed')).toBe(false);
  expect(state().refusal).toEqual({ label: 'Render', message: 'As nobody you may not.' });
  expect([state().pending, state().document?.clips.length]).toEqual([0, 4]);
  refuse = null;
  expect(await chooseTake('a', 'f'.repeat(64))).toBe(true);
});

test('the end of the task asks again; its progress does not', async () => {
  const task = testTask('t', { kind: 'render', listingId: id() });
  receiveRendersEvent({ type: 'task', task });
  await vi.advanceTimersByTimeAsync(500);
  expect([state().document?.task?.id, asked]).toEqual(['t', 1]);
  receiveRendersEvent({ type: 'task', task: { ...task, state: 'done' } });
  await vi.advanceTimersByTimeAsync(500);
  expect([state().document?.task, asked]).toEqual([null, 2]);
});
