/**
 * Cells: everything of a listing that is one value with a last writer, by field and subject. Registers of rooms, the
 * card's fields, photos, chosen takes, seeds, the analysis. The same words for an operation's cells on both sides.
 */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import type { Change } from '../../pipeline/rooms/decisions.ts';
import { FIELDS } from '../../pipeline/rooms/decisions.ts';
import { readFlag, readMoment, writeFlag } from '../codec.ts';
import { writeRegisters } from '../studio/registers.node.ts';
import { NOT_RENDERED, type Writer } from '../timeline-rows.node.ts';
import { layClip } from './clip-row.node.ts';
import { type ListingField, type OperationBody, photoRefSchema } from './protocol.ts';
import { analysisName, analysisStateSchema, dropState, getState, putState } from './state.node.ts';

export interface Cell {
  /** A register of rooms, `listing.<field>`, `photo`, `choice`, `seed` or `analysis`. */
  readonly field: string;
  readonly subject: string;
  readonly to: unknown;
  /** What its maker saw; absent where the operation does not say. */
  readonly from?: unknown;
}

const REGISTERS: ReadonlySet<string> = new Set(FIELDS);
export const isRegister = (field: string): boolean => REGISTERS.has(field);
export const listingField = (field: ListingField): string => `listing.${field}`;
/** Film settings say these two of the listing too; the rest of them is the host's. */
const followedSchema = z.object({ template: z.enum(TEMPLATE_NAMES), targetSeconds: z.number() });

/** The cells that an operation sets, in order. */
export function cellsOf(body: OperationBody): readonly Cell[] {
  switch (body.kind) {
    case 'listing.set':
      return [{ field: listingField(body.field), subject: '', from: body.from, to: body.to }];
    case 'rooms.act':
      return body.changes.map(({ field, subject, from, to }) => ({ field, subject, from, to }));
    case 'photos.set':
      return [
        ...body.put.map((ref) => ({ field: 'photo', subject: ref.photoId, to: ref })),
        ...body.remove.map((subject) => ({ field: 'photo', subject, to: null })),
      ];
    case 'analysis.set': {
      const { kind: _, ...to } = body;
      return [{ field: 'analysis', subject: '', to }];
    }
    case 'take.choose':
      return [{ field: 'choice', subject: `${body.clipId}:${body.askedHash}`, to: body.specHash }];
    case 'clip.seed':
      return [{ field: 'seed', subject: body.clipId, to: body.seed }];
    case 'film.create':
    case 'film.edit': {
      const followed = followedSchema.safeParse(body.settings);
      if (!followed.success) return [];
      return [
        { field: listingField('template'), subject: '', to: followed.data.template },
        { field: listingField('targetSeconds'), subject: '', to: followed.data.targetSeconds },
      ];
    }
    default:
      return [];
  }
}

export async function jobOf({ db }: Writer, listingId: string): Promise<string> {
  const row = await db.selectFrom('listings').select('job_id').where('id', '=', listingId).executeTakeFirst();
  if (row === undefined) throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
  return row.job_id;
}

/** `clip:asked` taken apart: the hash has no colon. */
function choiceSubject(subject: string): readonly [string, string] {
  const at = subject.lastIndexOf(':');
  return [subject.slice(0, at), subject.slice(at + 1)];
}

/** What a cell holds now, where operations do not say what they saw; null where nothing is there. */
export async function readCell(writer: Writer, listingId: string, field: string, subject: string): Promise<unknown> {
  const { db } = writer;
  if (field.startsWith('listing.')) {
    const row = await db
      .selectFrom('listings')
      .innerJoin('jobs', 'jobs.id', 'listings.job_id')
      .select(['listings.name', 'listings.archived', 'listings.deleted_at', 'jobs.template_type', 'jobs.target_length'])
      .where('listings.id', '=', listingId)
      .executeTakeFirst();
    if (row === undefined) return null;
    const values: Readonly<Record<ListingField, unknown>> = {
      name: row.name,
      archived: readFlag(row.archived),
      deletedAt: row.deleted_at === null ? null : readMoment(row.deleted_at),
      template: row.template_type,
      targetSeconds: row.target_length,
    };
    return values[field.slice('listing.'.length) as ListingField] ?? null;
  }
  if (field === 'photo') {
    const row = await db
      .selectFrom('photo_blobs')
      .selectAll()
      .where('listing_id', '=', listingId)
      .where('photo_key', '=', subject)
      .executeTakeFirst();
    return row === undefined ? null : photoRef(row);
  }
  if (field === 'choice') {
    const [clipId, asked] = choiceSubject(subject);
    const row = await db
      .selectFrom('take_choices')
      .select('spec_hash')
      .where('clip_id', '=', clipId)
      .where('asked_hash', '=', asked)
      .executeTakeFirst();
    return row?.spec_hash ?? null;
  }
  if (field === 'seed') {
    const row = await db.selectFrom('clips').select('seed').where('id', '=', subject).executeTakeFirst();
    return row?.seed ?? null;
  }
  if (field === 'analysis') return (await getState(writer, analysisName(listingId), analysisStateSchema)) ?? null;
  throw new PicaividError('internal', `There is no way to read ${field}.`);
}

export function photoRef(row: {
  photo_key: string;
  file: string;
  sha256: string;
  bytes: number | string;
  depth_sha256: string | null;
  depth_bytes: number | string | null;
}): z.infer<typeof photoRefSchema> {
  const depth = row.depth_sha256 === null ? null : { sha256: row.depth_sha256, bytes: Number(row.depth_bytes ?? 0) };
  const blob = { sha256: row.sha256, bytes: Number(row.bytes) };
  return { photoId: row.photo_key, file: row.file, blob, depth };
}

/** Sets cells, inside the caller's transaction, without a step of undo: registers together. */
export async function writeCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  const registers = cells.filter(({ field }) => isRegister(field));
  if (registers.length > 0) {
    const changes = registers.map(({ field, subject, to }) => ({ field, subject, from: null, to }) as Change);
    await writeRegisters(writer.db, writer.dialect, await jobOf(writer, listingId), changes, null);
  }
  for (const cell of cells) if (!isRegister(cell.field)) await writeCell(writer, listingId, cell);
}

/** Sets a cell, inside the caller's transaction, without a step of undo. */
export async function writeCell(writer: Writer, listingId: string, cell: Cell): Promise<void> {
  const { db, dialect } = writer;
  const { field, subject, to } = cell;
  if (isRegister(field)) {
    const change = { field, subject, from: null, to } as Change;
    await writeRegisters(db, dialect, await jobOf(writer, listingId), [change], null);
  } else if (field.startsWith('listing.')) {
    await writeListingField(writer, listingId, field.slice('listing.'.length) as ListingField, to);
  } else if (field === 'photo') {
    await writePhoto(writer, listingId, subject, to);
  } else if (field === 'choice') {
    await writeChoice(writer, subject, to);
  } else if (field === 'seed') {
    const seed = z.int().nullable().parse(to) ?? 0;
    await layClip(writer, listingId, subject);
    await db
      .updateTable('clips')
      .set({ seed, ...NOT_RENDERED })
      .where('id', '=', subject)
      .execute();
  } else if (field === 'analysis') {
    await writeAnalysisState(writer, listingId, to);
  } else throw new PicaividError('internal', `There is no way to write ${field}.`);
}

const fieldValues = {
  name: z.string(),
  archived: z.boolean(),
  deletedAt: z.string().nullable(),
  template: z.enum(TEMPLATE_NAMES),
  targetSeconds: z.number(),
} as const satisfies Record<ListingField, z.ZodType>;

async function writeListingField(writer: Writer, listingId: string, field: ListingField, to: unknown): Promise<void> {
  const { db, dialect } = writer;
  const updated_at = new Date().toISOString();
  if (field === 'template' || field === 'targetSeconds') {
    const set =
      field === 'template'
        ? { template_type: fieldValues.template.parse(to) }
        : { target_length: fieldValues.targetSeconds.parse(to) };
    const jobId = await jobOf(writer, listingId);
    await db
      .updateTable('jobs')
      .set({ ...set, updated_at })
      .where('id', '=', jobId)
      .execute();
    return;
  }
  const set =
    field === 'name'
      ? { name: fieldValues.name.parse(to) }
      : field === 'archived'
        ? { archived: writeFlag(fieldValues.archived.parse(to), dialect) }
        : { deleted_at: fieldValues.deletedAt.parse(to) };
  await db
    .updateTable('listings')
    .set({ ...set, updated_at })
    .where('id', '=', listingId)
    .execute();
}

async function writePhoto({ db }: Writer, listingId: string, photoId: string, to: unknown): Promise<void> {
  const ref = photoRefSchema.nullable().parse(to);
  if (ref === null) {
    const gone = db.deleteFrom('photo_blobs').where('listing_id', '=', listingId).where('photo_key', '=', photoId);
    await gone.execute();
    return;
  }
  const row = {
    file: ref.file,
    sha256: ref.blob.sha256,
    bytes: ref.blob.bytes,
    depth_sha256: ref.depth?.sha256 ?? null,
    depth_bytes: ref.depth?.bytes ?? null,
  };
  await db
    .insertInto('photo_blobs')
    .values({ listing_id: listingId, photo_key: photoId, ...row })
    .onConflict((conflict) => conflict.columns(['listing_id', 'photo_key']).doUpdateSet(row))
    .execute();
}

async function writeChoice({ db }: Writer, subject: string, to: unknown): Promise<void> {
  const [clipId, asked] = choiceSubject(subject);
  const specHash = z.string().nullable().parse(to);
  if (specHash === null) {
    await db.deleteFrom('take_choices').where('clip_id', '=', clipId).where('asked_hash', '=', asked).execute();
    return;
  }
  const row = { spec_hash: specHash, created_at: new Date().toISOString() };
  await db
    .insertInto('take_choices')
    .values({ clip_id: clipId, asked_hash: asked, ...row })
    .onConflict((conflict) => conflict.columns(['clip_id', 'asked_hash']).doUpdateSet(row))
    .execute();
}

async function writeAnalysisState(writer: Writer, listingId: string, to: unknown): Promise<void> {
  const state = analysisStateSchema.nullable().parse(to);
  if (state === null) return dropState(writer, analysisName(listingId));
  await putState(writer, analysisName(listingId), state);
  await writer.db
    .updateTable('listings')
    .set({
      photo_count: state.photoCount,
      rejected_count: state.rejectedCount,
      poster_photo_key: state.posterPhotoId,
    })
    .where('id', '=', listingId)
    .execute();
}
