import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ListingCard } from '../../main/host/contract.ts';
import {
  type EditAnswer,
  filmSettingsSchema,
  type Proposal,
  type TimelineDocument,
} from '../../main/host/timeline-contract.ts';
import { NO_DECISIONS, type Timeline } from '../../pipeline/domain.ts';
import { FPS_30 } from '../../pipeline/time.ts';
import { buildTimeline } from '../../pipeline/timeline/builder.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { replaceBy } from '../../pipeline/timeline/edits-make.ts';
import type { Edit, PatchEdit } from '../../pipeline/timeline/edits-types.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from '../../pipeline/timeline/fixtures.ts';
import { TEMPLATES } from '../../pipeline/timeline/templates.ts';
import {
  applyProposal,
  dropProposal,
  edit,
  openTimeline,
  propose,
  receiveTimelineEvent,
  redo,
  restoreVersion,
  select,
  setRange,
  type TimelineApi,
  undo,
  useTimeline,
} from './timeline.ts';

const build = (template: 'classic' | 'luxury', seconds: number): Timeline =>
  buildTimeline({
    analysis: madeAnalysis(HOUSE),
    decisions: NO_DECISIONS,
    track: madeTrack(120, 90),
    template: TEMPLATES[template],
    targetSeconds: seconds,
    frameRate: FPS_30,
    size: { width: 1920, height: 1080 },
    newId: counter(template),
    defaultBpm: 100,
  });
const FILM = build('classic', 30);
const OTHER = build('luxury', 40);
const SETTINGS = filmSettingsSchema.parse({ template: 'classic', targetSeconds: 30 });
const idAt = (index: number): string => FILM.clips[index]?.id ?? '';

type Done = { readonly label: string; readonly back: PatchEdit; readonly forth: Edit };

/** A host in memory whose next calls can be made to fail before or after they took effect. */
class Host {
  timeline = FILM;
  revision = 1;
  done: Done[] = [];
  undone: Done[] = [];
  calls: string[] = [];
  faults: ('refuse' | 'lost_before' | 'lost_after' | null)[] = [];
  silent = false;

  async get(): Promise<TimelineDocument> {
    if (this.silent) throw new Error('no answer');
    return {
      listing: {} as ListingCard, // the store reads nothing of the card
      settings: SETTINGS,
      timeline: this.timeline,
      revision: this.revision,
      undo: this.done.at(-1)?.label ?? null,
      redo: this.undone.at(-1)?.label ?? null,
      analysis: null,
      track: null,
      music: null,
      stale: false,
      versionName: null,
      light: {},
    };
  }
  async edit(_: string, revision: number, label: string, change: Edit): Promise<EditAnswer> {
    return this.act(`edit ${label} on ${revision}`, () => this.apply(label, change));
  }
  async undo(): Promise<EditAnswer | null> {
    return this.act('undo', () => {
      const entry = this.done.pop();
      if (entry === undefined) return null;
      this.undone.push(entry);
      this.timeline = applyEdit(this.timeline, entry.back).timeline;
      return { label: entry.label, edit: entry.back };
    });
  }
  async redo(): Promise<EditAnswer | null> {
    return this.act('redo', () => {
      const entry = this.undone.pop();
      if (entry === undefined) return null;
      this.done.push(entry);
      this.timeline = applyEdit(this.timeline, entry.forth).timeline;
      return { label: entry.label, edit: entry.forth };
    });
  }
  /** What another window does. */
  foreign(label: string, change: Edit): void {
    this.apply(label, change);
    this.revision += 1;
  }
  private apply(label: string, change: Edit): { label: string; edit: Edit } {
    const { timeline, inverse } = applyEdit(this.timeline, change);
    this.timeline = timeline;
    this.done.push({ label, back: inverse, forth: change });
    this.undone = [];
    return { label, edit: change };
  }
  private async act<T extends { label: string; edit: Edit } | null>(
    call: string,
    run: () => T,
  ): Promise<EditAnswer & NonNullable<T>> {
    await Promise.resolve();
    this.calls.push(call);
    if (this.silent) throw new Error('no answer');
    const fault = this.faults.shift();
    if (fault === 'refuse') throw new PicaividError('edit_refused', 'Changed meanwhile.');
    if (fault === 'lost_before') throw new Error('no answer');
    const did = run();
    if (did === null) return null as never; // undo and redo answer null when there is nothing
    this.revision += 1;
    if (fault === 'lost_after') throw new Error('no answer');
    const undo = this.done.at(-1)?.label ?? null;
    const redo = this.undone.at(-1)?.label ?? null;
    return { ...did, revision: this.revision, undo, redo, settings: SETTINGS };
  }

  async propose(): Promise<Proposal> {
    return { id: 'p1', settings: SETTINGS, timeline: OTHER, track: null, revision: this.revision };
  }
  async put(label: string): Promise<EditAnswer> {
    return this.act(`put ${label}`, () => this.apply(label, replaceBy(OTHER)));
  }

  get api(): TimelineApi {
    const unused = (): Promise<never> => Promise.reject(new PicaividError('internal', 'Not part of this test.'));
    return {
      get: () => this.get(),
      edit: (...call) => this.edit(...call),
      undo: () => this.undo(),
      redo: () => this.redo(),
      propose: () => this.propose(),
      apply: (_, __, label) => this.put(label),
      restoreVersion: () => this.put('Restore'),
      history: async () =>
        this.done.toReversed().map(({ label }, i) => ({ id: String(i), label, at: '', undone: false })),
      setStatus: unused,
      build: unused,
      versions: unused,
      saveVersion: unused,
      renameVersion: unused,
      version: unused,
      importOtio: unused,
      mix: unused,
      music: { list: unused, add: unused, remove: unused },
    };
  }
}

const slip = (index: number, frames: number): Edit => ({ type: 'slip', clipId: idAt(index), frames });
const motion = (index: number, name: 'tilt_up' | 'pull_out' | 'crane_up'): Edit => ({
  type: 'setMotion',
  clipId: idAt(index),
  motion: name,
});
const state = () => useTimeline.getState();
const motionOf = (index: number): string | undefined =>
  state().timeline?.clips.find((clip) => clip.id === idAt(index))?.motion;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(20_000);

let host: Host;
let opened = 0;
beforeEach(async () => {
  vi.useFakeTimers();
  host = new Host();
  opened += 1;
  await openTimeline(`listing-${opened}`, host.api);
});
afterEach(() => vi.useRealTimers());

it('shows an edit at once and counts it as saved when the host answered', async () => {
  expect(edit('Static', motion(1, 'tilt_up'))).toBe(true);
  expect(motionOf(1)).toBe('tilt_up');
  expect(state()).toMatchObject({ pending: 1, undo: 'Static', redo: null });
  expect(host.timeline).toBe(FILM);
  const shown = state().timeline;
  await settle();
  expect(state()).toMatchObject({ pending: 0, undo: 'Static', saved: 'Static', offline: false });
  expect(host.timeline.clips[1]?.motion).toBe('tilt_up');
  // The answer said what was shown: nothing is drawn again.
  expect(state().timeline).toBe(shown);
});

it('sends in order, each on the revision that the host has then', async () => {
  edit('a', slip(1, 3));
  edit('b', slip(2, 3));
  edit('c', slip(3, 3));
  await settle();
  expect(host.calls).toEqual(['edit a on 1', 'edit b on 2', 'edit c on 3']);
});

it('refuses what the film refuses, with the sentence, and sends nothing', async () => {
  expect(edit('Trim', { type: 'trimOut', clipId: idAt(1), frames: -9_999, ripple: true, magnet: 'frames' })).toBe(
    false,
  );
  expect(state().refusal).toEqual({
    label: 'Trim',
    message: 'Clip 2 would have no frame left. A clip keeps at least one.',
  });
  await settle();
  expect(host.calls).toEqual([]);
  expect(state().timeline).toBe(state().document?.timeline);
});

it('does not make a step of undo of an edit that changes nothing', async () => {
  expect(edit('Nothing', slip(1, 0))).toBe(true);
  expect(state()).toMatchObject({ pending: 0, undo: null });
});

it('says kindly that an approved film is not edited', async () => {
  host.timeline = { ...FILM, status: 'approved' };
  host.revision = 5;
  receiveTimelineEvent({ type: 'timeline', listingId: state().listingId, revision: 5 });
  await settle();
  expect(edit('Static', motion(1, 'tilt_up'))).toBe(false);
  expect(state().refusal?.message).toMatch(/^This timeline is approved\. Reopen it/);
});

it('takes back what the host refuses, with the undo that was meant for it, and keeps what came after', async () => {
  host.faults = ['refuse'];
  edit('first', motion(1, 'tilt_up'));
  await vi.advanceTimersByTimeAsync(0);
  edit('second', motion(2, 'tilt_up'));
  await settle();
  expect(motionOf(1)).toBe(FILM.clips[1]?.motion);
  expect(motionOf(2)).toBe('tilt_up');
  expect(state()).toMatchObject({ undo: 'second', refusal: { label: 'first', message: 'Changed meanwhile.' } });
  expect(host.done.map(({ label }) => label)).toEqual(['second']);
});

it('sends again what never arrived, and not what did', async () => {
  host.faults = ['lost_before', null, 'lost_after'];
  edit('a', slip(1, 3));
  await vi.advanceTimersByTimeAsync(1);
  expect(state()).toMatchObject({ offline: true, pending: 1 });
  await settle();
  expect(host.done.map(({ label }) => label)).toEqual(['a']);
  edit('b', slip(1, 3));
  await settle();
  expect(host.done.map(({ label }) => label)).toEqual(['a', 'b']);
  expect(state()).toMatchObject({ offline: false, pending: 0, undo: 'b' });
  expect(state().timeline).toEqual(host.timeline);
});

it('goes on sending a listing that was left, and shows the other one', async () => {
  host.silent = true;
  edit('a', slip(1, 3));
  await vi.advanceTimersByTimeAsync(10);
  const second = new Host();
  opened += 1;
  await openTimeline(`listing-${opened}`, second.api);
  expect(state()).toMatchObject({ pending: 0, offline: false });
  host.silent = false;
  await settle();
  expect(host.done.map(({ label }) => label)).toEqual(['a']);
  expect(second.calls).toEqual([]);
  expect(state().timeline).toEqual(FILM);
});

it('undoes and redoes at once: what was not sent is taken back here', async () => {
  edit('a', motion(1, 'tilt_up'));
  edit('b', motion(2, 'tilt_up'));
  undo();
  expect(motionOf(2)).toBe(FILM.clips[2]?.motion);
  expect(state()).toMatchObject({ undo: 'a', redo: 'b' });
  await settle();
  expect(host.calls).toEqual(['edit a on 1']);
  redo();
  expect(motionOf(2)).toBe('tilt_up');
  await settle();
  expect(host.calls).toEqual(['edit a on 1', 'edit b on 2']);
});

it('undoes and redoes at once what the host has, too', async () => {
  edit('a', motion(1, 'tilt_up'));
  await settle();
  undo();
  expect(motionOf(1)).toBe(FILM.clips[1]?.motion);
  expect(state()).toMatchObject({ undo: null, redo: 'a', pending: 1 });
  await settle();
  expect(host.timeline).toEqual(FILM);
  redo();
  expect(motionOf(1)).toBe('tilt_up');
  await settle();
  expect(host.calls).toEqual(['edit a on 1', 'undo', 'redo']);
  expect(state().timeline).toEqual(host.timeline);
});

it('undoes what this window never did, when the host has answered', async () => {
  host.foreign('theirs', motion(1, 'tilt_up'));
  receiveTimelineEvent({ type: 'timeline', listingId: state().listingId, revision: 2 });
  await settle();
  expect(state().undo).toBe('theirs');
  undo();
  await settle();
  expect(state()).toMatchObject({ undo: null, redo: 'theirs', saved: 'Undone: theirs' });
  expect(state().timeline).toEqual(FILM);
  redo();
  expect(motionOf(1)).toBe('tilt_up');
  await settle();
  expect(state().timeline).toEqual(host.timeline);
});

it('lays its own edits over what another window did', async () => {
  host.faults = ['lost_before'];
  edit('mine', motion(1, 'tilt_up'));
  await vi.advanceTimersByTimeAsync(1);
  host.foreign('theirs', motion(2, 'crane_up'));
  await settle();
  expect([motionOf(1), motionOf(2)]).toEqual(['tilt_up', 'crane_up']);
  expect(state().timeline).toEqual(host.timeline);
});

it('gives up its own edit where another window took the shot away', async () => {
  host.faults = ['lost_before'];
  edit('mine', motion(1, 'tilt_up'));
  await vi.advanceTimersByTimeAsync(1);
  host.foreign('theirs', { type: 'delete', clipId: idAt(1), ripple: true, magnet: 'frames' });
  await settle();
  expect(state()).toMatchObject({ pending: 0, refusal: { label: 'mine' } });
  expect(state().timeline).toEqual(host.timeline);
});

it('shows a proposal beside the film, refuses edits meanwhile, and applies it as one step', async () => {
  await propose({ template: 'luxury' });
  expect(state().proposal?.timeline).toBe(OTHER);
  expect(edit('Static', motion(1, 'tilt_up'))).toBe(false);
  expect(state().refusal?.message).toMatch(/proposal/);
  expect(applyProposal('Luxury')).toBe(true);
  expect(state()).toMatchObject({ proposal: null, undo: 'Luxury' });
  expect(state().timeline?.clips).toEqual(OTHER.clips);
  await settle();
  expect(state().timeline).toEqual(host.timeline);
  undo();
  await settle();
  expect(state().timeline).toEqual(FILM);
  await propose({ template: 'luxury' });
  dropProposal();
  expect(state()).toMatchObject({ proposal: null });
});

it('restores a version when the host has answered, and can take it back', async () => {
  restoreVersion('v1', 'Restore');
  await settle();
  expect(state().timeline?.clips).toEqual(OTHER.clips);
  undo();
  expect(state().timeline).toEqual(FILM);
  await settle();
  expect(host.timeline).toEqual(FILM);
});

it('keeps selection and focus to clips that are there', async () => {
  select([idAt(1), idAt(2)], idAt(2));
  edit('Delete', { type: 'delete', clipId: idAt(2), ripple: true, magnet: 'frames' });
  expect([...state().selected]).toEqual([idAt(1)]);
  expect(state().focus).toBeNull();
});

it('keeps a range in order', () => {
  setRange({ inFrame: 100 });
  setRange({ outFrame: 200 });
  expect(state().range).toEqual({ inFrame: 100, outFrame: 200 });
  setRange({ inFrame: 300 });
  expect(state().range).toEqual({ inFrame: 300, outFrame: null });
  setRange({ outFrame: 50 });
  expect(state().range).toEqual({ inFrame: null, outFrame: 50 });
});

it('ends up where the host is, whatever is done and however it answers', async () => {
  const move = fc.oneof(
    fc.record({
      kind: fc.constant('edit' as const),
      index: fc.integer({ min: 1, max: 4 }),
      frames: fc.integer({ min: -5, max: 5 }),
    }),
    fc.constant({ kind: 'undo' as const }),
    fc.constant({ kind: 'redo' as const }),
    fc.constant({ kind: 'wait' as const }),
    fc.record({ kind: fc.constant('theirs' as const), index: fc.integer({ min: 1, max: 4 }) }),
  );
  const fault = fc.constantFrom('refuse' as const, 'lost_before' as const, 'lost_after' as const, null, null, null);
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 14 }), fc.array(fault, { maxLength: 10 }), async (moves, faults) => {
      const own = new Host();
      own.faults = faults;
      opened += 1;
      await openTimeline(`listing-${opened}`, own.api);
      for (const [i, one] of moves.entries()) {
        if (one.kind === 'edit') edit(`slip ${i}`, slip(one.index, one.frames));
        else if (one.kind === 'undo') undo();
        else if (one.kind === 'redo') redo();
        else if (one.kind === 'theirs') {
          own.foreign(`theirs ${i}`, motion(one.index, i % 2 === 0 ? 'tilt_up' : 'pull_out'));
          receiveTimelineEvent({ type: 'timeline', listingId: state().listingId, revision: own.revision });
        } else await vi.advanceTimersByTimeAsync(400);
      }
      await vi.advanceTimersByTimeAsync(60_000);
      expect(state()).toMatchObject({ pending: 0, offline: false });
      expect(state().timeline).toEqual(own.timeline);
      expect(state().undo).toBe(own.done.at(-1)?.label ?? null);
    }),
    { numRuns: 60 },
  );
});
