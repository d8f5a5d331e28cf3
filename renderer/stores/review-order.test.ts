import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReviewClip, ReviewNote, TakeView } from '../../main/host/review-contract.ts';
import {
  covers,
  filmTake,
  firstLook,
  isToDo,
  listedClips,
  listedNotes,
  neighbour,
  nextPlace,
  nextToDo,
  shareReviewClips,
} from './review-order.ts';
import { fakeClip, fakeNote, fakeTake } from './review-testing.ts';

const clips = (states: string): readonly ReviewClip[] =>
  [...states].map((letter, index) => fakeClip(index, letter === 'p' ? 'pending' : 'approved'));
const ids = (list: readonly { readonly clipId: string }[]): readonly string[] => list.map(({ clipId }) => clipId);

test('the take in the film is looked at first, else the newest', () => {
  const clip = (takes: readonly TakeView[]) => ({ ...fakeClip(0, 'pending'), takes });
  const [one, two] = [fakeTake(1, false), fakeTake(2, true)];
  expect(firstLook(clip([one, two, fakeTake(3, false)]))?.number).toBe(2);
  expect(firstLook(clip([one, fakeTake(3, false)]))?.number).toBe(3);
  expect(filmTake(clip([one]))).toBeNull();
  expect(firstLook(clip([]))).toBeNull();
});

test('what cannot be signed does not wait for a review', () => {
  const clip = fakeClip(0, 'pending');
  expect(isToDo(clip)).toBe(true);
  expect(isToDo({ ...clip, takes: [] })).toBe(false);
  expect(isToDo({ ...clip, takes: [{ ...fakeTake(1, true), file: 'missing' }] })).toBe(false);
  expect(isToDo({ ...clip, takes: [fakeTake(1, false)] })).toBe(false);
  expect(isToDo({ ...clip, review: 'rejected' })).toBe(false);
});

test('clips of a filter, in film order', () => {
  const all = clips('apap');
  expect(ids(listedClips(all, 'all'))).toEqual(['clip-0', 'clip-1', 'clip-2', 'clip-3']);
  expect(ids(listedClips(all, 'todo'))).toEqual(['clip-1', 'clip-3']);
  expect(ids(listedClips(all, 'signed'))).toEqual(['clip-0', 'clip-2']);
});

test('the next to review goes round and is never the same clip', () => {
  expect(nextToDo(clips('ppa'), 'clip-1')?.clipId).toBe('clip-0');
  expect(nextToDo(clips('pap'), 'clip-0')?.clipId).toBe('clip-2');
  expect(nextToDo(clips('apa'), 'clip-1')).toBeNull();
  expect(nextToDo(clips('aap'), null)?.clipId).toBe('clip-2');
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), fc.nat(11), (todo, from) => {
      const all = clips(todo.map((one) => (one ? 'p' : 'a')).join(''));
      const at = from % all.length;
      const next = nextToDo(all, `clip-${at}`);
      const others = todo.filter((one, index) => one && index !== at).length;
      expect(next === null).toBe(others === 0);
      if (next !== null) expect([isToDo(next), next.clipId !== `clip-${at}`]).toEqual([true, true]);
    }),
  );
});

test('neighbours stop at the ends; from a clip that is not listed one comes to an end of the list', () => {
  const list = clips('ppp');
  expect(neighbour(list, 'clip-0', -1)?.clipId).toBe('clip-0');
  expect(neighbour(list, 'clip-0', 1)?.clipId).toBe('clip-1');
  expect(neighbour(list, 'clip-2', 1)?.clipId).toBe('clip-2');
  expect(neighbour(list, 'clip-9', 1)?.clipId).toBe('clip-0');
  expect(neighbour(list, 'clip-9', -1)?.clipId).toBe('clip-2');
  expect(neighbour([], 'clip-0', 1)).toBeNull();
});

test('notes by take and state, in the order of their frames', () => {
  const [mine, theirs] = ['a'.repeat(64), 'b'.repeat(64)];
  const resolved: ReviewNote['resolved'] = { by: { name: 'Ada', role: 'reviewer' }, at: '2026-11-22T10:00:00Z' };
  const notes = [fakeNote('late', 30, mine), fakeNote('early', 4, mine, resolved), fakeNote('other', 10, theirs)];
  const listed = (takes: 'this' | 'all', state: 'open' | 'resolved' | 'any') =>
    listedNotes(notes, { takes, state }, mine).map(({ id }) => id);
  expect(listed('this', 'any')).toEqual(['early', 'late']);
  expect(listed('all', 'any')).toEqual(['early', 'other', 'late']);
  expect(listed('all', 'open')).toEqual(['other', 'late']);
  expect(listed('this', 'resolved')).toEqual(['early']);
});

test('jumps go on from the frame and round from the other end', () => {
  expect(nextPlace([20, 4, 4, 9], 4, 1)).toBe(9);
  expect(nextPlace([20, 4], 20, 1)).toBe(4);
  expect(nextPlace([20, 4], 4, -1)).toBe(20);
  expect(nextPlace([], 4, 1)).toBeNull();
  expect([4, 5, 8, 9].map((frame) => covers({ inFrame: 5, outFrame: 8 }, frame))).toEqual([false, true, true, false]);
});

test('a clip that says the same keeps its object', () => {
  const before = clips('pp');
  const next = shareReviewClips(before, clips('pa'));
  expect(next[0]).toBe(before[0]);
  expect(next[1]).not.toBe(before[1]);
  expect(shareReviewClips(before, clips('pp'))).toBe(before);
});
