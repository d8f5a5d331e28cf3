/**
 * The rooms of the open listing: what the host has acknowledged, what was done since, and what is selected. An action
 * shows at once and is sent in order, one at a time; it counts as saved when the host has answered.
 */
import { create } from 'zustand';
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { ActionResult, PhotoFacts, RoomsDocument, StudioEvent } from '../../main/host/contract.ts';
import { applyChanges, type RoomsAction, type RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import { type RoomsView, roomsView } from '../../pipeline/rooms/view.ts';
import { shareLanes } from './rooms-share.ts';

/** The host's procedures that this store needs. Each rejects with a PicaividError, or another error when offline. */
export interface RoomsApi {
  get(listingId: string): Promise<RoomsDocument>;
  act(listingId: string, action: RoomsAction): Promise<ActionResult>;
  undo(listingId: string): Promise<ActionResult | null>;
  redo(listingId: string): Promise<ActionResult | null>;
  photoFacts(listingId: string, photoId: string): Promise<PhotoFacts>;
}

export type RoomsMode = 'rooms' | 'all' | 'attention';

type Step = { readonly kind: 'act'; readonly action: RoomsAction } | { readonly kind: 'undo' | 'redo' };

export interface RoomsState {
  readonly listingId: string;
  readonly document: RoomsDocument | null;
  /** Why the document could not be had. */
  readonly error: ErrorData | null;
  /** With everything that was done, acknowledged or not. */
  readonly decisions: RoomsDecisions | null;
  readonly view: RoomsView | null;
  /** Actions that the host has not acknowledged. */
  readonly pending: number;
  /** The host does not answer; what is pending is sent again and again. */
  readonly offline: boolean;
  /** Labels of what undo and redo would do. */
  readonly undo: string | null;
  readonly redo: string | null;
  readonly selected: ReadonlySet<string>;
  /** The photo that keys act on, and where a range begins. */
  readonly focus: string | null;
  readonly anchor: string | null;
  readonly mode: RoomsMode;
  readonly lowFirst: boolean;
  /** The photo whose move is played because the pointer rests on it. */
  readonly hovered: string | null;
  readonly inspecting: boolean;
  /** For the live region: what was just done, or where a drag is. */
  readonly said: string;
  /** The last thing that the host acknowledged. */
  readonly saved: string;
  /** A refusal to tell the person about; cleared by who tells it. */
  readonly refusal: { readonly label: string; readonly message: string } | null;
}

const NOBODY: ReadonlySet<string> = new Set();
const CLOSED: RoomsState = {
  listingId: '',
  document: null,
  error: null,
  decisions: null,
  view: null,
  pending: 0,
  offline: false,
  undo: null,
  redo: null,
  selected: NOBODY,
  focus: null,
  anchor: null,
  mode: 'rooms',
  lowFirst: false,
  hovered: null,
  inspecting: false,
  said: '',
  saved: '',
  refusal: null,
};

/** Milliseconds before a host that does not answer is asked again: the first wait and the longest. */
const RETRY = { first: 250, longest: 4_000 };

export const useRooms = create<RoomsState>(() => CLOSED);
const { getState: get, setState: set } = useRooms;

let api: RoomsApi | null = null;
let queue: readonly Step[] = [];
let pumping = false;
/** Decisions as the host has them. */
let base: RoomsDecisions | null = null;
/** The newest revision that an event told of. */
let heardOf = 0;
/** Counts openings: an answer to an earlier one is dropped. */
let opening = 0;

/** Opens a listing: asks the host for it and forgets the one before. What was pending there is sent on. */
export async function openRooms(listingId: string, host: RoomsApi): Promise<void> {
  api = host;
  if (get().listingId !== listingId) {
    opening += 1;
    queue = [];
    base = null;
    heardOf = 0;
    set({ ...CLOSED, listingId, mode: get().mode, lowFirst: get().lowFirst });
  }
  await refetch();
}

/** Asks for the document again; what is pending is laid over it. */
export async function refetch(): Promise<void> {
  const { listingId } = get();
  const mine = opening;
  if (api === null || listingId === '') return;
  try {
    const document = await api.get(listingId);
    if (mine === opening) adopt(document);
  } catch (error) {
    if (mine === opening && get().document === null) set({ error: errorOf(error) });
  }
}

function adopt(document: RoomsDocument): void {
  // An answer that was under way while an action was acknowledged is older than what is shown.
  if (document.revision < (get().document?.revision ?? 0)) return;
  base = document.decisions;
  heardOf = Math.max(heardOf, document.revision);
  set({ document, error: null });
  show();
}

/** Lays the queue over what the host has; steps that no longer fit are given up and named. */
function show(): void {
  if (base === null) return;
  let decisions = base;
  const kept: Step[] = [];
  for (const step of queue) {
    if (step.kind !== 'act') {
      kept.push(step);
      continue;
    }
    try {
      decisions = applyChanges(decisions, step.action.changes);
      kept.push(step);
    } catch (error) {
      set({ refusal: { label: step.action.label, message: errorOf(error).message } });
    }
  }
  queue = kept;
  const { document } = get();
  const last = queue.findLast((step) => step.kind === 'act');
  set({
    decisions,
    pending: queue.length,
    undo: last?.kind === 'act' ? last.action.label : (document?.undo ?? null),
    redo: last === undefined ? (document?.redo ?? null) : null,
    ...seen(document, decisions),
  });
}

function seen(document: RoomsDocument | null, decisions: RoomsDecisions): Partial<RoomsState> {
  if (document?.analysis == null) return { view: null };
  const before = get();
  const view = shareLanes(before.view, roomsView(document.analysis, decisions, { ltxEnabled: document.ltxEnabled }));
  const focus = before.focus !== null && view.homes.has(before.focus) ? before.focus : null;
  const selected = [...before.selected].every((id) => view.homes.has(id))
    ? before.selected
    : new Set([...before.selected].filter((id) => view.homes.has(id)));
  return { view, selected, focus: focus ?? view.lanes[0]?.photos[0]?.id ?? null };
}

/** Does an action: at once on the screen, then on the host. Null does nothing. Returns whether something changed. */
export function perform(action: RoomsAction | null): boolean {
  const { decisions } = get();
  if (action === null || decisions === null) return false;
  queue = [...queue, { kind: 'act', action }];
  set({ said: action.label });
  show();
  pump();
  return true;
}

export function undo(): void {
  queue = [...queue, { kind: 'undo' }];
  set({ pending: queue.length });
  pump();
}

export function redo(): void {
  queue = [...queue, { kind: 'redo' }];
  set({ pending: queue.length });
  pump();
}

/** Starts sending what is pending, unless that is under way. */
function pump(): void {
  if (pumping) return;
  pumping = true;
  void drain().finally(() => {
    pumping = false;
    if (queue.length > 0) pump();
  });
}

/** Sends what is pending, in order, one at a time. */
async function drain(): Promise<void> {
  const mine = opening;
  let wait = RETRY.first;
  while (queue[0] !== undefined && mine === opening && api !== null) {
    const step = queue[0];
    const { listingId } = get();
    try {
      const result = await send(api, listingId, step);
      if (mine !== opening) return;
      wait = RETRY.first;
      if (get().offline) set({ offline: false });
      acknowledge(step, result);
    } catch (error) {
      if (mine !== opening) return;
      if (error instanceof PicaividError) {
        drop(step, error.message);
        await refetch();
        continue;
      }
      // Nobody answered. Whether the action arrived is not known: look, then send again only if it did not.
      set({ offline: true });
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(RETRY.longest, wait * 2);
      if (mine !== opening) return;
      await settle(step);
    }
  }
  if (mine === opening && heardOf > (get().document?.revision ?? 0)) await refetch();
}

function send(host: RoomsApi, listingId: string, step: Step): Promise<ActionResult | null> {
  if (step.kind === 'act') return host.act(listingId, step.action);
  return step.kind === 'undo' ? host.undo(listingId) : host.redo(listingId);
}

function acknowledge(step: Step, result: ActionResult | null): void {
  queue = queue.filter((one) => one !== step);
  const { document } = get();
  if (result !== null && base !== null && document !== null) {
    try {
      base = applyChanges(base, result.changes);
      const { revision, undo, redo } = result;
      set({ document: { ...document, decisions: base, revision, undo, redo } });
    } catch {
      heardOf = Number.POSITIVE_INFINITY; // another window acted in between: the document is asked for again
    }
    const did = step.kind === 'act' ? '' : step.kind === 'undo' ? 'Undone: ' : 'Done again: ';
    set(did === '' ? { saved: result.label } : { saved: did + result.label, said: did + result.label });
  }
  show();
  if (heardOf === Number.POSITIVE_INFINITY) {
    heardOf = 0;
    void refetch();
  }
}

function drop(step: Step, message: string): void {
  queue = queue.filter((one) => one !== step);
  set({ refusal: { label: step.kind === 'act' ? step.action.label : step.kind, message } });
  show();
}

/** After silence: takes an action that did arrive as acknowledged. Undo and redo are not sent twice. */
async function settle(step: Step): Promise<void> {
  if (api === null) return;
  try {
    const document = await api.get(get().listingId);
    const arrived =
      step.kind !== 'act' ||
      step.action.changes.every(({ field, subject, to }) => (document.decisions[field][subject] ?? null) === to);
    if (arrived) queue = queue.filter((one) => one !== step);
    set({ offline: false });
    adopt(document);
  } catch {
    // Still silent: the loop sends the step again, which fails or is answered.
  }
}

/** Takes an event of the host. */
export function receiveRoomsEvent(event: StudioEvent): void {
  const { listingId, document } = get();
  if (event.type === 'hello') void refetch();
  else if (event.type === 'rooms' && event.listingId === listingId) {
    heardOf = Math.max(heardOf, event.revision);
    if (queue.length === 0 && heardOf > (document?.revision ?? 0)) void refetch();
  } else if (event.type === 'photos' && event.listingId === listingId && document !== null) {
    const known = new Set(document.ready.map((photo) => photo.id));
    const fresh = event.photos.filter((photo) => !known.has(photo.id));
    if (fresh.length > 0) set({ document: { ...document, ready: [...document.ready, ...fresh] } });
  } else if (event.type === 'listing' && event.listingId === listingId) {
    // Cards change with every action; the document only while there is no analysis.
    if (document?.analysis == null && queue.length === 0) void refetch();
  } else if (event.type === 'task' && event.task.listingId === listingId && document !== null) {
    const { task } = event;
    set({ document: { ...document, listing: { ...document.listing, task } } });
    if (task.state === 'done' || task.state === 'failed' || task.state === 'cancelled') void refetch();
  }
}

export function photoFacts(photoId: string): Promise<PhotoFacts> {
  const { listingId } = get();
  if (api === null) return Promise.reject(new PicaividError('internal', 'No listing is open.'));
  return api.photoFacts(listingId, photoId);
}

function errorOf(error: unknown): ErrorData {
  return error instanceof PicaividError
    ? error.toJSON()
    : { code: 'internal', message: 'The studio does not answer. It is asked again.' };
}
