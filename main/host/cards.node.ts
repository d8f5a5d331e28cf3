/** Cards of the library: a row, its newest task, and whether its folder is there. */
import { stat } from 'node:fs/promises';
import { PicaividError } from '../../base/errors.ts';
import type { CardFacts, ListingRow, StudioStore } from '../../db/studio/types.ts';
import type { RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import { roomsView } from '../../pipeline/rooms/view.ts';
import type { Analyses, KnownAnalysis } from './analyses.node.ts';
import type { ListingCard, TaskView } from './contract.ts';
import type { EventBus } from './events.ts';
import type { HostLog } from './host-log.node.ts';

/** A folder is looked for again after this, milliseconds. */
const FOLDER_KNOWN_MS = 5_000;
/** A disk that sleeps, or a share that is gone, must not hold the library up: milliseconds. */
const FOLDER_PATIENCE_MS = 300;
/** Facts of a card follow an action after this, milliseconds: a burst of actions counts them once. */
const FACTS_AFTER_MS = 150;

export interface CardsOptions {
  readonly store: StudioStore;
  readonly analyses: Analyses;
  readonly bus: EventBus;
  readonly log: HostLog;
  readonly ltxEnabled: boolean;
  /** Folders of listings that come from the team are the studio's own: never missing. */
  readonly isAway: (folder: string) => boolean;
}

export class Cards {
  private readonly options: CardsOptions;
  private readonly folders = new Map<string, { missing: boolean; at: number; asking: Promise<void> | undefined }>();
  private readonly due = new Map<string, NodeJS.Timeout>();

  constructor(options: CardsOptions) {
    this.options = options;
  }

  async cards(rows: readonly ListingRow[], tasks: readonly TaskView[]): Promise<readonly ListingCard[]> {
    await this.lookForFolders(rows);
    const newest = new Map<string, TaskView>();
    for (const task of tasks) if (task.listingId !== null) newest.set(task.listingId, task);
    return rows.map((row) => this.toCard(row, newest.get(row.id)));
  }

  /** Counts the card's facts soon, in one go for a burst of actions. */
  factsSoon(listingId: string): void {
    if (this.due.has(listingId)) return;
    const timer = setTimeout(() => {
      this.due.delete(listingId);
      void this.countFacts(listingId);
    }, FACTS_AFTER_MS);
    this.due.set(listingId, timer);
  }

  /** Counts and stores the facts of a card now, and tells the pages. */
  async countFacts(listingId: string): Promise<void> {
    const { store, analyses, bus, log, ltxEnabled } = this.options;
    try {
      const row = await store.listing(listingId);
      const known = row === undefined ? undefined : await analyses.get(row);
      if (row === undefined || known === undefined) return;
      await store.setCardFacts(listingId, factsOf(known, await store.decisions(listingId), ltxEnabled));
      bus.emit({ type: 'listing', listingId });
    } catch (error) {
      // The card shows older figures until the next action; the decisions themselves are stored.
      log.warn({ err: error, listingId }, 'the facts of a card were not stored');
    }
  }

  /** The folder was relocated, or something of it failed: look again at the next card. */
  forgetFolder(listingId: string): void {
    this.folders.delete(listingId);
  }

  /** Counts what is due, so that nothing is left behind. */
  async close(): Promise<void> {
    const ids = [...this.due.keys()];
    for (const timer of this.due.values()) clearTimeout(timer);
    this.due.clear();
    await Promise.all(ids.map((id) => this.countFacts(id)));
  }

  private async lookForFolders(rows: readonly ListingRow[]): Promise<void> {
    const now = Date.now();
    const asking = rows.map((row) => {
      if (row.teamId !== null && this.options.isAway(row.folder)) return undefined;
      const known = this.folders.get(row.id);
      if (known !== undefined && now - known.at < FOLDER_KNOWN_MS) return known.asking;
      const entry = { missing: known?.missing ?? false, at: now, asking: undefined as Promise<void> | undefined };
      entry.asking = isFolder(row.folder).then((there) => {
        const changed = known !== undefined && entry.missing === there;
        entry.missing = !there;
        entry.asking = undefined;
        if (changed) this.options.bus.emit({ type: 'listing', listingId: row.id });
      });
      this.folders.set(row.id, entry);
      return entry.asking;
    });
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FOLDER_PATIENCE_MS);
    });
    await Promise.race([Promise.all(asking), patience]);
    clearTimeout(timer);
  }

  private toCard(row: ListingRow, task: TaskView | undefined): ListingCard {
    return {
      id: row.id,
      name: row.name,
      folder: row.folder,
      status: row.status,
      photoCount: row.photoCount,
      rejectedCount: row.rejectedCount,
      attentionCount: row.attentionCount,
      posterPhotoId: row.posterPhotoId,
      task: task !== undefined && task.state !== 'done' && task.state !== 'cancelled' ? task : null,
      error: (task?.state === 'failed' ? task.error : null) ?? row.error,
      folderMissing: this.folders.get(row.id)?.missing ?? false,
      archived: row.archived,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      template: row.template,
      targetSeconds: row.targetSeconds,
      ...(row.teamId === null ? {} : { shared: true }),
      ...(row.teamId !== null && this.options.isAway(row.folder) ? { away: true } : {}),
    };
  }
}

export function factsOf({ view }: KnownAnalysis, decisions: RoomsDecisions, ltxEnabled: boolean): CardFacts {
  const rooms = roomsView(view, decisions, { ltxEnabled });
  return {
    photoCount: view.photos.length,
    rejectedCount: view.rejected.length,
    attentionCount: rooms.suggestions.length,
    posterPhotoId: rooms.lanes[0]?.heroPhotoId ?? view.photos[0]?.id ?? null,
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

export function noListing(): PicaividError {
  return new PicaividError('file_not_found', 'This listing is not in the library (any more).');
}
