/** Listings from folders: found, refused with a reason, named, moved, put away. */
import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { noListing } from './cards.node.ts';
import type { CreatedListings, FolderListing, ListingCard, Preferences, TaskView } from './contract.ts';
import type { HostCore } from './core.ts';
import { isPartOfListing, looksLikePhoto, tidyName } from './folders.ts';

/** Directory entries that are looked at in one folder when counting photos for a person. */
const MAX_COUNTED = 5_000;

export async function mustListing(core: Pick<HostCore, 'store'>, id: string): Promise<ListingRow> {
  const row = await core.store.listing(id);
  if (row === undefined) throw noListing();
  return row;
}

export async function cardOf(core: HostCore, row: ListingRow): Promise<ListingCard> {
  const [card] = await core.cards.cards([row], await core.tasks.viewsOf(row));
  if (card === undefined) throw noListing();
  return card;
}

/** Where a listing's photos lie now, by its real path; undefined when there is no such listing or folder. */
export async function listingFolder(core: Pick<HostCore, 'store'>, id: string): Promise<string | undefined> {
  const row = await core.store.listing(id);
  if (row === undefined || row.deletedAt !== null) return undefined;
  const real = await realpath(row.folder).catch(() => undefined);
  return real !== undefined && (await stat(real)).isDirectory() ? real : undefined;
}

/** Starts, or takes up, the analysis of a listing. */
export async function startAnalysis(core: HostCore, row: ListingRow): Promise<TaskView> {
  const task = await core.tasks.ensure('analyze', row.id, {});
  core.bus.emit({ type: 'listing', listingId: row.id });
  return core.tasks.view(task, row.name);
}

/**
 * Makes listings of folders and starts their analyses. A folder of folders becomes a listing each. What cannot be a
 * listing is refused with its reason; the others are made all the same.
 */
export async function createListings(
  core: HostCore,
  folders: readonly string[],
  preferences: Preferences,
  /** Folders that the studio made itself lie in its home. */
  own = false,
): Promise<CreatedListings> {
  const rows: { readonly row: ListingRow; readonly isNew: boolean }[] = [];
  const refused: { folder: string; error: ReturnType<PicaividError['toJSON']> }[] = [];
  for (const folder of folders) {
    let places: readonly string[];
    try {
      places = await listingFolders(await checkedFolder(core, folder, own));
    } catch (error) {
      refused.push({ folder, error: toPicaividError(error, 'file_unreadable', folder).toJSON() });
      continue;
    }
    for (const place of places) {
      if (rows.some(({ row }) => row.folder === place)) continue;
      rows.push(await openOrCreate(core, place, preferences));
    }
  }
  const cards = await core.cards.cards(
    rows.map(({ row }) => row),
    await core.tasks.views(),
  );
  return {
    created: cards.filter((_, index) => rows[index]?.isNew === true),
    existing: cards.filter((_, index) => rows[index]?.isNew === false),
    refused,
  };
}

async function openOrCreate(
  core: HostCore,
  folder: string,
  preferences: Preferences,
): Promise<{ row: ListingRow; isNew: boolean }> {
  const known = await core.store.listingByFolder(folder);
  if (known !== undefined) {
    if (known.deletedAt === null && !known.archived) return { row: known, isNew: false };
    const row = await core.store.updateListing(known.id, { deletedAt: null, archived: false });
    core.bus.emit({ type: 'listing', listingId: row.id });
    return { row, isNew: false };
  }
  const row = await core.store.createListing({
    name: tidyName(basename(folder)),
    folder,
    template: preferences.defaultTemplate,
    targetSeconds: preferences.defaultLength,
  });
  await startAnalysis(core, row);
  return { row, isNew: true };
}

/** The folder's real path. Throws with the reason why it cannot be one of listings. */
async function checkedFolder(core: HostCore, folder: string, own: boolean): Promise<string> {
  const real = await realpath(folder).catch((error: unknown) => {
    const known = toPicaividError(error, 'file_unreadable', folder);
    throw known.code === 'file_not_found'
      ? new PicaividError('file_not_found', `There is no folder ${folder}.`, { cause: error, file: folder })
      : known;
  });
  if (!(await stat(real)).isDirectory())
    throw new PicaividError('bad_usage', `${basename(real)} is a file. Add the folder that holds the photos.`, {
      file: folder,
    });
  const home = await realpath(core.home.dir);
  if (!own && (real === home || real.startsWith(home + sep)))
    throw new PicaividError('bad_usage', 'This is the studio’s own data. Add the folder that holds the photos.', {
      file: folder,
    });
  return real;
}

/** The folder itself, or each of its subfolders when it is a folder of listings. Throws when there is no photo. */
async function listingFolders(folder: string): Promise<readonly string[]> {
  const entries = await visible(folder);
  if (entries.some((entry) => isPhoto(entry))) return [folder];
  const inside: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory() && (await holdsPhotos(join(folder, entry.name), 3))) inside.push(entry.name);
  if (inside.length === 0)
    throw new PicaividError(
      'no_usable_photos',
      `${basename(folder)} holds no photos. Add a folder with JPEG, PNG, WebP, TIFF, HEIC or AVIF files.`,
      { file: folder },
    );
  // One folder inside, or parts such as “interior” and “drone”, belong together.
  if (inside.length === 1 || inside.some(isPartOfListing)) return [folder];
  return inside.sort(new Intl.Collator('en', { numeric: true }).compare).map((name) => join(folder, name));
}

async function visible(folder: string): Promise<readonly Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', folder);
  });
  return entries.filter((entry) => !entry.name.startsWith('.'));
}

/** By name; a file without an extension may be one too, ingest looks at its content. */
function isPhoto(entry: Dirent): boolean {
  return !entry.isDirectory() && (looksLikePhoto(entry.name) || !entry.name.includes('.'));
}

async function holdsPhotos(folder: string, depth: number): Promise<boolean> {
  const entries = await visible(folder).catch(() => []);
  if (entries.some(isPhoto)) return true;
  if (depth === 0) return false;
  for (const entry of entries)
    if (entry.isDirectory() && (await holdsPhotos(join(folder, entry.name), depth - 1))) return true;
  return false;
}

/** The sample house that comes with the studio. */
export async function addSample(core: HostCore, preferences: Preferences): Promise<ListingCard> {
  const folder = join(PROJECT_ROOT, 'samples', 'listing');
  if (!existsSync(folder)) throw new PicaividError('file_not_found', 'The sample listing is not in this installation.');
  const { created, existing, refused } = await createListings(core, [folder], preferences);
  const [card] = [...created, ...existing];
  if (card !== undefined) {
    if (created.length === 0) return card;
    return cardOf(core, await core.store.updateListing(card.id, { name: 'Sample House' }));
  }
  const error = refused[0]?.error;
  throw new PicaividError(error?.code ?? 'internal', error?.message ?? 'The sample listing could not be added.');
}

/** Photos are looked for in another folder from now on; everything decided stays, it belongs to the photos' content. */
export async function relocateListing(core: HostCore, id: string, folder: string): Promise<ListingCard> {
  const before = await mustListing(core, id);
  const real = await checkedFolder(core, folder, false);
  const other = await core.store.listingByFolder(real);
  if (other !== undefined && other.id !== id && other.deletedAt === null)
    throw new PicaividError('bad_usage', `This folder is the listing “${other.name}” already.`, { file: folder });
  if (!(await holdsPhotos(real, 3)))
    throw new PicaividError('no_usable_photos', `${basename(real)} holds no photos.`, { file: folder });
  const row = await core.store.updateListing(before.id, { folder: real });
  core.cards.forgetFolder(id);
  await startAnalysis(core, row);
  return cardOf(core, row);
}

/** The folders below one, with how many photos lie directly in each, for a page without a folder dialog. */
export async function browseFolders(path: string | null): Promise<FolderListing> {
  const asked = path ?? homedir();
  const real = await realpath(asked).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', asked);
  });
  const entries = await visible(real).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', real);
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort(new Intl.Collator('en', { numeric: true }).compare);
  const folders = await Promise.all(
    names.slice(0, MAX_COUNTED).map(async (name) => {
      const inside = await visible(join(real, name)).catch(() => []);
      return { name, path: join(real, name), photoCount: countPhotos(inside) };
    }),
  );
  const parent = dirname(real);
  return { path: real, parent: parent === real ? null : parent, folders, photoCount: countPhotos(entries) };
}

function countPhotos(entries: readonly Dirent[]): number {
  return entries.slice(0, MAX_COUNTED).filter((entry) => !entry.isDirectory() && looksLikePhoto(entry.name)).length;
}
