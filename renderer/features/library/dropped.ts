/** What was dropped on the window, as listings to be. Pure but for the browser's own entry objects. */
import { looksLikePhoto } from '../../../main/host/folders.ts';

/** A photo to send, with its name inside the listing's folder. */
export interface PhotoToSend {
  readonly name: string;
  readonly file: File;
}

export interface ListingToSend {
  readonly name: string;
  readonly photos: readonly PhotoToSend[];
}

/** Folders deeper than this are not a listing's: a whole disk may have been dropped. */
const MAX_DEPTH = 4;
/** What the host takes of one upload. */
export const MAX_PHOTOS = 2_000;

/** The browser's `FileSystemEntry`, as much as is used. */
export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}
export interface DirectoryEntry extends Entry {
  createReader(): { readEntries(done: (entries: readonly Entry[]) => void, failed: (error: unknown) => void): void };
}
export interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: unknown) => void): void;
}

const isDirectory = (entry: Entry): entry is DirectoryEntry => entry.isDirectory;
const isFile = (entry: Entry): entry is FileEntry => !entry.isDirectory;

async function entriesOf(directory: DirectoryEntry): Promise<readonly Entry[]> {
  const reader = directory.createReader();
  const all: Entry[] = [];
  // Chromium gives at most 100 at a time; an empty answer is the end.
  for (;;) {
    const some = await new Promise<readonly Entry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function photosIn(directory: DirectoryEntry, prefix: string, depth: number): Promise<readonly PhotoToSend[]> {
  if (depth > MAX_DEPTH) return [];
  const found: PhotoToSend[] = [];
  for (const entry of await entriesOf(directory)) {
    if (found.length >= MAX_PHOTOS || entry.name.startsWith('.')) continue;
    if (isDirectory(entry)) found.push(...(await photosIn(entry, `${prefix}${entry.name}/`, depth + 1)));
    else if (isFile(entry) && looksLikePhoto(entry.name)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      found.push({ name: `${prefix}${entry.name}`, file });
    }
  }
  return found.slice(0, MAX_PHOTOS);
}

/** One listing for each folder, one for all loose photos together. Folders without photos come with none. */
export async function readDropped(entries: readonly Entry[], today: Date): Promise<readonly ListingToSend[]> {
  const listings: ListingToSend[] = [];
  const loose: PhotoToSend[] = [];
  for (const entry of entries) {
    if (isDirectory(entry)) listings.push({ name: entry.name, photos: await photosIn(entry, '', 1) });
    else if (isFile(entry) && looksLikePhoto(entry.name))
      loose.push({
        name: entry.name,
        file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)),
      });
  }
  if (loose.length > 0) listings.push({ name: looseName(today), photos: loose.slice(0, MAX_PHOTOS) });
  return listings;
}

/** Photos without a folder need some name; a person gives the address later. */
function looseName(today: Date): string {
  return `Photos of ${today.toISOString().slice(0, 10)}`;
}

/** Files of an `<input webkitdirectory>`: their relative paths begin with the chosen folder. */
export function readChosen(files: readonly File[]): readonly ListingToSend[] {
  const byFolder = new Map<string, PhotoToSend[]>();
  for (const file of files) {
    const [folder = '', ...inside] = file.webkitRelativePath.split('/');
    const hidden = inside.some((part) => part.startsWith('.'));
    if (folder === '' || hidden || !looksLikePhoto(file.name)) continue;
    const list = byFolder.get(folder) ?? [];
    byFolder.set(folder, list);
    if (list.length < MAX_PHOTOS) list.push({ name: inside.join('/'), file });
  }
  return [...byFolder].map(([name, photos]) => ({ name, photos }));
}
