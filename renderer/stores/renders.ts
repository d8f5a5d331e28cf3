/**
 * The renders of the open listing: what the host last said, what is selected, and the progress of single clips apart
 * from the list, so that a clip that moves on draws its own row and nothing else.
 */
import { create } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { StudioEvent, TaskView } from '../../main/host/contract.ts';
import type { ClipRender, RendersDocument, Rerender } from '../../main/host/review-contract.ts';
import type { Progress } from '../../pipeline/domain.ts';
import { errorOf, ListingDocument } from './listing-document.ts';
import { takePerson } from './person.ts';
import type { RendersApi } from './renders-api.ts';

export interface RendersState {
  readonly listingId: string;
  readonly document: RendersDocument | null;
  /** Why the document could not be had. */
  readonly error: ErrorData | null;
  readonly selected: ReadonlySet<string>;
  /** The clip that keys act on and the details show. */
  readonly focus: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
  /** The take that the details show, of the focused clip; null is the current one. */
  readonly take: string | null;
  /** For the live region. */
  readonly said: string;
  /** A refusal to tell the person about; cleared by who tells it. */
  readonly refusal: { readonly label: string; readonly message: string } | null;
  /** Calls under way. */
  readonly pending: number;
}

const NOBODY: ReadonlySet<string> = new Set();
const CLOSED: RendersState = {
  listingId: '',
  document: null,
  error: null,
  selected: NOBODY,
  focus: null,
  anchor: null,
  take: null,
  said: '',
  refusal: null,
  pending: 0,
};

export const useRenders = create<RendersState>(() => CLOSED);
/** Clip id → how far it is. Its own store: an event of one clip is no news for the others. */
export const useRenderProgress = create<{ readonly byClip: ReadonlyMap<string, Progress> }>(() => ({
  byClip: new Map(),
}));
const { getState: get, setState: set } = useRenders;

const feed = new ListingDocument<RendersApi, RendersDocument>({
  get: (api, listingId) => api.get(listingId),
  adopt,
  failed: (error) => {
    if (get().document === null) set({ error: errorOf(error) });
  },
});

/** Opens a listing and asks the host for it. `focus` names a clip that a link came for. */
export async function openRenders(listingId: string, host: RendersApi, focus: string | null = null): Promise<void> {
  if (feed.open(listingId, host)) {
    set({ ...CLOSED, listingId });
    useRenderProgress.setState({ byClip: new Map() });
  }
  await feed.refetch();
  if (focus !== null && get().listingId === listingId) focusClip(focus);
}

export const refetchRenders = (): Promise<void> => feed.refetch();

function adopt(document: RendersDocument): void {
  const before = get();
  const clips = shareClips(before.document?.clips ?? [], document.clips);
  const ids = new Set(clips.map((clip) => clip.clipId));
  const focus = before.focus !== null && ids.has(before.focus) ? before.focus : (clips[0]?.clipId ?? null);
  // At first the focused clip is the chosen one: Enter has something to act on.
  const chosen = before.document === null && focus !== null ? [focus] : [...before.selected];
  const kept = chosen.filter((id) => ids.has(id));
  takePerson(document.person);
  takeProgress(document.clips);
  set({
    document: { ...document, clips },
    error: null,
    focus,
    selected: kept.length === before.selected.size && before.document !== null ? before.selected : new Set(kept),
    take: focus === before.focus ? before.take : null,
  });
}

/** The new clips, with the object of before for each that says the same: only what changed is drawn again. */
export function shareClips(before: readonly ClipRender[], next: readonly ClipRender[]): readonly ClipRender[] {
  const known = new Map(before.map((clip) => [clip.clipId, clip]));
  const shared = next.map((clip) => {
    const still = { ...clip, progress: null };
    const old = known.get(clip.clipId);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(still) ? old : still;
  });
  const same = shared.length === before.length && shared.every((clip, at) => clip === before[at]);
  return same ? before : shared;
}

function takeProgress(clips: readonly ClipRender[]): void {
  const next = new Map<string, Progress>();
  for (const clip of clips) {
    if (clip.state !== 'rendering') continue;
    const known = useRenderProgress.getState().byClip.get(clip.clipId);
    // An answer may be older than the last event: a bar never runs back.
    const progress = known !== undefined && (clip.progress?.fraction ?? 0) < known.fraction ? known : clip.progress;
    if (progress !== null) next.set(clip.clipId, progress);
  }
  useRenderProgress.setState({ byClip: next });
}

/** Takes an event of the host. */
export function receiveRendersEvent(event: StudioEvent): void {
  const { listingId, document } = get();
  switch (event.type) {
    case 'hello':
      void feed.refetch();
      return;
    case 'renders':
    case 'review':
    case 'timeline':
      if (event.listingId === listingId) feed.refetchSoon();
      return;
    case 'render_progress':
      if (event.listingId !== listingId) return;
      useRenderProgress.setState(({ byClip }) => ({ byClip: new Map(byClip).set(event.clipId, event.progress) }));
      // It has begun since the document was asked for.
      if (document?.clips.some(({ clipId, state }) => clipId === event.clipId && state !== 'rendering') === true)
        feed.refetchSoon();
      return;
    case 'task':
      if (event.task.listingId === listingId && event.task.kind === 'render' && document !== null)
        takeTask(document, event.task);
      return;
    default:
  }
}

function takeTask(document: RendersDocument, task: TaskView): void {
  const over = task.state === 'done' || task.state === 'failed' || task.state === 'cancelled';
  set({ document: { ...document, task: over ? null : task } });
  if (over) feed.refetchSoon();
}

/** Asks for a change; what the host answers is shown. Resolves with whether it was done. */
async function change(
  label: string,
  said: string,
  call: (api: RendersApi, listingId: string) => Promise<RendersDocument>,
): Promise<boolean> {
  set({ pending: get().pending + 1 });
  const outcome = await feed.change(call);
  if (outcome.here) {
    set({ pending: get().pending - 1 });
    set(outcome.done ? { said } : { refusal: { label, message: outcome.error.message } });
  }
  return outcome.done;
}

const counted = (count: number): string => (count === 1 ? '1 clip' : `${count} clips`);

export function renderClips(clipIds: readonly string[] | 'changed'): Promise<boolean> {
  const what = clipIds === 'changed' ? 'All changed clips' : counted(clipIds.length);
  return change('Render', `${what} queued.`, (api, id) => api.start(id, clipIds));
}

export function cancelClips(clipIds: readonly string[] | 'all'): Promise<boolean> {
  const what = clipIds === 'all' ? 'Everything' : counted(clipIds.length);
  return change('Cancel', `${what} taken out of the queue.`, (api, id) => api.cancel(id, clipIds));
}

export function renderAgain(clipId: string, changes: Rerender): Promise<boolean> {
  return change('Render again', 'Queued with what you changed.', (api, id) => api.again(id, clipId, changes));
}

export function chooseTake(clipId: string, specHash: string): Promise<boolean> {
  const said = 'It is the current take now.';
  return change('Make it the current take', said, (api, id) => api.choose(id, clipId, specHash));
}

/** Tells the host what is on screen: that is rendered first. Silence does no harm. */
export function lookAt(clipIds: readonly string[]): void {
  const { listingId } = get();
  if (listingId !== '') feed.api?.look(listingId, clipIds).catch(() => undefined);
}

// ───────────────────────────── Selection ─────────────────────────────

export function focusClip(clipId: string): void {
  const { document, focus } = get();
  if (document?.clips.some((clip) => clip.clipId === clipId) !== true) return;
  set({ focus: clipId, anchor: clipId, selected: new Set([clipId]), take: clipId === focus ? get().take : null });
}

/** Adds or takes away one clip, as a press with Ctrl does. */
export function toggleClip(clipId: string): void {
  const selected = new Set(get().selected);
  if (!selected.delete(clipId)) selected.add(clipId);
  set({ selected, focus: clipId, anchor: clipId, take: clipId === get().focus ? get().take : null });
}

/** Everything between the anchor and this clip. */
export function extendTo(clipId: string): void {
  const { document, anchor, focus } = get();
  const ids = document?.clips.map((clip) => clip.clipId) ?? [];
  const from = ids.indexOf(anchor ?? focus ?? clipId);
  const to = ids.indexOf(clipId);
  if (from === -1 || to === -1) return;
  const selected = new Set(ids.slice(Math.min(from, to), Math.max(from, to) + 1));
  set({ selected, focus: clipId, anchor: ids[from] ?? clipId, take: clipId === focus ? get().take : null });
}

/** Moves the focus by so many rows; it stops at both ends. */
export function moveFocus(by: number, extend: boolean): void {
  const { document, focus } = get();
  const clips = document?.clips ?? [];
  const at = clips.findIndex((clip) => clip.clipId === focus);
  const next = clips[Math.min(clips.length - 1, Math.max(0, at === -1 ? 0 : at + by))];
  if (next === undefined) return;
  if (extend) extendTo(next.clipId);
  else focusClip(next.clipId);
}

export function selectClips(ids: readonly string[]): void {
  set({ selected: new Set(ids), focus: ids[0] ?? get().focus, anchor: ids[0] ?? null, take: null });
}
