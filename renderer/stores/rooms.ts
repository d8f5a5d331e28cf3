/**
 * The rooms of the open listing: what the host has acknowledged, what was done since, and what is selected. An action
 * shows at once and is sent in order, one at a time; it counts as saved when the host has answered.
 */
import { create } from 'zustand';
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { ActionResult, PhotoFacts, RoomsDocument, StudioEvent } from '../../main/host/contract.ts';
import { applyChanges, type RoomsAction, type RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import { type RoomsView, roomsView } from '../../pipeline/rooms/view.ts';
import { errorOf } from './listing-document.ts';
import { afterAnswer, type History, layOver, type Step, unknownHistory } from './rooms-history.ts';
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

/** What waits to be sent for one listing; it is sent to its end whatever is open meanwhile. */
interface Line {
  readonly listingId: string;
  readonly host: RoomsApi;
  queue: readonly Step[];
  /** The step that is under way. */
  sending: Step | null;
  pumping: boolean;
  /** The newest state of the host that this window has seen, and what undo does from there. */
  revision: number;
  history: History;
  /** The listing's name, for words about it while another is open. */
  name: string;
}

const lines = new Map<string, Line>();
let api: RoomsApi | null = null;
/** The line of the open listing. */
let line: Line | null = null;
/** Decisions of the open listing as the host has them. */
let base: RoomsDecisions | null = null;
/** The newest revision that an event told of. */
let heardOf = 0;
/** Counts openings: an answer to an earlier one is dropped. */
let opening = 0;

/** Opens a listing and asks the host for it. What is pending of the one before is sent all the same. */
export async function openRooms(listingId: string, host: RoomsApi): Promise<void> {
  api = host;
  if (get().listingId !== listingId) {
    opening += 1;
    base = null;
    heardOf = 0;
    for (const [id, { queue, pumping }] of lines) if (queue.length === 0 && !pumping) lines.delete(id);
    line = lines.get(listingId) ?? newLine(listingId, host);
    lines.set(listingId, line);
    set({ ...CLOSED, listingId, pending: line.queue.length, mode: get().mode, lowFirst: get().lowFirst });
  }
  await refetch();
}

function newLine(listingId: string, host: RoomsApi): Line {
  const history = unknownHistory(null, null);
  return { listingId, host, queue: [], sending: null, pumping: false, revision: 0, history, name: '' };
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
    if (mine === opening && get().document === null) set({ error: errorOf(error, 'It is asked again.') });
  }
}

function adopt(document: RoomsDocument): void {
  // An answer that was under way while an action was acknowledged is older than what is shown.
  if (line === null) return;
  if (document.revision < (get().document?.revision ?? line.revision)) {
    // Something of this listing was acknowledged while it was opened: there is a newer document.
    if (get().document === null) void refetch();
    return;
  }
  base = document.decisions;
  heardOf = Math.max(heardOf, document.revision);
  if (document.revision !== line.revision) line.history = unknownHistory(document.undo, document.redo);
  line.revision = document.revision;
  line.name = document.listing.name;
  set({ document, error: null });
  show();
}

/** Lays the queue over what the host has; steps that no longer fit are given up and named. */
function show(): void {
  if (base === null || line === null) return;
  const laid = layOver(base, line.history, line.queue, line.sending);
  line.queue = laid.kept;
  for (const { action, error } of laid.refused)
    set({ refusal: { label: action.label, message: errorOf(error).message } });
  const { undo, redo } = laid.history;
  const { decisions } = laid;
  set({ decisions, pending: line.queue.length, undo, redo, ...seen(get().document, decisions) });
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
  if (action === null || get().decisions === null) return false;
  enqueue({ kind: 'act', action });
  set({ said: action.label });
  return true;
}

/** At once on the screen where this window knows what is undone, and in any case as the host answers. */
export function undo(): void {
  enqueue({ kind: 'undo' });
}

export function redo(): void {
  enqueue({ kind: 'redo' });
}

function enqueue(step: Step): void {
  if (line === null) return;
  line.queue = [...line.queue, step];
  set({ pending: line.queue.length });
  show();
  pump(line);
}

/** Starts sending what is pending of a listing, unless that is under way. */
function pump(mine: Line): void {
  if (mine.pumping) return;
  mine.pumping = true;
  void drain(mine).finally(() => {
    mine.pumping = false;
    if (mine.queue.length > 0) pump(mine);
  });
}

/** Sends what is pending, in order, one at a time. */
async function drain(mine: Line): Promise<void> {
  let wait = RETRY.first;
  for (let step = mine.queue[0]; step !== undefined; step = mine.queue[0]) {
    mine.sending = step;
    try {
      const result = await send(mine, step);
      wait = RETRY.first;
      if (mine === line && get().offline) set({ offline: false });
      acknowledge(mine, step, result);
    } catch (error) {
      if (error instanceof PicaividError) {
        drop(mine, step, error.message);
        if (mine === line) await refetch();
        continue;
      }
      // Nobody answered. Whether the step arrived is not known: look, then send again only if it did not.
      if (mine === line) set({ offline: true });
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(RETRY.longest, wait * 2);
      await settle(mine, step);
    }
  }
  if (mine === line && heardOf > (get().document?.revision ?? 0)) await refetch();
}

function send({ host, listingId }: Line, step: Step): Promise<ActionResult | null> {
  if (step.kind === 'act') return host.act(listingId, step.action);
  return step.kind === 'undo' ? host.undo(listingId) : host.redo(listingId);
}

function acknowledge(mine: Line, step: Step, result: ActionResult | null): void {
  remove(mine, step);
  if (result !== null) {
    // Somebody else's action in between hides what lies before it.
    const known = result.revision === mine.revision + 1 ? mine.history : unknownHistory(null, null);
    if (result.revision > mine.revision) mine.history = afterAnswer(known, step, result);
    const skipped = result.revision > mine.revision + 1;
    mine.revision = Math.max(mine.revision, result.revision);
    if (mine === line) take(step, result, skipped);
  }
  if (mine !== line) return;
  show();
  if (heardOf === Number.POSITIVE_INFINITY) {
    heardOf = 0;
    void refetch();
  }
}

/** Takes the answer to a step of the open listing into what the host is known to have. */
function take(step: Step, result: ActionResult, skipped: boolean): void {
  const { document } = get();
  if (base !== null && document !== null && result.revision > document.revision) {
    try {
      base = applyChanges(base, result.changes);
      const { revision, undo, redo } = result;
      set({ document: { ...document, decisions: base, revision, undo, redo } });
      if (skipped) heardOf = Number.POSITIVE_INFINITY;
    } catch {
      heardOf = Number.POSITIVE_INFINITY; // another window acted in between: the document is asked for again
    }
  }
  const did = step.kind === 'act' ? '' : step.kind === 'undo' ? 'Undone: ' : 'Done again: ';
  set(did === '' ? { saved: result.label } : { saved: did + result.label, said: did + result.label });
}

function remove(mine: Line, step: Step): void {
  mine.queue = mine.queue.filter((one) => one !== step);
  if (mine.sending === step) mine.sending = null;
}

function drop(mine: Line, step: Step, message: string): void {
  remove(mine, step);
  const label = step.kind === 'act' ? step.action.label : step.kind;
  set({ refusal: { label: mine === line || mine.name === '' ? label : `${label} (${mine.name})`, message } });
  // What was foreseen of it is not so.
  mine.history = unknownHistory(mine.history.undo, mine.history.redo);
  if (mine === line) show();
}

/** After silence: takes a step that did arrive as acknowledged. */
async function settle(mine: Line, step: Step): Promise<void> {
  try {
    const document = await mine.host.get(mine.listingId);
    // An undo leaves no mark of its own, but every step counts the revision.
    const arrived =
      step.kind === 'act'
        ? step.action.changes.every(({ field, subject, to }) => (document.decisions[field][subject] ?? null) === to)
        : document.revision !== mine.revision;
    if (arrived) remove(mine, step);
    if (mine === line) {
      set({ offline: false });
      adopt(document);
    } else {
      if (document.revision !== mine.revision) mine.history = unknownHistory(document.undo, document.redo);
      mine.revision = document.revision;
    }
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
    if (line?.queue.length === 0 && heardOf > (document?.revision ?? 0)) void refetch();
  } else if (event.type === 'photos' && event.listingId === listingId && document !== null) {
    const known = new Set(document.ready.map((photo) => photo.id));
    const fresh = event.photos.filter((photo) => !known.has(photo.id));
    if (fresh.length > 0) set({ document: { ...document, ready: [...document.ready, ...fresh] } });
  } else if (event.type === 'listing' && event.listingId === listingId) {
    // Cards change with every action; the document only while there is no analysis.
    if (document?.analysis == null && line?.queue.length === 0) void refetch();
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
