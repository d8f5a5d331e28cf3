/** Watches the folders of the listings that are looked at: a photo that is added or taken away is noticed by itself. */
import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import type { HostLog } from './host-log.node.ts';

/** Listings watched at a time: those looked at last. */
const WATCHED = 4;
/** A copy of many photos is one change: milliseconds of quiet before it is looked at. */
const QUIET_MS = 1_500;

interface Watched {
  readonly watcher: FSWatcher;
  readonly folder: string;
  timer: NodeJS.Timeout | undefined;
}

export class FolderWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly log: HostLog;
  private readonly onChange: (listingId: string) => void;

  constructor(log: HostLog, onChange: (listingId: string) => void) {
    this.log = log;
    this.onChange = onChange;
  }

  look(listingId: string, folder: string): void {
    const known = this.watched.get(listingId);
    if (known?.folder === folder) {
      // Newest last: the first one is let go of first.
      this.watched.delete(listingId);
      this.watched.set(listingId, known);
      return;
    }
    this.leave(listingId);
    try {
      const watcher = watch(folder, { recursive: true, persistent: false }, (_event, name) =>
        this.changed(listingId, name),
      );
      watcher.on('error', () => this.leave(listingId));
      this.watched.set(listingId, { watcher, folder, timer: undefined });
    } catch (error) {
      // No such folder, or no watches left: the person can still refresh by hand.
      this.log.info({ err: error, listingId }, 'a folder is not watched');
    }
    for (const old of [...this.watched.keys()].slice(0, Math.max(0, this.watched.size - WATCHED))) this.leave(old);
  }

  close(): void {
    for (const id of [...this.watched.keys()]) this.leave(id);
  }

  private changed(listingId: string, name: string | null): void {
    const entry = this.watched.get(listingId);
    // Hidden files come and go with every look of a file manager.
    if (entry === undefined || (name !== null && basename(name).startsWith('.'))) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.onChange(listingId), QUIET_MS);
    entry.timer.unref();
  }

  private leave(listingId: string): void {
    const entry = this.watched.get(listingId);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    entry.watcher.close();
    this.watched.delete(listingId);
  }
}
