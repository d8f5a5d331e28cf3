import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { ActionResult, ListingCard, RoomsDocument } from '../../main/host/contract.ts';
import { excludePhotos } from '../../pipeline/rooms/actions.ts';
import {
  applyChanges,
  invertChanges,
  NOTHING_DECIDED,
  type RoomsAction,
  type RoomsDecisions,
} from '../../pipeline/rooms/decisions.ts';
import { analysisOf } from '../../pipeline/rooms/testing.ts';
import { openRooms, perform, type RoomsApi, receiveRoomsEvent, undo, useRooms } from './rooms.ts';

const ANALYSIS = analysisOf([
  { photos: ['p_1', 'p_2', 'p_3'].map((id) => ({ id, rooms: { kitchen: 0.9 } })) },
  { photos: [{ id: 'p_4', rooms: { patio: 0.9 } }] },
]);

/** A host in memory whose next calls can be made to fail before or after they took effect. */
class Host implements RoomsApi {
  decisions: RoomsDecisions = NOTHING_DECIDED;
  revision = 1;
  done: RoomsAction[] = [];
  calls: string[] = [];
  faults: ('refuse' | 'lost_before' | 'lost_after')[] = [];
  running = 0;
  most = 0;

  async get(): Promise<RoomsDocument> {
    const { decisions, revision } = this;
    const undoLabel = this.done.at(-1)?.label ?? null;
    // The store reads nothing of the card.
    const listing = {} as ListingCard;
    const rest = { listing, analysis: ANALYSIS, ready: [], rejected: [], redo: null, ltxEnabled: false };
    return { ...rest, decisions, revision, undo: undoLabel };
  }
  async act(_: string, action: RoomsAction): Promise<ActionResult> {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    await Promise.resolve();
    this.running -= 1;
    this.calls.push(action.label);
    const fault = this.faults.shift();
    if (fault === 'refuse') throw new PicaividError('edit_refused', 'Changed meanwhile.');
    if (fault === 'lost_before') throw new Error('no answer');
    this.decisions = applyChanges(this.decisions, action.changes);
    this.done.push(action);
    this.revision += 1;
    if (fault === 'lost_after') throw new Error('no answer');
    return { revision: this.revision, changes: action.changes, label: action.label, undo: action.label, redo: null };
  }
  async undo(): Promise<ActionResult | null> {
    const action = this.done.pop();
    if (action === undefined) return null;
    const changes = invertChanges(action.changes);
    this.decisions = applyChanges(this.decisions, changes);
    this.revision += 1;
    const label = this.done.at(-1)?.label ?? null;
    return { revision: this.revision, changes, label: action.label, undo: label, redo: action.label };
  }
  redo = async (): Promise<null> => null;
  photoFacts = async () => ({ exif: [], bytes: 0 });
}

let host: Host;
let opened = 0;
beforeEach(async () => {
  vi.useFakeTimers();
  host = new Host();
  opened += 1;
  await openRooms(`listing-${opened}`, host);
});
afterEach(() => vi.useRealTimers());

function exclude(...ids: string[]): void {
  const { view, decisions } = useRooms.getState();
  if (view === null || decisions === null) throw new Error('not open');
  perform(excludePhotos(view, decisions, ids, true));
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10_000);
const shown = (): string[] => useRooms.getState().view?.excluded.map((photo) => photo.id) ?? [];

it('shows an action at once and counts it as saved when the host answered', async () => {
  exclude('p_1');
  expect(shown()).toEqual(['p_1']);
  expect(useRooms.getState().pending).toBe(1);
  expect(host.decisions).toEqual(NOTHING_DECIDED);
  await settle();
  expect(useRooms.getState()).toMatchObject({ pending: 0, undo: 'Leave out 1 photo' });
  expect(host.decisions.excluded).toEqual({ p_1: true });
});

it('sends in order, one at a time', async () => {
  exclude('p_1');
  exclude('p_2', 'p_3');
  exclude('p_4');
  await settle();
  expect(host.calls).toEqual(['Leave out 1 photo', 'Leave out 2 photos', 'Leave out 1 photo']);
  expect(host.most).toBe(1);
});

it('takes back what is refused, says so, and keeps what came after it', async () => {
  host.faults = ['refuse'];
  exclude('p_1');
  exclude('p_2');
  await settle();
  expect(shown()).toEqual(['p_2']);
  expect(host.decisions.excluded).toEqual({ p_2: true });
  expect(useRooms.getState().refusal).toEqual({ label: 'Leave out 1 photo', message: 'Changed meanwhile.' });
});

it('sends again what never arrived, and not what did', async () => {
  host.faults = ['lost_before', 'lost_before'];
  exclude('p_1');
  await vi.advanceTimersByTimeAsync(1);
  expect(useRooms.getState()).toMatchObject({ offline: true, pending: 1 });
  await settle();
  expect(host.calls).toHaveLength(3);
  expect(host.decisions.excluded).toEqual({ p_1: true });
  host.faults = ['lost_after'];
  exclude('p_2');
  await settle();
  expect(host.calls).toHaveLength(4);
  expect(useRooms.getState()).toMatchObject({ offline: false, pending: 0 });
  expect(shown()).toEqual(['p_1', 'p_2']);
});

it('undoes what the host undid', async () => {
  exclude('p_1');
  exclude('p_2');
  await settle();
  undo();
  await settle();
  expect(shown()).toEqual(['p_1']);
  expect(useRooms.getState().undo).toBe('Leave out 1 photo');
});

it('asks again when another window acted, and refuses its own action on the older state', async () => {
  const { view, decisions } = useRooms.getState();
  if (view === null || decisions === null) throw new Error('not open');
  const mine = excludePhotos(view, decisions, ['p_1'], true);
  host.decisions = { ...NOTHING_DECIDED, excluded: { p_1: true } };
  host.revision = 9;
  receiveRoomsEvent({ type: 'rooms', listingId: useRooms.getState().listingId, revision: 9 });
  await settle();
  expect(shown()).toEqual(['p_1']);
  perform(mine);
  await settle();
  expect(useRooms.getState().refusal?.label).toBe('Leave out 1 photo');
  expect(host.calls).toEqual([]);
});

it('keeps lanes that did not change the same objects', async () => {
  const before = useRooms.getState().view?.lanes;
  exclude('p_1');
  const after = useRooms.getState().view?.lanes;
  expect(after?.[0]).not.toBe(before?.[0]);
  expect(after?.[1]).toBe(before?.[1]);
});
