/**
 * The library's listings. What a person does is shown at once and taken back, with the reason, when the host refuses;
 * every such action can be undone from its toast or by Undo.
 */
import { create } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { CreatedListings, ListingCard, ReadyPhoto, TaskView } from '../../main/host/contract.ts';
import { api, errorOf } from '../api.ts';
import { type Cards, type Pending, project, withTask } from './listings-overlay.ts';
import { toast } from './toasts.ts';

export interface UndoStep {
  /** Such as `Delete 3 listings`. */
  readonly label: string;
  /** False when the host refused; the step then stays. */
  readonly undo: () => Promise<boolean>;
}

interface Listings {
  /** By id, as shown; in the host's order. */
  readonly cards: Cards;
  /** False until the first list has come. */
  readonly loaded: boolean;
  /** Why the list could not be read. */
  readonly error: ErrorData | null;
  /** What Undo would take back in the library, the newest last. */
  readonly undoSteps: readonly UndoStep[];
}

export const useListings = create<Listings>(() => ({ cards: new Map(), loaded: false, error: null, undoSteps: [] }));

let told: Cards = new Map();
let pending: readonly Pending[] = [];
let tokens = 0;
/** Counts settled actions: a list asked for before one of them settled may not know of it. */
let settled = 0;
let asking: Promise<void> | null = null;
let askAgain = false;

function show(): void {
  const before = useListings.getState().cards;
  const cards = project(told, pending, before);
  if (cards !== before) useListings.setState({ cards });
}

/** Asks for the whole list; calls while one is under way make one more afterwards, not many. */
export function refreshListings(): Promise<void> {
  if (asking !== null) {
    askAgain = true;
    return asking;
  }
  asking = (async () => {
    do {
      askAgain = false;
      const before = settled;
      try {
        const list = await api.listings.list.query();
        if (settled !== before) {
          askAgain = true;
          continue;
        }
        told = new Map(list.map((card) => [card.id, card]));
        show();
        useListings.setState({ loaded: true, error: null });
      } catch (error) {
        useListings.setState({ error: errorOf(error) });
      }
    } while (askAgain);
  })().finally(() => {
    asking = null;
  });
  return asking;
}

let soon: ReturnType<typeof setTimeout> | null = null;

/** A little later, once for many calls: a batch of events asks for one list. */
export function refreshListingsSoon(milliseconds = 80): void {
  if (soon !== null) return;
  soon = setTimeout(() => {
    soon = null;
    void refreshListings();
  }, milliseconds);
}

/** A task of a listing moved on: its card shows or drops it. */
export function applyTaskToListing(task: TaskView): void {
  const card = task.listingId === null ? undefined : told.get(task.listingId);
  if (card === undefined) return;
  put(withTask(card, task));
}

/** Photos that ingest has read: the first is the poster until a room has its hero. */
export function applyReadyPhotos(listingId: string, photos: readonly ReadyPhoto[]): void {
  const card = told.get(listingId);
  const first = photos[0];
  if (card === undefined || first === undefined || card.posterPhotoId !== null) return;
  put({ ...card, posterPhotoId: first.id });
}

function put(...cards: readonly ListingCard[]): void {
  told = new Map([...told, ...cards.map((card) => [card.id, card] as const)]);
  show();
}

/** Shows `apply` at once, keeps it when `call` succeeds, takes it back and throws when it fails. */
async function optimistic(
  ids: readonly string[],
  apply: Pending['apply'],
  call: () => Promise<ListingCard | undefined>,
): Promise<void> {
  tokens += 1;
  const action: Pending = { token: tokens, ids: new Set(ids), apply };
  pending = [...pending, action];
  show();
  try {
    const answer = await call();
    const next = new Map(told);
    for (const id of ids) {
      const card = told.get(id);
      const after = answer?.id === id ? answer : card === undefined ? null : apply(card);
      if (after === null) next.delete(id);
      else next.set(id, after);
    }
    told = next;
  } finally {
    settled += 1;
    pending = pending.filter((one) => one !== action);
    show();
  }
}

async function attempt(failure: string, run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    toast({ tone: 'fail', title: failure, detail: errorOf(error).message });
    return false;
  }
}

function done(title: string, step: UndoStep): void {
  useListings.setState(({ undoSteps }) => ({ undoSteps: [...undoSteps, step].slice(-50) }));
  toast({ tone: 'info', title, action: { label: 'Undo', run: () => void undoStep(step) } });
}

/** Takes one step back, from its toast or as the newest; a step is taken back once. */
async function undoStep(step: UndoStep): Promise<void> {
  if (!useListings.getState().undoSteps.includes(step)) return;
  useListings.setState(({ undoSteps }) => ({ undoSteps: undoSteps.filter((one) => one !== step) }));
  if (await step.undo()) return;
  useListings.setState(({ undoSteps }) => ({ undoSteps: [...undoSteps, step] }));
}

export async function undoNewest(): Promise<void> {
  const step = useListings.getState().undoSteps.at(-1);
  if (step !== undefined) await undoStep(step);
}

const named = (id: string): string => useListings.getState().cards.get(id)?.name ?? 'The listing';
/** `“18 Willow Lane”`, or `3 listings`. */
export function listingsText(ids: readonly string[]): string {
  return ids.length === 1 ? `“${named(ids[0] ?? '')}”` : `${ids.length} listings`;
}

const setName = (id: string, name: string): Promise<void> =>
  optimistic(
    [id],
    (card) => ({ ...card, name }),
    () => api.listings.rename.mutate({ id, name }),
  );

export async function renameListing(id: string, text: string): Promise<void> {
  const name = text.trim();
  const before = useListings.getState().cards.get(id)?.name;
  if (name === '' || before === undefined || name === before) return;
  const kept = await attempt(`“${before}” could not be renamed`, () => setName(id, name));
  if (!kept) return;
  done(`Renamed to “${name}”`, {
    label: `Rename to “${name}”`,
    undo: () => attempt('The name could not be changed back', () => setName(id, before)),
  });
}

const setArchived = (ids: readonly string[], archived: boolean): Promise<void> =>
  optimistic(
    ids,
    (card) => ({ ...card, archived }),
    async () => {
      await api.listings.archive.mutate({ ids: [...ids], archived });
      return undefined;
    },
  );

export async function archiveListings(ids: readonly string[], archived: boolean): Promise<void> {
  const cards = useListings.getState().cards;
  const changed = ids.filter((id) => cards.get(id)?.archived === !archived);
  if (changed.length === 0) return;
  const what = listingsText(changed);
  const verb = archived ? 'archived' : 'brought back';
  if (!(await attempt(`${what} could not be ${verb}`, () => setArchived(changed, archived)))) return;
  done(`${what} ${verb}`, {
    label: archived ? `Archive ${what}` : `Bring back ${what}`,
    undo: () => attempt(`${what} could not be changed back`, () => setArchived(changed, !archived)),
  });
}

/** Out of the library; nothing of the photos is touched, and Undo brings the listings back with all decisions. */
export async function deleteListings(ids: readonly string[]): Promise<void> {
  const here = ids.filter((id) => useListings.getState().cards.has(id));
  if (here.length === 0) return;
  const what = listingsText(here);
  const kept = await attempt(`${what} could not be deleted`, () =>
    optimistic(
      here,
      () => null,
      async () => {
        await api.listings.delete.mutate({ ids: here });
        return undefined;
      },
    ),
  );
  if (!kept) return;
  done(`${what} deleted from the library`, {
    label: `Delete ${what}`,
    undo: () =>
      attempt(`${what} could not be brought back`, async () => {
        await api.listings.restore.mutate({ ids: here });
        await refreshListings();
      }),
  });
}

/** What the host takes at a time. */
const FOLDERS_AT_A_TIME = 200;

/** Listings of these folders. Throws what the host throws; what came is in the list when it resolves. */
export async function createListings(folders: readonly string[]): Promise<CreatedListings> {
  const all: CreatedListings[] = [];
  for (let at = 0; at < folders.length; at += FOLDERS_AT_A_TIME) {
    const some = folders.slice(at, at + FOLDERS_AT_A_TIME);
    all.push(takeCreated(await api.listings.create.mutate({ folders: some })));
  }
  return {
    created: all.flatMap(({ created }) => created),
    existing: all.flatMap(({ existing }) => existing),
    refused: all.flatMap(({ refused }) => refused),
  };
}

/** Puts what a creation answered into the list, before the host's own event says so. */
export function takeCreated(made: CreatedListings): CreatedListings {
  settled += 1;
  put(...made.created, ...made.existing);
  return made;
}

export async function addSampleListing(): Promise<ListingCard> {
  const card = await api.listings.addSample.mutate();
  settled += 1;
  put(card);
  return card;
}

export async function relocateListing(id: string, folder: string): Promise<void> {
  const card = await api.listings.relocate.mutate({ id, folder });
  settled += 1;
  put(card);
}

export async function refreshListing(id: string): Promise<void> {
  await attempt(`${listingsText([id])} could not be looked at again`, async () => {
    applyTaskToListing(await api.listings.refresh.mutate({ id }));
  });
}
