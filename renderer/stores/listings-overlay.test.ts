import { expect, test } from 'vitest';
import { testCard, testTask } from '../testing/cards.ts';
import { type Cards, type Pending, project, sameCard, withTask } from './listings-overlay.ts';

const cards = (...ids: string[]): Cards => new Map(ids.map((id) => [id, testCard(id)]));
const action = (ids: string[], apply: Pending['apply']): Pending => ({ token: 1, ids: new Set(ids), apply });

test('a new list that says the same keeps the very objects, so nothing is drawn again', () => {
  const shown = project(cards('a', 'b'), [], new Map());
  expect(project(cards('a', 'b'), [], shown)).toBe(shown);
});

test('only the card that changed is another object', () => {
  const shown = project(cards('a', 'b'), [], new Map());
  const told = new Map([...cards('a'), ['b', testCard('b', { attentionCount: 3 })] as const]);
  const next = project(told, [], shown);
  expect(next).not.toBe(shown);
  expect(next.get('a')).toBe(shown.get('a'));
  expect(next.get('b')?.attentionCount).toBe(3);
});

test('what a person did lies over what the host says until it is settled, in the order it was done', () => {
  const rename = action(['a'], (card) => ({ ...card, name: `${card.name}!` }));
  const drop = action(['b'], () => null);
  const next = project(cards('a', 'b', 'c'), [rename, rename, drop], new Map());
  expect([...next.values()].map(({ name }) => name)).toEqual(['House a!!', 'House c']);
  expect([...project(cards('a', 'b', 'c'), [], next).values()].map(({ name }) => name)).toEqual([
    'House a',
    'House b',
    'House c',
  ]);
});

test('progress does not make a card another one, the state of its task does', () => {
  const running = testCard('a', { task: testTask('t', { fraction: 0.1 }) });
  expect(sameCard(running, { ...running, task: testTask('t', { fraction: 0.9, sentence: 'Almost' }) })).toBe(true);
  expect(sameCard(running, { ...running, task: testTask('t', { state: 'paused' }) })).toBe(false);
  expect(sameCard(running, { ...running, task: null })).toBe(false);
});

test('every field that a card shows counts', () => {
  const card = testCard('a');
  const others = [
    { name: 'x' }, { folder: 'x' }, { status: 'failed' }, { photoCount: 1 }, { rejectedCount: 1 }, { attentionCount: 1 },
    { posterPhotoId: 'x' }, { error: { code: 'internal', message: 'x' } }, { folderMissing: true }, { archived: true },
    { createdAt: 'x' }, { updatedAt: 'x' },
  ] as const; // biome-ignore format: one glance
  for (const other of others) expect(sameCard(card, { ...card, ...other })).toBe(false);
});

test('a card shows the active task and drops the one that ended', () => {
  const task = testTask('t', { listingId: 'a' });
  const running = withTask(testCard('a'), task);
  expect(running.task).toBe(task);
  expect(withTask(running, { ...task, state: 'done' }).task).toBeNull();
  expect(withTask(running, testTask('older', { state: 'failed' })).task).toBe(task);
});
