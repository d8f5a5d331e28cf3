import { beforeEach, expect, test, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ListingCard } from '../../main/host/contract.ts';
import { testCard } from '../testing/cards.ts';
import {
  archiveListings,
  deleteListings,
  refreshListings,
  renameListing,
  undoNewest,
  useListings,
} from './listings.ts';
import { useToasts } from './toasts.ts';

/** A host whose answers come when the test says so. */
const host = vi.hoisted(() => {
  const calls: { name: string; input: unknown; answer: (value: unknown) => void; refuse: (error: unknown) => void }[] =
    [];
  const call = (name: string) => (input?: unknown) =>
    new Promise((answer, refuse) => {
      calls.push({ name, input, answer, refuse });
    });
  return { calls, call };
});

vi.mock('../api.ts', async (original) => ({
  ...(await original<typeof import('../api.ts')>()),
  api: {
    listings: {
      list: { query: host.call('list') },
      rename: { mutate: host.call('rename') },
      archive: { mutate: host.call('archive') },
      delete: { mutate: host.call('delete') },
      restore: { mutate: host.call('restore') },
    },
  },
}));

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const next = (name: string) => {
  const call = host.calls.shift();
  if (call?.name !== name) throw new Error(`expected ${name}, not ${call?.name}`);
  return call;
};
const shown = (): string[] => [...useListings.getState().cards.values()].map(({ name }) => name);
const archived = (): string[] =>
  [...useListings.getState().cards.values()].filter((card) => card.archived).map(({ id }) => id);

async function load(...cards: ListingCard[]): Promise<void> {
  const done = refreshListings();
  next('list').answer(cards);
  await done;
}

beforeEach(async () => {
  host.calls.length = 0;
  useToasts.setState({ toasts: [] });
  useListings.setState({ undoSteps: [] });
  await load(testCard('a', { name: 'A' }), testCard('b', { name: 'B' }));
});

test('a new name shows at once and stays when the host has it', async () => {
  const done = renameListing('a', '  18 Willow Lane ');
  expect(shown()).toEqual(['18 Willow Lane', 'B']);
  const call = next('rename');
  expect(call.input).toEqual({ id: 'a', name: '18 Willow Lane' });
  call.answer(testCard('a', { name: '18 Willow Lane' }));
  await done;
  expect(shown()).toEqual(['18 Willow Lane', 'B']);
  expect(useToasts.getState().toasts.map(({ title, action }) => [title, action?.label])).toEqual([
    ['Renamed to “18 Willow Lane”', 'Undo'],
  ]);
});

test('what the host refuses is taken back, and said with its reason', async () => {
  const done = renameListing('a', 'X');
  next('rename').refuse(new PicaividError('disk_full', 'The disk is full.'));
  await done;
  expect(shown()).toEqual(['A', 'B']);
  expect(useToasts.getState().toasts).toMatchObject([
    { tone: 'fail', title: '“A” could not be renamed', detail: 'The disk is full.' },
  ]);
  expect(useListings.getState().undoSteps).toEqual([]);
});

test('an empty or unchanged name is no action', async () => {
  await renameListing('a', '   ');
  await renameListing('a', 'A ');
  expect(host.calls).toEqual([]);
});

test('a list asked for before an action settled does not bring the old state back', async () => {
  const listed = refreshListings();
  const list = next('list');
  const done = renameListing('a', 'X');
  next('rename').answer(testCard('a', { name: 'X' }));
  await done;
  list.answer([testCard('a', { name: 'A' }), testCard('b', { name: 'B' })]);
  await settle();
  expect(shown()).toEqual(['X', 'B']);
  next('list').answer([testCard('a', { name: 'X' }), testCard('b', { name: 'B' })]);
  await listed;
  expect(shown()).toEqual(['X', 'B']);
});

test('delete, then undo: out at once, back when the host has restored it; a step is undone once', async () => {
  const done = deleteListings(['a', 'b', 'unknown']);
  expect(shown()).toEqual([]);
  const call = next('delete');
  expect(call.input).toEqual({ ids: ['a', 'b'] });
  call.answer(undefined);
  await done;
  const undone = undoNewest();
  await undoNewest();
  next('restore').answer(undefined);
  await settle();
  next('list').answer([testCard('a', { name: 'A' }), testCard('b', { name: 'B' })]);
  await undone;
  expect(shown()).toEqual(['A', 'B']);
  expect(host.calls).toEqual([]);
});

test('an undo that the host refuses can be tried again', async () => {
  const done = deleteListings(['a']);
  next('delete').answer(undefined);
  await done;
  const first = undoNewest();
  next('restore').refuse(new PicaividError('disk_full', 'The disk is full.'));
  await first;
  expect(useListings.getState().undoSteps.map(({ label }) => label)).toEqual(['Delete “A”']);
  const second = undoNewest();
  next('restore').answer(undefined);
  await settle();
  next('list').answer([testCard('a', { name: 'A' })]);
  await second;
  expect(shown()).toEqual(['A']);
  expect(useListings.getState().undoSteps).toEqual([]);
});

test('archive works on those that are not yet, and undo on just these', async () => {
  await load(testCard('a'), testCard('b', { archived: true }), testCard('c'));
  const done = archiveListings(['a', 'b', 'c'], true);
  expect(archived()).toEqual(['a', 'b', 'c']);
  const call = next('archive');
  expect(call.input).toEqual({ ids: ['a', 'c'], archived: true });
  call.answer(undefined);
  await done;
  const undone = undoNewest();
  expect(archived()).toEqual(['b']);
  const back = next('archive');
  expect(back.input).toEqual({ ids: ['a', 'c'], archived: false });
  back.answer(undefined);
  await undone;
  expect(archived()).toEqual(['b']);
});

test('many calls for the list make one more, not many', async () => {
  const all = [refreshListings(), refreshListings(), refreshListings()];
  next('list').answer([testCard('a')]);
  await settle();
  next('list').answer([testCard('b', { name: 'B' })]);
  await Promise.all(all);
  expect(shown()).toEqual(['B']);
  expect(host.calls).toEqual([]);
});
