/**
 * The film of the open listing: what the host has acknowledged, what was done since, what is selected and what is
 * looked at before it is applied. Everything done shows at once and is sent in order; it counts as saved when the host
 * has answered. The playhead is elsewhere (`playhead.ts`), outside React.
 */
import { create } from 'zustand';
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { StudioEvent } from '../../main/host/contract.ts';
import type { FilmSettings, Proposal, TimelineDocument, TimelineEvent } from '../../main/host/timeline-contract.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import type { Magnet } from '../../pipeline/timeline/clip-math.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { type LintFinding, lintTimeline } from '../../pipeline/timeline/lint.ts';
import { errorOf } from './listing-document.ts';
import type { TimelineApi } from './timeline-api.ts';
import { after, changedNothing, type Film, type Step } from './timeline-film.ts';
import { type QueueNews, TimelineQueue } from './timeline-queue.ts';

export type { TimelineApi } from './timeline-api.ts';

export interface TimelineState {
  readonly listingId: string;
  readonly document: TimelineDocument | null;
  /** Why the document could not be had. */
  readonly error: ErrorData | null;
  /** With everything that was done, acknowledged or not. */
  readonly timeline: Timeline | null;
  /** Steps that the host has not acknowledged. */
  readonly pending: number;
  /** The host does not answer; what is pending is sent again and again. */
  readonly offline: boolean;
  /** Labels of what undo and redo would do. */
  readonly undo: string | null;
  readonly redo: string | null;
  /** Clip ids. */
  readonly selected: ReadonlySet<string>;
  /** The clip that keys act on. */
  readonly focus: string | null;
  readonly ripple: boolean;
  readonly magnet: Magnet;
  /** Film frames; the out frame is the first one behind the range. */
  readonly range: { readonly inFrame: number | null; readonly outFrame: number | null };
  readonly findings: readonly LintFinding[];
  /** A film to look at instead, until it is applied or dropped. */
  readonly proposal: Proposal | null;
  readonly proposing: boolean;
  /** The last thing that the host acknowledged. */
  readonly saved: string;
  /** For the live region: what was just done, or where a drag is. */
  readonly said: string;
  /** A refusal to tell the person about; cleared by who tells it. */
  readonly refusal: { readonly label: string; readonly message: string } | null;
}

const NOBODY: ReadonlySet<string> = new Set();
const CLOSED: TimelineState = {
  listingId: '',
  document: null,
  error: null,
  timeline: null,
  pending: 0,
  offline: false,
  undo: null,
  redo: null,
  selected: NOBODY,
  focus: null,
  ripple: true,
  magnet: 'beats',
  range: { inFrame: null, outFrame: null },
  findings: [],
  proposal: null,
  proposing: false,
  saved: '',
  said: '',
  refusal: null,
};

export const useTimeline = create<TimelineState>(() => CLOSED);
const { getState: get, setState: set } = useTimeline;

/** Listings whose steps are still being sent, and the open one. */
const queues = new Map<string, TimelineQueue>();
let lastStep = 0;
/** Counts proposals asked for: an answer to an earlier one is dropped. */
let asking = 0;

const current = (): TimelineQueue | undefined => queues.get(get().listingId);

/** Opens a listing and asks the host for its film. What is pending for the one before is sent on. */
export async function openTimeline(listingId: string, api: TimelineApi): Promise<void> {
  if (get().listingId !== listingId) {
    const { listingId: left, ripple, magnet } = get();
    if (queues.get(left)?.steps.length === 0) queues.delete(left);
    asking += 1;
    set({ ...CLOSED, listingId, ripple, magnet });
  }
  const queue = queues.get(listingId) ?? new TimelineQueue(listingId, api, show);
  queue.api = api;
  queues.set(listingId, queue);
  if (queue.document !== null) show(queue, {});
  await queue.refetch();
}

/** Asks for the document again; what is pending is laid over it. */
export async function refetchTimeline(): Promise<void> {
  await current()?.refetch();
}

/** Shows a queue, if its listing is the open one. */
function show(queue: TimelineQueue, news: QueueNews): void {
  if (queue.listingId !== get().listingId) {
    if (queue.steps.length === 0) queues.delete(queue.listingId);
    return;
  }
  const { film, document, base } = queue;
  const timeline = film?.timeline ?? null;
  const { saved, said, refusal } = news;
  set({
    document,
    error: queue.error,
    pending: queue.steps.length,
    offline: queue.offline,
    undo: labelOfLast(film?.done, base, document?.undo ?? null, 'done'),
    redo: labelOfLast(film?.undone, base, document?.redo ?? null, 'undone'),
    ...(saved === undefined ? {} : { saved }),
    ...(said === undefined ? {} : { said }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(timeline === get().timeline && document?.settings === get().document?.settings ? {} : seen(timeline, document)),
  });
}

function labelOfLast(
  entries: Film['done'] | undefined,
  base: Film | null,
  hosts: string | null,
  kind: 'done' | 'undone',
): string | null {
  const last = entries?.at(-1);
  if (last !== undefined) return last.label;
  // A new edit leaves nothing to redo; and what this window knew and took back is not the host's last step any more.
  if (entries === undefined || base === null) return hosts;
  return base[kind].length === 0 && (kind === 'done' || queueIsPlain()) ? hosts : null;
}

const queueIsPlain = (): boolean => current()?.steps.every((step) => step.kind !== 'edit') ?? true;

function seen(timeline: Timeline | null, document: TimelineDocument | null): Partial<TimelineState> {
  if (timeline === null) return { timeline, findings: [], selected: NOBODY, focus: null };
  const before = get();
  const ids = new Set(timeline.clips.map((clip) => clip.id));
  const selected = [...before.selected].every((id) => ids.has(id))
    ? before.selected
    : new Set([...before.selected].filter((id) => ids.has(id)));
  const rooms = document?.analysis?.clusters;
  return {
    timeline,
    selected,
    focus: before.focus !== null && ids.has(before.focus) ? before.focus : null,
    findings: lintTimeline(timeline, {
      ...(rooms === undefined ? {} : { rooms }),
      ...(document === null
        ? {}
        : {
            targetSeconds: document.settings.targetSeconds,
            track: document.track,
            light: new Map(Object.entries(document.light)),
          }),
    }),
  };
}

/** Does a step: at once on the screen, then on the host. False, with `refusal` set, when the film refuses it. */
function perform(label: string, step: Step): boolean {
  const queue = current();
  const film = queue?.film ?? null;
  if (queue === undefined || film === null) return false;
  let next: Film;
  try {
    if (get().proposal !== null && step.kind !== 'apply') {
      throw new PicaividError('edit_refused', 'You are looking at a proposal. Apply it or leave it as it is first.');
    }
    next = after(film, step);
  } catch (error) {
    set({ refusal: { label, message: errorOf(error).message } });
    return false;
  }
  if (step.kind === 'edit' && changedNothing(next)) return true;
  set({ said: label });
  queue.push(step, next);
  return true;
}

const stepId = (): number => {
  lastStep += 1;
  return lastStep;
};

/**
 * Does an edit: at once on the screen, then on the host. What the film refuses sets `refusal` with the sentence and
 * returns false. An edit that changes nothing is no step of undo and is not sent.
 */
export function edit(label: string, what: Edit): boolean {
  return perform(label, { id: stepId(), kind: 'edit', label, edit: what });
}

export function undo(): void {
  const queue = current();
  if (queue === undefined || get().undo === null) return;
  const label = get().undo ?? '';
  const back = queue.takeBack('edit') ?? queue.takeBack('redo');
  if (back !== null) {
    set({ said: `Undone: ${label}` });
    show(queue, {});
    return;
  }
  const target = queue.film?.done.at(-1)?.id ?? null;
  if (perform('Undo', { id: stepId(), kind: 'undo', target })) set({ said: `Undone: ${label}` });
}

export function redo(): void {
  const queue = current();
  if (queue === undefined || get().redo === null) return;
  const label = get().redo ?? '';
  if (queue.takeBack('undo') !== null) {
    set({ said: `Done again: ${label}` });
    show(queue, {});
    return;
  }
  const entry = queue.film?.undone.at(-1);
  const done =
    entry?.unsent === true
      ? perform('Redo', { id: stepId(), kind: 'edit', label: entry.label, edit: entry.forth, again: true })
      : perform('Redo', { id: stepId(), kind: 'redo', target: entry?.id ?? null });
  if (done) set({ said: `Done again: ${label}` });
}

/** Shows the film that other settings would give, without changing anything. Refusals set `refusal`. */
export async function propose(settings: Partial<FilmSettings>): Promise<void> {
  const queue = current();
  if (queue === undefined) return;
  asking += 1;
  const mine = asking;
  set({ proposing: true });
  try {
    const proposal = await queue.api.propose(queue.listingId, settings);
    if (mine === asking) set({ proposal, proposing: false });
  } catch (error) {
    if (mine !== asking) return;
    set({ proposing: false, refusal: { label: 'Preview the change', message: errorOf(error).message } });
  }
}

/** Puts the proposal in place of the film, as one step of undo. */
export function applyProposal(label: string): boolean {
  const { proposal } = get();
  if (proposal === null) return false;
  const done = perform(label, { id: stepId(), kind: 'apply', label, proposal });
  if (done) dropProposal();
  return done;
}

export function dropProposal(): void {
  asking += 1;
  set({ proposal: null, proposing: false });
}

/** Puts a version's film in place of the present one, as one step of undo; shown when the host has answered. */
export function restoreVersion(versionId: string, label: string): boolean {
  return perform(label, { id: stepId(), kind: 'ask', label, send: (api, id) => api.restoreVersion(id, versionId) });
}

/** Puts an .otio file's film in place of the present one, as one step of undo; shown when the host has answered. */
export function importOtio(otio: string, label: string): boolean {
  return perform(label, { id: stepId(), kind: 'ask', label, send: (api, id) => api.importOtio(id, otio) });
}

/** Draft, approved or locked. Refusals set `refusal`. */
export async function setStatus(status: Timeline['status']): Promise<void> {
  const queue = current();
  if (queue === undefined) return;
  try {
    queue.adopt(await queue.api.setStatus(queue.listingId, status));
  } catch (error) {
    set({ refusal: { label: 'Change the status', message: errorOf(error).message } });
  }
}

/** Selects clips; the focus goes to `focus`, or stays where it is selected. */
export function select(ids: Iterable<string>, focus?: string | null): void {
  const selected = new Set(ids);
  const kept = get().focus;
  const fallback = kept !== null && selected.has(kept) ? kept : ([...selected].at(-1) ?? kept);
  set({ selected, focus: focus === undefined ? fallback : focus });
}

export function setMagnet(magnet: Magnet): void {
  set({ magnet });
}

export function setRipple(ripple: boolean): void {
  set({ ripple });
}

/** Film frames from 0 on; an out frame that is not behind the in frame takes the in frame away, and the reverse. */
export function setRange(change: { readonly inFrame?: number | null; readonly outFrame?: number | null }): void {
  const next = { ...get().range, ...change };
  if (next.inFrame !== null && next.outFrame !== null && next.outFrame <= next.inFrame) {
    if (change.inFrame === undefined) next.inFrame = null;
    else next.outFrame = null;
  }
  set({ range: next });
}

/** Takes an event of the host. */
export function receiveTimelineEvent(event: StudioEvent | TimelineEvent): void {
  const queue = current();
  if (queue === undefined) return;
  const { listingId } = queue;
  if (event.type === 'hello' || event.type === 'music') void queue.refetch();
  else if (event.type === 'timeline' && event.listingId === listingId) {
    queue.heardOf = Math.max(queue.heardOf, event.revision);
    if (queue.steps.length === 0 && queue.heardOf > (queue.document?.revision ?? 0)) void queue.refetch();
  } else if ((event.type === 'rooms' || event.type === 'listing') && event.listingId === listingId) {
    if (queue.steps.length === 0) void queue.refetch();
  } else if (event.type === 'task' && event.task.listingId === listingId) {
    const { state } = event.task;
    if (state === 'done' || state === 'failed' || state === 'cancelled') void queue.refetch();
  }
}
