/** The rooms of a listing: what a page shows, a person's actions on it, and facts of one photo. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import exifr from 'exifr';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { Acted } from '../../db/studio/types.ts';
import type { Change } from '../../pipeline/rooms/decisions.ts';
import type { ActionResult, HistoryEntry, MediaVariant, PhotoFacts, RoomsDocument } from './contract.ts';
import type { HostCore } from './core.ts';
import { cardOf, mustListing } from './listings.node.ts';
import type { MediaPhoto } from './media.node.ts';

/** Actions listed in the history. */
const HISTORY_LENGTH = 500;

export async function roomsDocument(core: HostCore, listingId: string): Promise<RoomsDocument> {
  const row = await mustListing(core, listingId);
  const known = await core.analyses.get(row);
  const ready = known === undefined ? await core.tasks.readyPhotos(listingId) : [];
  // The revision is of the row that was read first: what changed meanwhile has a larger one and is told by an event.
  return {
    listing: await cardOf(core, row),
    analysis: known?.view ?? null,
    ready: ready.map(({ id, file, width, height }) => ({ id, file, width, height })),
    rejected: known?.view.rejected ?? [],
    decisions: await core.store.decisions(listingId),
    revision: row.revision,
    ...(await core.store.undoRedo(listingId)),
    ltxEnabled: core.settings.LTX_ENABLED,
  };
}

export async function act(
  core: HostCore,
  listingId: string,
  label: string,
  changes: readonly Change[],
): Promise<ActionResult> {
  await mustListing(core, listingId);
  return told(core, listingId, await core.store.act(listingId, label, changes, null));
}

export async function step(
  core: HostCore,
  listingId: string,
  direction: 'undo' | 'redo',
): Promise<ActionResult | null> {
  await mustListing(core, listingId);
  const acted = await core.store[direction](listingId);
  return acted === null ? null : told(core, listingId, acted);
}

function told(core: HostCore, listingId: string, acted: Acted): ActionResult {
  core.bus.emit({ type: 'rooms', listingId, revision: acted.revision });
  core.cards.factsSoon(listingId);
  const { revision, changes, label, undo, redo } = acted;
  return { revision, changes, label, undo, redo };
}

export async function history(core: HostCore, listingId: string): Promise<readonly HistoryEntry[]> {
  await mustListing(core, listingId);
  const rows = await core.store.actions(listingId, HISTORY_LENGTH);
  return rows.map(({ id, label, at, undone }) => ({ id, label, at, undone }));
}

/** A photo of the analysis, or one that is ready before there is one. */
export async function findPhoto(
  core: HostCore,
  listingId: string,
  photoId: string,
  variant: MediaVariant = 'original',
): Promise<MediaPhoto | undefined> {
  const row = await core.store.listing(listingId);
  if (row === undefined) return undefined;
  if (row.teamId !== null) await core.team.bringPicture(listingId, photoId, variant);
  const place = { folder: row.folder, workDir: core.home.listingDir(row.id) };
  const analyzed = (await core.analyses.get(row))?.photos.get(photoId);
  if (analyzed !== undefined)
    return { ...place, sha256: analyzed.sha256, file: analyzed.file, depthFile: analyzed.depth?.path };
  const ready = (await core.tasks.readyPhotos(listingId)).find((photo) => photo.id === photoId);
  if (ready !== undefined) return { ...place, sha256: ready.sha256, file: ready.file, depthFile: undefined };
  const shared = row.teamId === null ? undefined : await core.team.picture(listingId, photoId);
  return shared === undefined ? undefined : { ...place, ...shared, depthFile: undefined };
}

const text = z.string().trim().min(1).optional().catch(undefined);
const number = z.number().positive().optional().catch(undefined);
const exifSchema = z.object({
  Make: text, Model: text, LensModel: text, FocalLength: number, FocalLengthIn35mmFormat: number,
  ExposureTime: number, FNumber: number, ISO: number, DateTimeOriginal: text,
  ExposureCompensation: z.number().optional().catch(undefined),
  ExifImageWidth: number, ExifImageHeight: number,
}); // biome-ignore format: a table reads better as a block
type Exif = z.infer<typeof exifSchema>;

export async function photoFacts(core: HostCore, listingId: string, photoId: string): Promise<PhotoFacts> {
  const photo = await findPhoto(core, listingId, photoId);
  if (photo === undefined) throw new PicaividError('file_not_found', 'This photo is not in the library (any more).');
  const path = join(photo.folder, photo.file);
  try {
    const { size } = await stat(path);
    const tags: unknown = await exifr
      .parse(path, { pick: Object.keys(exifSchema.shape), reviveValues: false })
      .catch(() => undefined); // no EXIF, or a damaged block: as good as none
    return { exif: shown(exifSchema.catch({}).parse(tags ?? {})), bytes: size };
  } catch (error) {
    throw toPicaividError(error, 'file_unreadable', photo.file);
  }
}

function shown(exif: Exif): PhotoFacts['exif'] {
  const facts: { name: string; value: string }[] = [];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') facts.push({ name, value });
  };
  const make = exif.Make ?? '';
  const model = exif.Model ?? '';
  add('Camera', model.startsWith(make) ? model : `${make} ${model}`.trim());
  add('Lens', exif.LensModel);
  const { FocalLength: focal, FocalLengthIn35mmFormat: focal35 } = exif;
  if (focal !== undefined)
    add('Focal length', `${round(focal)} mm${focal35 === undefined ? '' : ` (${round(focal35)} mm in 35 mm format)`}`);
  const seconds = exif.ExposureTime;
  const shutter =
    seconds === undefined ? '' : seconds >= 0.4 ? `${round(seconds)} s` : `1/${Math.round(1 / seconds)} s`;
  add('Exposure', [shutter, exif.FNumber === undefined ? '' : `f/${round(exif.FNumber)}`].filter(Boolean).join(', '));
  if (exif.ExposureCompensation !== undefined && exif.ExposureCompensation !== 0)
    add('Compensation', `${exif.ExposureCompensation > 0 ? '+' : '−'}${round(Math.abs(exif.ExposureCompensation))} EV`);
  add('ISO', exif.ISO === undefined ? undefined : String(exif.ISO));
  add('Taken at', exif.DateTimeOriginal?.replace(/^(\d{4}):(\d\d):(\d\d)/, '$1-$2-$3'));
  return facts;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
