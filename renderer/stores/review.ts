/**
 * The review of the open listing: what the host last said, which take is looked at, what it is compared with, the note
 * that is being written. A take stays on screen until the person goes on: when the film takes another one meanwhile,
 * that is said, and nothing is signed. The frame on the canvas is elsewhere (`review-playhead.ts`), outside React.
 */
import { PicaividError } from '../../base/errors.ts';
import type { StudioEvent } from '../../main/host/contract.ts';
import type { NewDecision, Rerender, ReviewClip, ReviewDocument, TakeView } from '../../main/host/review-contract.ts';
import { STATE_WORDS } from '../../pipeline/review.ts';
import { errorOf, ListingDocument } from './listing-document.ts';
import { takePerson } from './person.ts';
import type { ReviewApi } from './review-api.ts';
import { filmTake, firstLook, listedClips, neighbour, nextToDo, shareReviewClips } from './review-order.ts';
import { CLOSED, type ReviewViewState, useReview, useReviewProgress } from './review-state.ts';

export * from './review-state.ts';

const { getState: get, setState: set } = useReview;

/** Milliseconds before a silent host is asked again; its `hello` asks earlier. */
const AGAIN_MS = 4_000;

const feed = new ListingDocument<ReviewApi, ReviewDocument>({
  get: (api, listingId) => api.get(listingId),
  adopt,
  failed: (error) => {
    if (get().document === null) set({ error: errorOf(error) });
    else if (!(error instanceof PicaividError)) set({ silent: true });
    if (!(error instanceof PicaividError)) feed.refetchSoon(AGAIN_MS);
  },
});

/** Opens a listing and asks the host for it. `focus` names a clip that a link came for. */
export async function openReview(listingId: string, host: ReviewApi, focus: string | null = null): Promise<void> {
  if (feed.open(listingId, host)) {
    set({ ...CLOSED, listingId });
    useReviewProgress.setState({ byClip: new Map() });
  }
  await feed.refetch();
  if (focus !== null && get().listingId === listingId && get().clipId !== focus) openClip(focus);
}

export const refetchReview = (): Promise<void> => feed.refetch();

/** The clip that is open. */
export function openedClip(state: ReviewViewState = get()): ReviewClip | null {
  return state.document?.clips.find(({ clipId }) => clipId === state.clipId) ?? null;
}
/** The take that is looked at. */
export function lookedTake(state: ReviewViewState = get()): TakeView | null {
  return openedClip(state)?.takes.find(({ specHash }) => specHash === state.specHash) ?? null;
}

function adopt(document: ReviewDocument): void {
  const before = get();
  const clips = shareReviewClips(before.document?.clips ?? [], document.clips);
  takePerson(document.person);
  takeProgress(document.clips);
  set({ document: { ...document, clips }, error: null, silent: false });
  const old = before.document?.clips.find(({ clipId }) => clipId === before.clipId) ?? null;
  const clip = clips.find(({ clipId }) => clipId === before.clipId) ?? null;
  if (clip === null) {
    const next = nextToDo(clips, null) ?? clips[0] ?? null;
    if (before.clipId !== null) set({ notice: `${old?.room ?? 'The clip'} is not in the film any more.`, draft: null });
    if (next === null) set({ clipId: null, specHash: null });
    else openClip(next.clipId, { keepNotice: true });
    return;
  }
  followTake(old, clip);
}

/** The film's take may be another one now: what is on screen stays, and it is said. */
function followTake(old: ReviewClip | null, clip: ReviewClip): void {
  const { specHash } = get();
  if (specHash === null || !clip.takes.some((take) => take.specHash === specHash)) {
    const look = firstLook(clip);
    if (look === null) return;
    const said = `Take ${look.number} of ${clip.room} is there.`;
    set({ specHash: look.specHash, openAt: null, said, notice: specHash === null ? null : said, against: 'photo' });
    return;
  }
  const was = old === null ? null : filmTake(old);
  const is = filmTake(clip);
  if (was?.specHash === is?.specHash) return;
  if (is?.specHash === specHash) {
    set({ notice: null, said: `Take ${is.number} is in the film now.` });
    return;
  }
  if (was?.specHash !== specHash) return;
  const sentence = outdatedWords(clip, specHash);
  set({ notice: sentence, said: sentence, asking: null, unsigned: null });
}

/** Why the take on screen cannot be signed: another one is in the film, or none. */
export function outdatedWords(clip: ReviewClip, specHash: string): string {
  const number = clip.takes.find((take) => take.specHash === specHash)?.number;
  const is = filmTake(clip);
  if (is === null) return `The film asks for other frames of ${clip.room} now. Render it, then look at the new take.`;
  return `The film shows take ${is.number} of ${clip.room} now; you are looking at take ${number ?? '?'}. Look at take ${is.number} to sign it.`;
}

function takeProgress(clips: readonly ReviewClip[]): void {
  const { byClip } = useReviewProgress.getState();
  const next = new Map<string, number>();
  for (const clip of clips)
    if (clip.state === 'rendering')
      // An answer may be older than the last event: a figure never runs back.
      next.set(clip.clipId, Math.max(clip.progress?.fraction ?? 0, byClip.get(clip.clipId) ?? 0));
  useReviewProgress.setState({ byClip: next });
}

/** Takes an event of the host. */
export function receiveReviewEvent(event: StudioEvent): void {
  const { listingId, document } = get();
  switch (event.type) {
    case 'hello':
      void feed.refetch();
      return;
    case 'person':
      takePerson(event.person);
      return;
    case 'review':
    case 'renders':
    case 'timeline':
      if (event.listingId === listingId) feed.refetchSoon();
      return;
    case 'render_progress':
      if (event.listingId !== listingId) return;
      useReviewProgress.setState(({ byClip }) => ({
        byClip: new Map(byClip).set(event.clipId, event.progress.fraction),
      }));
      if (document?.clips.some(({ clipId, state }) => clipId === event.clipId && state !== 'rendering') === true)
        feed.refetchSoon();
      return;
    default:
  }
}

// ───────────────────────────── Looking ─────────────────────────────

/** Opens a clip at a frame, else at the first one that the film shows. A draft without words and marks is dropped. */
export function openClip(
  clipId: string,
  { at = null, keepNotice = false }: { readonly at?: number | null; readonly keepNotice?: boolean } = {},
): void {
  const { document, draft, notice } = get();
  const clip = document?.clips.find((one) => one.clipId === clipId);
  if (clip === undefined) return;
  const take = firstLook(clip);
  set({
    clipId,
    specHash: take?.specHash ?? null,
    openAt: at,
    against: 'photo',
    flipped: false,
    asking: null,
    unsigned: null,
    notice: keepNotice ? notice : null,
    draft: draft !== null && (draft.text.trim() !== '' || draft.marks.length > 0) ? { ...draft, drawing: false } : null,
    said: `${clip.room}, clip ${clip.index + 1} of ${document?.clips.length ?? 0}, ${STATE_WORDS[clip.review].toLowerCase()}`,
  });
}

/** The next or previous clip of the list as it is shown. */
export function stepClip(by: number): void {
  const { document, filter, clipId } = get();
  const listed = listedClips(document?.clips ?? [], filter);
  const next = neighbour(listed, clipId, by);
  if (next !== null && next.clipId !== clipId) openClip(next.clipId);
}

export function openNextToDo(): boolean {
  const { document, clipId } = get();
  const next = nextToDo(document?.clips ?? [], clipId);
  if (next !== null) openClip(next.clipId);
  return next !== null;
}

/** Looks at another take of the open clip, at the same frame. */
export function lookAtTake(specHash: string, at: number | null = null): void {
  const clip = openedClip();
  const take = clip?.takes.find((one) => one.specHash === specHash);
  if (clip == null || take === undefined) return;
  const inFilm = filmTake(clip)?.specHash === specHash;
  set(({ against, notice }) => ({
    specHash,
    openAt: at,
    against: against === specHash ? 'photo' : against,
    notice: inFilm ? null : notice,
    said: `Take ${take.number}${inFilm ? ', the one in the film' : ''}`,
  }));
}

// ───────────────────────────── Changing ─────────────────────────────

type Change = 'done' | 'outdated' | 'failed';

/** Asks for a change; a take that is not the film's any more makes room for the one that is. */
async function change(
  label: string,
  call: (api: ReviewApi, listingId: string) => Promise<ReviewDocument | null>,
): Promise<Change> {
  set({ pending: get().pending + 1 });
  const outcome = await feed.change(call);
  if (outcome.here) set({ pending: get().pending - 1 });
  if (outcome.done) return 'done';
  if (!outcome.here) return 'failed';
  const { code, message } = outcome.error;
  if (code === 'take_outdated') {
    await feed.refetch();
    const clip = openedClip();
    const take = clip === null ? null : filmTake(clip);
    if (take !== null) lookAtTake(take.specHash);
    set({ notice: `Nothing was signed. ${message}`, said: `Nothing was signed. ${message}`, asking: null });
    return 'outdated';
  }
  set({ refusal: { label, message } });
  // What was refused may have changed under the page: a file that is gone, a role.
  if (code !== 'host_unreachable') feed.refetchSoon();
  return 'failed';
}

/** Signs; then the next clip to review opens. The caller made sure that this take was on the canvas. */
export async function signClip(decision: NewDecision): Promise<boolean> {
  const done = await change('Sign', (host, id) => host.decide(id, decision));
  if (done !== 'done') return false;
  const { document, clipId } = get();
  const clip = document?.clips.find((one) => one.clipId === decision.clipId);
  const own = clip?.decisions.findLast((one) => one.specHash === decision.specHash);
  const take = clip?.takes.find((one) => one.specHash === decision.specHash);
  const words = STATE_WORDS[decision.state].toLowerCase();
  const time =
    own === undefined
      ? ''
      : ` at ${new Date(own.at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}`;
  const sentence = `${clip?.room ?? 'The clip'}, take ${take?.number ?? ''}: ${words}. Signed by ${own?.reviewer.name ?? ''}${time}.`;
  set({ asking: null, unsigned: null, signed: { clipId: decision.clipId, sentence } });
  // The person may have gone on while the host answered.
  if (clipId !== decision.clipId) return true;
  const went = openNextToDo();
  const now = openedClip();
  set({ said: went && now !== null ? `${sentence} Now ${now.room}.` : `${sentence} Nothing else waits for a review.` });
  return true;
}

export async function saveDraft(): Promise<boolean> {
  const { draft } = get();
  if (draft === null || draft.saving || (draft.text.trim() === '' && draft.marks.length === 0)) return false;
  set({ draft: { ...draft, saving: true } });
  const { clipId, specHash, inFrame, outFrame, text, marks } = draft;
  const note = { clipId, specHash, inFrame, outFrame, text: text.trim(), marks: [...marks] };
  const done = (await change('Save the note', (host, id) => host.addNote(id, note))) === 'done';
  if (done) set({ draft: null, said: `Note saved on ${frameWords(inFrame, outFrame)}.` });
  else if (get().draft !== null) set({ draft: { ...draft, saving: false } });
  return done;
}

export async function resolveNote(noteId: string): Promise<void> {
  if ((await change('Resolve the note', (host, id) => host.resolveNote(id, noteId))) === 'done')
    set({ said: 'Note resolved.' });
}

export async function chooseReviewTake(clipId: string, specHash: string): Promise<void> {
  const done = await change('Put this take in the film', async (host, id) => {
    await host.choose(id, clipId, specHash);
    return null;
  });
  if (done === 'done') set({ said: 'This take is in the film now.' });
}

export async function renderTakeAgain(clipId: string, changes: Rerender): Promise<boolean> {
  const done = await change('Render again', async (host, id) => {
    await host.again(id, clipId, changes);
    return null;
  });
  if (done === 'done') set({ said: 'Queued with what you changed. The new take is to be reviewed.' });
  return done === 'done';
}

export async function renderClip(clipId: string): Promise<void> {
  const done = await change('Render', async (host, id) => {
    await host.render(id, [clipId]);
    return null;
  });
  if (done === 'done') set({ said: 'Queued.' });
}

/** `frame 27`, `frames 60 to 71`. */
export const frameWords = (first: number, last: number): string =>
  first === last ? `frame ${first}` : `frames ${first} to ${last}`;
