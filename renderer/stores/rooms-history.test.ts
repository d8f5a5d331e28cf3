/** Undo and redo at once, and what waits for one listing while another is open. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ActionResult, ListingCard, RoomsDocument } from '../../main/host/contract.ts';
import { excludePhotos } from '../../pipeline/rooms/actions.ts';
import {
  applyChanges,
  type Change,
  invertChanges,
  NOTHING_DECIDED,
  type RoomsAction,
  type RoomsDecisions,
} from '../../pipeline/rooms/decisions.ts';
import { analysisOf } from '../../pipeline/rooms/testing.ts';
import { openRooms, perform, type RoomsApi, redo, undo, useRooms } from './rooms.ts';

const PHOTOS = ['p_1', 'p_2', 'p_3', 'p_4'];
const ANALYSIS = analysisOf([{ photos: PHOTOS.map((id) => ({ id, rooms: { kitchen: 0.9 } })) }]);

type Fault = 'refuse' | 'lost_before' | 'lost_after' | 'none';

/** Listings in memory with the host's undo; each call may fail before or after it took effect. */
class Host implements RoomsApi {
  readonly listings = new Map<
    string,
    { decisions: RoomsDecisions; revision: number; done: RoomsAction[]; undone: RoomsAction[] }
  >();
  faults: Fault[] = [];
  silent = false;

  of(id: string) {
    const known = this.listings.get(id) ?? { decisions: NOTHING_DECIDED, revision: 1, done: [], undone: [] };
    this.listings.set(id, known);
    return known;
  }
  async get(id: string): Promise<RoomsDocument> {
    await Promise.resolve();
    if (this.silent) throw new Error('no answer');
    const { decisions, revision, done, undone } = this.of(id);
    const labels = { undo: done.at(-1)?.label ?? null, redo: undone.at(-1)?.label ?? null };
    const listing = { name: id } as ListingCard; // the store reads the name alone
    return { listing, analysis: ANALYSIS, ready: [], rejected: [], ltxEnabled: false, decisions, revision, ...labels };
  }
  act(id: string, action: RoomsAction): Promise<ActionResult> {
    return this.answer(id, () => {
      const one = this.of(id);
      one.decisions = applyChanges(one.decisions, action.changes);
      one.done.push(action);
      one.undone = [];
      return { label: action.label, changes: action.changes };
    }) as Promise<ActionResult>;
  }
  undo(id: string): Promise<ActionResult | null> {
    return this.answer(id, () => {
      const one = this.of(id);
      const action = one.done.pop();
      if (action === undefined) return null;
      one.undone.push(action);
      const changes = invertChanges(action.changes);
      one.decisions = applyChanges(one.decisions, changes);
      return { label: action.label, changes };
    });
  }
  redo(id: string): Promise<ActionResult | null> {
    return this.answer(id, () => {
      const one = this.of(id);
      const action = one.undone.pop();
      if (action === undefined) return null;
      one.done.push(action);
      one.decisions = applyChanges(one.decisions, action.changes);
      return action;
    });
  }
  photoFacts = async () => ({ exif: [], bytes: 0 });

  private async answer(
    id: string,
    run: () => { label: string; changes: readonly Change[] } | null,
  ): Promise<ActionResult | null> {
    await Promise.resolve();
    const fault = this.silent ? 'lost_before' : this.faults.shift();
    if (fault === 'lost_before') throw new Error('no answer');
    if (fault === 'refuse') throw new PicaividError('edit_refused', 'Changed meanwhile.');
    const made = run();
    const one = this.of(id);
    if (made !== null) one.revision += 1;
    if (fault === 'lost_after') throw new Error('no answer');
    const labels = { undo: one.done.at(-1)?.label ?? null, redo: one.undone.at(-1)?.label ?? null };
    return made === null ? null : { revision: one.revision, ...made, ...labels };
  }
}

let host: Host;
let opened = 0;
const nextListing = (): string => {
  opened += 1;
  return `history-${opened}`;
};
beforeEach(() => {
  vi.useFakeTimers();
  host = new Host();
});
afterEach(() => vi.useRealTimers());

function toggle(id: string): void {
  const { view, decisions } = useRooms.getState();
  if (view === null || decisions === null) throw new Error('not open');
  perform(excludePhotos(view, decisions, [id], decisions.excluded[id] !== true));
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(60_000);
const shown = (): string[] => Object.keys(useRooms.getState().decisions?.excluded ?? {}).sort();
const kept = (id: string): string[] => Object.keys(host.of(id).decisions.excluded).sort();

it('shows an undo and a redo at once, before the host has answered anything', async () => {
  const id = nextListing();
  await openRooms(id, host);
  toggle('p_1');
  toggle('p_2');
  undo();
  expect(shown()).toEqual(['p_1']);
  expect(useRooms.getState()).toMatchObject({ undo: 'Leave out 1 photo', redo: 'Leave out 1 photo', pending: 3 });
  undo();
  expect(shown()).toEqual([]);
  expect(useRooms.getState().undo).toBeNull();
  redo();
  expect(shown()).toEqual(['p_1']);
  await settle();
  expect([shown(), kept(id), useRooms.getState().pending]).toEqual([['p_1'], ['p_1'], 0]);
});

it('takes a foreseen undo back when the host refuses it', async () => {
  const id = nextListing();
  await openRooms(id, host);
  toggle('p_1');
  await settle();
  host.faults = ['refuse'];
  undo();
  expect(shown()).toEqual([]);
  await settle();
  expect([shown(), kept(id)]).toEqual([['p_1'], ['p_1']]);
  expect(useRooms.getState()).toMatchObject({ refusal: { label: 'undo' }, undo: 'Leave out 1 photo', pending: 0 });
});

it('waits for the host with an undo of what was done before this window was open', async () => {
  const id = nextListing();
  await host.act(id, { label: 'Before', changes: [{ field: 'excluded', subject: 'p_3', from: null, to: true }] });
  await openRooms(id, host);
  undo();
  expect(shown()).toEqual(['p_3']);
  await settle();
  expect(shown()).toEqual([]);
  redo(); // now it is known
  expect(shown()).toEqual(['p_3']);
  await settle();
  expect([shown(), kept(id)]).toEqual([['p_3'], ['p_3']]);
});

it('sends an undo again that never arrived, and not one that did', async () => {
  const id = nextListing();
  await openRooms(id, host);
  toggle('p_1');
  toggle('p_2');
  await settle();
  host.faults = ['lost_before', 'lost_before'];
  undo();
  await settle();
  expect([shown(), kept(id)]).toEqual([['p_1'], ['p_1']]);
  toggle('p_3');
  await settle();
  host.faults = ['lost_after'];
  undo();
  await settle();
  expect([shown(), kept(id)]).toEqual([['p_1'], ['p_1']]);
});

it('keeps what is not sent when another listing is opened while the host is silent, and sends it', async () => {
  const [first, second] = [nextListing(), nextListing()];
  await openRooms(first, host);
  toggle('p_1');
  await settle();
  host.silent = true;
  toggle('p_2');
  undo();
  undo();
  toggle('p_3');
  await vi.advanceTimersByTimeAsync(1_000);
  await openRooms(second, host);
  expect(useRooms.getState()).toMatchObject({ document: null, pending: 0 });
  expect(useRooms.getState().error?.message).toContain('does not answer');
  host.silent = false;
  await settle();
  expect(kept(first)).toEqual(['p_3']);
  await openRooms(second, host);
  expect(shown()).toEqual([]);
  await openRooms(first, host);
  expect([shown(), useRooms.getState().pending]).toEqual([['p_3'], 0]);
});

it('shows what is still not sent when its listing is opened again', async () => {
  const [first, second] = [nextListing(), nextListing()];
  await openRooms(first, host);
  const { act } = host;
  let answer = (): void => {};
  host.act = async (...args) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return act.apply(host, args);
  };
  toggle('p_1');
  toggle('p_2');
  await openRooms(second, host);
  await openRooms(first, host);
  expect([shown(), useRooms.getState().pending]).toEqual([['p_1', 'p_2'], 2]);
  host.act = act;
  answer();
  await settle();
  expect([shown(), kept(first), useRooms.getState().pending]).toEqual([['p_1', 'p_2'], ['p_1', 'p_2'], 0]);
});

it('ends as the host has it, whatever is lost, refused or left for another listing', async () => {
  const command = fc.oneof(
    fc.constantFrom(...PHOTOS).map((id) => () => toggle(id)),
    fc.constantFrom(undo, redo),
    fc.integer({ min: 0, max: 600 }).map((ms) => () => vi.advanceTimersByTimeAsync(ms)),
  );
  const faults = fc.array(fc.constantFrom<Fault>('none', 'none', 'none', 'refuse', 'lost_before', 'lost_after'));
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 30 }), faults, fc.nat(30), async (commands, given, leave) => {
      host = new Host();
      host.faults = given;
      const [id, other] = [nextListing(), nextListing()];
      await openRooms(id, host);
      for (const [index, run] of commands.entries()) {
        await run();
        if (index !== leave) continue;
        await openRooms(other, host);
        await openRooms(id, host);
      }
      await settle();
      expect([shown(), useRooms.getState().pending]).toEqual([kept(id), 0]);
      const { done, undone } = host.of(id);
      expect(useRooms.getState()).toMatchObject({
        undo: done.at(-1)?.label ?? null,
        redo: undone.at(-1)?.label ?? null,
      });
    }),
  );
});

it('without faults nothing is refused and the screen never differs from what the host will have', async () => {
  const command = fc.oneof(
    fc.constantFrom(...PHOTOS).map((id) => () => toggle(id)),
    fc.constantFrom(
      () => useRooms.getState().undo !== null && undo(),
      () => useRooms.getState().redo !== null && redo(),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      host = new Host();
      const id = nextListing();
      await openRooms(id, host);
      for (const run of commands) run();
      const foreseen = shown();
      const { undo: undoLabel, redo: redoLabel } = useRooms.getState();
      await settle();
      expect(kept(id)).toEqual(foreseen);
      expect(useRooms.getState()).toMatchObject({ undo: undoLabel, redo: redoLabel, refusal: null });
    }),
  );
});
