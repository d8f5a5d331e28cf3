/**
 * Files of the team's listings on this machine: fetched when somebody wants them, checked by content, kept while there
 * is room. A listing without a folder here has one in the studio's home.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { PicaividError } from '../../../base/errors.ts';
import { writeFileAtomic } from '../../../base/files.node.ts';
import type { TakeRow } from '../../../db/studio/renders.node.ts';
import type { ListingRow } from '../../../db/studio/types.ts';
import { photoRef } from '../../../db/sync/cells.node.ts';
import type { BlobRef } from '../../../db/sync/protocol.ts';
import { getState, musicPrefix, musicStateSchema, statesOf } from '../../../db/sync/state.node.ts';
import { ingestFile } from '../../../pipeline/analyze/ingest.node.ts';
import type { MediaVariant } from '../contract.ts';
import type { HostCore } from '../core.ts';
import { safePhotoFile } from './analysis-blob.node.ts';
import type { Transfers } from './transfers.node.ts';

/** Bytes of fetched photos and takes that are kept; the oldest that nobody looked at lately go beyond it. */
const CACHE_BYTES = 20_000_000_000;
/** Room is looked for after so many fetched bytes. */
const TRIM_EVERY_BYTES = 1_000_000_000;
/** What was looked at within this time is not taken away, milliseconds. */
const NEEDED_MS = 3_600_000;
/** A picture is waited for so long, milliseconds: photos of a listing of 24 are sent within seconds. */
const COMING_MS = 20_000;
/** Tells of a take that it was fetched, and can be again. */
const FETCHED = 'from-team';

export interface KnownPhoto {
  readonly photoId: string;
  readonly file: string;
  readonly blob: BlobRef;
  readonly depth: BlobRef | null;
}

export class TeamFiles {
  private readonly core: HostCore;
  private readonly transfers: Transfers;
  private readonly limit: number;
  private readonly making = new Map<string, Promise<unknown>>();
  private readonly used = new Map<string, number>();
  private fetched = 0;

  constructor(core: HostCore, transfers: Transfers, limit = CACHE_BYTES) {
    this.core = core;
    this.transfers = transfers;
    this.limit = limit;
  }

  private get root(): string {
    return join(this.core.home.dir, 'team');
  }

  /** Where the photos of a listing lie that has no folder of its own here. */
  folderOf(listingId: string): string {
    return join(this.root, listingId);
  }

  /** The listing's photos come from the team: its folder holds those that somebody wanted to see. */
  isAway({ folder }: Pick<ListingRow, 'folder'>): boolean {
    return folder.startsWith(this.root + sep);
  }

  depthFile(listingId: string, sha256: string): string {
    return join(this.core.home.listingDir(listingId), 'depth', `${sha256}.png`);
  }

  /** Where an analysis file waits until it is sent. */
  analysisFile(sha256: string): string {
    return join(this.root, 'analyses', `${sha256}.json`);
  }

  async photos(listingId: string): Promise<readonly KnownPhoto[]> {
    const { db } = this.core.database;
    const rows = await db.selectFrom('photo_blobs').selectAll().where('listing_id', '=', listingId).execute();
    return rows.map((row) => {
      const ref = photoRef(row);
      return { ...ref, file: safePhotoFile(ref.file, ref.photoId) };
    });
  }

  async photo(listingId: string, photoId: string): Promise<KnownPhoto | undefined> {
    const { db } = this.core.database;
    const row = await db
      .selectFrom('photo_blobs')
      .selectAll()
      .where('listing_id', '=', listingId)
      .where('photo_key', '=', photoId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const ref = photoRef(row);
    return { ...ref, file: safePhotoFile(ref.file, photoId) };
  }

  /** Brings what a picture's address needs. Nothing where it is here, or the team does not have it. */
  async bringPicture(row: ListingRow, photoId: string, variant: MediaVariant): Promise<void> {
    const photo = await this.comingPhoto(row, photoId);
    if (photo === undefined) return;
    this.used.set(row.id, Date.now());
    if (variant === 'depth' || variant === 'depthview') return this.bringDepth(row, photo, true);
    const proxies = join(this.core.home.listingDir(row.id), 'proxies');
    const side = variant === 'original' ? undefined : variant === 'sharpview' ? '1280' : variant;
    if (side !== undefined && (await isFile(join(proxies, `${photo.blob.sha256}-${side}.jpg`)))) return;
    await this.bringOriginal(row, photo, true);
    if (side === undefined) return;
    const path = join(row.folder, ...photo.file.split('/'));
    await this.once(path, () => ingestFile(photo.file, path, photo.blob.sha256, proxies));
  }

  /**
   * A photo of the analysis whose bytes may still be on their way from the studio that shared it: its page asks once,
   * and is answered when they are there.
   */
  private async comingPhoto(row: ListingRow, photoId: string): Promise<KnownPhoto | undefined> {
    for (const until = Date.now() + COMING_MS; ; ) {
      const photo = await this.photo(row.id, photoId);
      if (photo !== undefined || !this.isAway(row) || Date.now() > until) return photo;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  /** Brings what these photos are rendered from. */
  async bringSources(row: ListingRow, photoIds: readonly string[]): Promise<void> {
    for (const photoId of new Set(photoIds)) {
      const photo = await this.photo(row.id, photoId);
      if (photo === undefined) continue;
      await this.bringOriginal(row, photo, true);
      await this.bringDepth(row, photo, true);
    }
  }

  /** All photos of a listing that has no folder of its own: before its folder is read. */
  async bringAll(row: ListingRow): Promise<void> {
    if (!this.isAway(row)) return;
    await mkdir(row.folder, { recursive: true });
    const photos = await this.photos(row.id);
    await Promise.all(photos.map((photo) => this.bringOriginal(row, photo, false)));
  }

  private async bringOriginal(row: ListingRow, { file, blob }: KnownPhoto, urgent: boolean): Promise<void> {
    // A folder of the person's own is theirs: nothing is put into it.
    if (!this.isAway(row)) return;
    const path = join(row.folder, ...file.split('/'));
    if (!(await isFile(path, blob.bytes))) await this.fetch(blob, path, urgent);
  }

  private async bringDepth(row: ListingRow, { photoId, depth }: KnownPhoto, urgent: boolean): Promise<void> {
    if (depth === null) return;
    const known = (await this.core.analyses.get(row))?.photos.get(photoId)?.depth?.path;
    const path = known ?? this.depthFile(row.id, depth.sha256);
    if (!(await isFile(path))) await this.fetch(depth, path, urgent);
  }

  /** The file of a take and its record, as a render here leaves them. */
  async bringTake({ specHash, sha256, bytes, take }: TakeRow, urgent: boolean): Promise<void> {
    if (sha256 === null || bytes === null) return;
    const folder = join(this.core.home.takesDir, specHash);
    const path = join(folder, 'clip.mp4');
    if (await isFile(path, bytes)) return;
    await this.once(path, async () => {
      await this.fetch({ sha256, bytes }, path, urgent);
      await writeFileAtomic(join(folder, 'take.json'), JSON.stringify({ ...take, path, bytes, sha256 }, null, 1));
      await writeFileAtomic(join(folder, FETCHED), '');
    });
  }

  /** The studio's copy of a piece of music. False where the team does not have it. */
  async bringMusic(id: string, path: string): Promise<boolean> {
    const { db } = this.core.database;
    const rows = await db.selectFrom('music').select('bytes').where('id', '=', id).execute();
    const bytes = Number(rows[0]?.bytes ?? 0);
    const shared = await db.selectFrom('sync_state').select('name').where('name', 'like', `music:%:${id}`).executeTakeFirst(); // biome-ignore format: one query
    if (shared === undefined || bytes === 0) return false;
    await this.fetch({ sha256: id, bytes }, path, true);
    return true;
  }

  /** Bytes of music that this listing needs and that are not here. */
  async musicOf(listingId: string): Promise<readonly string[]> {
    const rows = await statesOf(this.core.database, musicPrefix(listingId), musicStateSchema);
    return rows.map(({ name }) => name);
  }

  async musicState(name: string): Promise<BlobRef | undefined> {
    return (await getState(this.core.database, name, musicStateSchema))?.blob;
  }

  private async fetch(blob: BlobRef, path: string, urgent: boolean): Promise<void> {
    try {
      await this.transfers.download(blob, path, urgent);
    } catch (error) {
      if (error instanceof PicaividError && error.code === 'host_unreachable')
        throw new PicaividError(
          'host_unreachable',
          'This file of the team is not on this machine yet, and the team’s server cannot be reached now.',
          { cause: error },
        );
      throw error;
    }
    this.fetched += blob.bytes;
    if (this.fetched < TRIM_EVERY_BYTES) return;
    this.fetched = 0;
    await this.trim().catch((error: unknown) => this.core.log.warn({ err: error }, 'no room was made for files of the team')); // biome-ignore format: one call
  }

  private once(key: string, work: () => Promise<unknown>): Promise<void> {
    const running = this.making.get(key) ?? work().finally(() => this.making.delete(key));
    this.making.set(key, running);
    return running.then(() => {});
  }

  /** Marks a listing as looked at: its files stay. */
  look(listingId: string): void {
    this.used.set(listingId, Date.now());
    const now = new Date();
    utimes(this.folderOf(listingId), now, now).catch(() => {}); // it has no folder here
  }

  /** Takes the oldest fetched files away until the rest is within the limit. */
  async trim(): Promise<void> {
    const now = Date.now();
    const found: { readonly path: string; readonly bytes: number; readonly at: number }[] = [];
    for (const listingId of await names(this.root)) {
      const folder = join(this.root, listingId);
      if (!/^[0-9a-f-]{36}$/.test(listingId)) continue;
      const looked = Math.max(this.used.get(listingId) ?? 0, (await stat(folder)).mtimeMs);
      const bytes = await bytesIn(folder);
      found.push({ path: folder, bytes, at: now - (this.used.get(listingId) ?? 0) < NEEDED_MS ? now : looked });
    }
    for (const hash of await names(this.core.home.takesDir)) {
      const folder = join(this.core.home.takesDir, hash);
      const info = await stat(join(folder, FETCHED)).catch(() => undefined);
      if (info !== undefined) found.push({ path: folder, bytes: await bytesIn(folder), at: info.mtimeMs });
    }
    let left = found.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes, at } of found.sort((a, b) => a.at - b.at)) {
      if (left <= this.limit || now - at < NEEDED_MS) return;
      await rm(path, { recursive: true, force: true });
      left -= bytes;
    }
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) => stat(join(entry.parentPath, entry.name)).then((info) => info.size, () => 0)); // biome-ignore format: one thought
  return (await Promise.all(sizes)).reduce((sum, one) => sum + one, 0);
}

function isFile(path: string, bytes?: number): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile() && (bytes === undefined || info.size === bytes),
    () => false,
  );
}
