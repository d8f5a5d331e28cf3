import { beforeEach, expect, test, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ListingCard } from '../../main/host/contract.ts';
import type { NewDecision, NewNote, ReviewClip, ReviewDocument } from '../../main/host/review-contract.ts';
import { FPS_30 } from '../../pipeline/time.ts';
import {
  openClip,
  openReview,
  receiveReviewEvent,
  refetchReview,
  saveDraft,
  signClip,
  stepClip,
  useReview,
} from './review.ts';
import type { ReviewApi } from './review-api.ts';
import { fakeClip, fakeHash, fakeTake } from './review-testing.ts';

const LISTING = 'listing-1';
/** A host in memory: signs what is current, as the real one does. */
class FakeReviewHost {
  clips: ReviewClip[] = [fakeClip(0, 'pending'), fakeClip(1, 'pending'), fakeClip(2, 'approved')];
  silent = false;
  readonly notes: NewNote[] = [];
  document(): ReviewDocument {
    const person = { name: 'Ada', role: 'reviewer' } as const;
    const listing = { id: LISTING } as ListingCard; // the store passes it on
    return { listing, filmRevision: 1, frameRate: FPS_30, clips: this.clips, person };
  }
  private async answer(): Promise<ReviewDocument> {
    if (this.silent) throw new Error('nobody');
    return structuredClone(this.document());
  }
  readonly api: ReviewApi = {
    get: () => this.answer(),
    decide: async (_, decision) => {
      const clip = this.clips.find(({ clipId }) => clipId === decision.clipId);
      if (clip?.takes.find((take) => take.current)?.specHash !== decision.specHash)
        throw new PicaividError('take_outdated', 'Take 1 is not the one in the film any more: take 2 is.');
      this.put(decision.clipId, {
        review: decision.state,
        decisions: [
          ...clip.decisions,
          { ...decision, id: 'd', reviewer: { name: 'Ada', role: 'reviewer' }, at: '2026-11-22T10:00:00Z' },
        ],
      });
      return this.answer();
    },
    addNote: async (_, note) => {
      this.notes.push(note);
      return this.answer();
    },
    resolveNote: () => this.answer(),
    choose: () => Promise.reject(new Error('not asked')),
    again: () => Promise.reject(new Error('not asked')),
    render: () => Promise.reject(new Error('not asked')),
  };
  put(clipId: string, change: Partial<ReviewClip>): void {
    this.clips = this.clips.map((clip) => (clip.clipId === clipId ? { ...clip, ...change } : clip));
  }
}

let host: FakeReviewHost;
const approve = (clipId: string, take = 1): NewDecision => ({
  clipId,
  specHash: fakeHash(take),
  state: 'approved',
  reason: null,
  comment: '',
});
const state = useReview.getState;

beforeEach(async () => {
  await openReview('another', new FakeReviewHost().api);
  host = new FakeReviewHost();
  await openReview(LISTING, host.api);
});

test('opens what waits for a review, at the take in the film', () => {
  expect([state().clipId, state().specHash]).toEqual(['clip-0', fakeHash(1)]);
});

test('a signature leads to the next clip that waits, and says who signed what', async () => {
  expect(await signClip(approve('clip-0'))).toBe(true);
  expect(state().clipId).toBe('clip-1');
  expect(state().signed?.sentence).toMatch(/^Room 0, take 1: approved\. Signed by Ada at /);
  await signClip(approve('clip-1'));
  expect(state().clipId).toBe('clip-1');
  expect(state().said).toContain('Nothing else waits for a review.');
});

test('who went on while the host answered stays where they are', async () => {
  const signing = signClip(approve('clip-0'));
  openClip('clip-2');
  await signing;
  expect(state().clipId).toBe('clip-2');
});

test('an outdated take is not signed: the new one is shown, with the reason', async () => {
  host.put('clip-0', { takes: [fakeTake(1, false), fakeTake(2, true)] });
  expect(await signClip(approve('clip-0'))).toBe(false);
  expect(state()).toMatchObject({ clipId: 'clip-0', specHash: fakeHash(2), refusal: null });
  expect(state().notice).toBe('Nothing was signed. Take 1 is not the one in the film any more: take 2 is.');
  expect(host.clips[0]?.decisions).toEqual([]);
});

test('another take comes into the film: what is on screen stays, an open question is closed, and it is said', async () => {
  useReview.setState({ asking: 'reject' });
  host.put('clip-0', { takes: [fakeTake(1, false), fakeTake(2, true)] });
  await refetchReview();
  expect(state()).toMatchObject({ specHash: fakeHash(1), asking: null });
  expect(state().notice).toContain('The film shows take 2 of Room 0 now; you are looking at take 1.');
  host.put('clip-0', { takes: [fakeTake(1, true), fakeTake(2, false)] });
  await refetchReview();
  expect(state().notice).toBeNull();
});

test('the first take of a clip is shown when it is there; a clip that left the film is left', async () => {
  host.put('clip-1', { takes: [] });
  await refetchReview();
  openClip('clip-1');
  expect(state().specHash).toBeNull();
  host.put('clip-1', { takes: [fakeTake(4, true)] });
  await refetchReview();
  expect(state().specHash).toBe(fakeHash(4));
  host.clips = host.clips.filter(({ clipId }) => clipId !== 'clip-1');
  await refetchReview();
  expect([state().clipId, state().notice]).toEqual(['clip-0', 'Room 1 is not in the film any more.']);
});

test('events gather into one question; events of other listings ask nothing', async () => {
  vi.useFakeTimers();
  const get = vi.spyOn(host.api, 'get');
  for (let event = 0; event < 20; event++) receiveReviewEvent({ type: 'review', listingId: LISTING });
  receiveReviewEvent({ type: 'renders', listingId: 'listing-2' });
  await vi.advanceTimersByTimeAsync(500);
  vi.useRealTimers();
  expect(get).toHaveBeenCalledTimes(1);
});

test('a silent host keeps what is shown and says that it may be old', async () => {
  host.silent = true;
  await refetchReview();
  expect([state().silent, state().document?.clips.length]).toEqual([true, 3]);
  expect(await signClip(approve('clip-0'))).toBe(false);
  expect(state().refusal?.message).toContain('what it kept is shown');
  host.silent = false;
  await refetchReview();
  expect(state().silent).toBe(false);
});

test('a draft is saved once, on the take it was begun on, and stays when it cannot be saved', async () => {
  const draft = { clipId: 'clip-0', specHash: fakeHash(1), inFrame: 3, outFrame: 5, text: ' Smears ', marks: [], drawing: false, saving: false }; // biome-ignore format: one line
  useReview.setState({ draft });
  stepClip(1);
  expect(state().draft?.text).toBe(' Smears ');
  const [first, second] = [saveDraft(), saveDraft()];
  expect([await first, await second]).toEqual([true, false]);
  expect(host.notes).toEqual([
    { clipId: 'clip-0', specHash: fakeHash(1), inFrame: 3, outFrame: 5, text: 'Smears', marks: [] },
  ]);
  expect(state().draft).toBeNull();
  useReview.setState({ draft });
  host.silent = true;
  expect(await saveDraft()).toBe(false);
  expect(state().draft).toMatchObject({ text: ' Smears ', saving: false });
  host.silent = false;
});
