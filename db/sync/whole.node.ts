/**
 * A listing whole, as the operations that make it from nothing: what a studio shares, and the server's snapshot. In an
 * order in which each can be applied. Registers are one action, the film is as it is now.
 */
import { z } from 'zod';
import type { Change } from '../../pipeline/rooms/decisions.ts';
import { FIELDS } from '../../pipeline/rooms/decisions.ts';
import { takeSchema } from '../../pipeline/schemas.ts';
import { readFlag, readJson, readMoment } from '../codec.ts';
import { newId } from '../id.node.ts';
import { readRegisters } from '../studio/registers.node.ts';
import { ReviewStore, type Signer } from '../studio/reviews.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { photoRef } from './cells.node.ts';
import { readFilm } from './film-rows.node.ts';
import { type OperationBody, operationBodySchema } from './protocol.ts';
import { analysisName, analysisStateSchema, getState, musicPrefix, musicStateSchema, statesOf } from './state.node.ts';

/** One operation of the listing. */
export interface WholePart {
  /** Of the row where its id is the operation's; else a new one. */
  readonly id: string;
  readonly body: OperationBody;
  /** Who signed or wrote it, null where rows do not say. */
  readonly by: Signer | null;
  /** ISO 8601. */
  readonly at: string;
}

/** Changes in one action, as the protocol takes them. */
const MOST_CHANGES = 5000;
const MOST_PHOTOS = 500;

/** Undefined without such a listing. */
export async function wholeListing(writer: Writer, listingId: string): Promise<readonly WholePart[] | undefined> {
  const { db } = writer;
  const row = await db
    .selectFrom('listings')
    .innerJoin('jobs', 'jobs.id', 'listings.job_id')
    .selectAll('listings')
    .select(['jobs.template_type', 'jobs.target_length'])
    .where('listings.id', '=', listingId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const createdAt = readMoment(row.created_at);
  const parts: WholePart[] = [];
  const add = (body: unknown, more: Partial<WholePart> = {}): void => {
    parts.push({ id: newId(), by: null, at: createdAt, ...more, body: operationBodySchema.parse(body) });
  };
  const card = { template: row.template_type, targetSeconds: row.target_length };
  add({ kind: 'listing.create', name: row.name, ...card, createdAt });
  if (readFlag(row.archived)) add({ kind: 'listing.set', field: 'archived', from: false, to: true });
  if (row.deleted_at !== null)
    add({ kind: 'listing.set', field: 'deletedAt', from: null, to: readMoment(row.deleted_at) });
  await addPhotos(writer, listingId, add);
  const analysis = await getState(writer, analysisName(listingId), analysisStateSchema);
  if (analysis !== undefined) add({ kind: 'analysis.set', ...analysis });
  const registers = await readRegisters(db, row.job_id);
  const changes = FIELDS.flatMap((field) =>
    Object.entries(registers[field]).map(([subject, to]) => ({ field, subject, from: null, to }) as Change),
  );
  for (let i = 0; i < changes.length; i += MOST_CHANGES)
    add({ kind: 'rooms.act', label: 'What was decided', changes: changes.slice(i, i + MOST_CHANGES) });
  for (const { value } of await statesOf(writer, musicPrefix(listingId), musicStateSchema))
    add({ kind: 'music.add', ...value });
  const film = await readFilm(writer, listingId);
  if (film !== undefined) {
    const { timeline, settings, sourceKey } = film;
    add({ kind: 'film.create', timeline, settings, sourceKey });
    // Settings say a template and a length too, and the card may have been set after them.
    for (const field of ['template', 'targetSeconds'] as const)
      add({ kind: 'listing.set', field, from: card[field], to: card[field] });
  }
  await addVersions(writer, listingId, add);
  await addTakes(writer, row.job_id, add);
  await addReview(writer, listingId, add);
  return parts;
}

type Add = (body: unknown, more?: Partial<WholePart>) => void;

async function addPhotos({ db }: Writer, listingId: string, add: Add): Promise<void> {
  const rows = await db
    .selectFrom('photo_blobs')
    .selectAll()
    .where('listing_id', '=', listingId)
    .orderBy('photo_key')
    .execute();
  const put = rows.map(photoRef);
  for (let i = 0; i < put.length; i += MOST_PHOTOS)
    add({ kind: 'photos.set', put: put.slice(i, i + MOST_PHOTOS), remove: [] });
}

async function addVersions({ db }: Writer, listingId: string, add: Add): Promise<void> {
  const rows = await db
    .selectFrom('film_versions')
    .selectAll()
    .where('listing_id', '=', listingId)
    .orderBy('number')
    .execute();
  for (const row of rows)
    add(
      {
        kind: 'film.version',
        versionId: row.id,
        name: row.name,
        timeline: readJson(z.unknown(), row.timeline),
        settings: readJson(z.unknown(), row.settings),
        sourceKey: row.source_key,
      },
      { at: readMoment(row.created_at) },
    );
}

/** Takes whose file is known by its content; those of before that was recorded stay where they are. */
async function addTakes({ db }: Writer, jobId: string, add: Add): Promise<void> {
  const rows = await db
    .selectFrom('takes')
    .innerJoin('clips', 'clips.id', 'takes.clip_id')
    .selectAll('takes')
    .where('clips.job_id', '=', jobId)
    .orderBy('takes.created_at')
    .orderBy('takes.id')
    .execute();
  for (const row of rows) {
    if (row.sha256 === null || row.bytes === null) continue;
    const { path: _, ...take } = readJson(takeSchema, row.details);
    const blob = { sha256: row.sha256, bytes: Number(row.bytes) };
    const facts = { clipId: row.clip_id, specHash: row.spec_hash, askedHash: row.asked_hash };
    add(
      { kind: 'take.add', ...facts, take, blob, downgradeReason: row.downgrade_reason },
      { id: row.id, at: readMoment(row.created_at) },
    );
  }
  const choices = await db
    .selectFrom('take_choices')
    .innerJoin('clips', 'clips.id', 'take_choices.clip_id')
    .selectAll('take_choices')
    .where('clips.job_id', '=', jobId)
    .orderBy('take_choices.clip_id')
    .orderBy('take_choices.asked_hash')
    .execute();
  for (const row of choices)
    add({ kind: 'take.choose', clipId: row.clip_id, askedHash: row.asked_hash, specHash: row.spec_hash });
  const seeded = await db
    .selectFrom('clips')
    .select(['id', 'seed'])
    .where('job_id', '=', jobId)
    .where('seed', '!=', 0)
    .orderBy('id')
    .execute();
  for (const { id, seed } of seeded) add({ kind: 'clip.seed', clipId: id, seed });
}

async function addReview({ db, dialect }: Writer, listingId: string, add: Add): Promise<void> {
  const store = new ReviewStore({ db, dialect, path: undefined, close: async () => {} });
  for (const { id, reviewer, at, ...decision } of await store.decisions(listingId))
    add({ kind: 'review.decide', decisionId: id, ...decision }, { by: reviewer, at });
  for (const { id, author, at, resolved: _, ...note } of await store.notes(listingId))
    add({ kind: 'review.note', noteId: id, ...note }, { by: author, at });
  const rows = await db
    .selectFrom('review_resolutions')
    .selectAll()
    .where('listing_id', '=', listingId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const signer = z.object({ name: z.string(), role: z.enum(['editor', 'reviewer', 'producer']) });
  for (const row of rows)
    add(
      { kind: 'review.resolve', resolutionId: row.id, noteId: row.note_id },
      { by: readJson(signer, row.person), at: readMoment(row.created_at) },
    );
}
