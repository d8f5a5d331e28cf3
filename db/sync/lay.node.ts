/**
 * Lays what is added to a listing on the tables: the listing itself, versions, music, takes, decisions, notes. The
 * server and the studios lay with the same code, so that they hold the same. Every function may be called twice.
 */
import { z } from 'zod';
import type { Role } from '../../pipeline/roles.ts';
import { beatTrackSchema, takeSchema } from '../../pipeline/schemas.ts';
import { frameToSeconds } from '../../pipeline/time.ts';
import { readJson, writeFlag, writeJson } from '../codec.ts';
import { createJob, type NewJob } from '../jobs.node.ts';
import type { Signer } from '../studio/reviews.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { layClip } from './clip-row.node.ts';
import type { Actor, OperationBody } from './protocol.ts';
import { type MusicState, musicName, musicStateSchema, putState } from './state.node.ts';

export type BodyOf<K extends OperationBody['kind']> = Extract<OperationBody, { kind: K }>;

/** What of a feed entry is laid beside its body. */
export interface Laid {
  readonly id: string;
  readonly listingId: string;
  readonly actor: Actor;
  readonly at: string;
}

/** A take as it travels: without the path that it has on a machine. */
export const travellingTakeSchema = takeSchema.omit({ path: true });

/** The signer that review rows keep: an admin's key signs as a producer. */
export function signerOf({ name, role }: Actor): Signer {
  const signing: Role = role === 'admin' ? 'producer' : role === 'worker' ? 'editor' : role;
  return { name, role: signing };
}

/** The job that every listing has. */
export function listingJob(
  listingId: string,
  asked: Pick<NewJob, 'template' | 'targetSeconds'>,
  folder: string,
): NewJob {
  const { template, targetSeconds } = asked;
  const options = { folder, out: '', renderer: 'depth_parallax', modelSet: 'auto', beatSync: true } as const;
  return { listingId, template, targetSeconds, musicPath: null, options };
}

/**
 * A listing of the team, with a job of its own. `folder` is where its photos will lie on this machine, or empty.
 * One that is there already is marked as the team's and else left as it is.
 */
export async function layListing(
  { db, dialect }: Writer,
  entry: Laid,
  body: BodyOf<'listing.create'>,
  teamId: string,
  folder: string,
): Promise<void> {
  const known = await db
    .updateTable('listings')
    .set({ team_id: teamId })
    .where('id', '=', entry.listingId)
    .returning('id')
    .executeTakeFirst();
  if (known !== undefined) return;
  const jobId = await createJob(
    { db, dialect, path: undefined, close: async () => {} },
    listingJob(entry.listingId, body, folder),
  );
  await db.updateTable('jobs').set({ team_id: teamId }).where('id', '=', jobId).execute();
  await db
    .insertInto('listings')
    .values({
      id: entry.listingId,
      job_id: jobId,
      name: body.name,
      folder,
      archived: writeFlag(false, dialect),
      deleted_at: null,
      photo_count: 0,
      rejected_count: 0,
      attention_count: 0,
      poster_photo_key: null,
      revision: 0,
      created_at: body.createdAt,
      updated_at: entry.at,
      team_id: teamId,
    })
    .execute();
}

/** A version whole; one with this id is replaced (a branch grows while its maker is off line). */
export async function layVersion({ db }: Writer, entry: Laid, body: BodyOf<'film.version'>): Promise<void> {
  const { timeline } = body;
  const frames = timeline.clips.reduce((sum, clip) => sum + clip.durationFrames, 0);
  const row = {
    name: body.name,
    timeline: writeJson(timeline),
    settings: writeJson(body.settings ?? null),
    source_key: body.sourceKey,
    clip_count: timeline.clips.length,
    seconds: frameToSeconds(frames, timeline.frameRate),
    template: timeline.template,
  };
  const known = await db
    .updateTable('film_versions')
    .set(row)
    .where('id', '=', body.versionId)
    .where('listing_id', '=', entry.listingId)
    .returning('id')
    .executeTakeFirst();
  if (known !== undefined) return;
  const last = await db
    .selectFrom('film_versions')
    .select((select) => select.fn.max('number').as('number'))
    .where('listing_id', '=', entry.listingId)
    .executeTakeFirst();
  await db
    .insertInto('film_versions')
    .values({
      id: body.versionId,
      listing_id: entry.listingId,
      number: Number(last?.number ?? 0) + 1,
      created_at: entry.at,
      ...row,
    })
    .execute();
}

/**
 * Music of a listing. Names and licences are the team's, so they stand by the listing; the common `music` table, which
 * goes by content alone, gets what it does not have yet.
 */
export async function layMusic(writer: Writer, entry: Laid, body: BodyOf<'music.add'>): Promise<void> {
  const { kind: _, ...music } = body;
  const state: MusicState = musicStateSchema.parse(music);
  await putState(writer, musicName(entry.listingId, body.blob.sha256), state);
  const track = beatTrackSchema.nullable().catch(null).parse(state.track);
  const { db } = writer;
  await db
    .insertInto('music')
    .values({
      id: body.blob.sha256,
      name: body.name,
      source: 'own',
      extension: body.extension,
      bytes: body.blob.bytes,
      licence: body.licence,
      duration: body.duration,
      track: track === null ? null : writeJson(track),
      track_key: body.trackKey,
      error: null,
      removed_at: null,
      created_at: entry.at,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  if (track === null) return;
  await db
    .updateTable('music')
    .set({ track: writeJson(track), track_key: body.trackKey, duration: body.duration })
    .where('id', '=', body.blob.sha256)
    .where('track', 'is', null)
    .execute();
}

/**
 * A take, with the row of its clip where no film has brought that (a take of a clip that is only in a version).
 * The first take of a clip and spec in the team's order is the one: a row that a studio made itself becomes it, and
 * keeps the path that it has there. Its id is the operation's, so that every store sorts takes alike.
 * Throws `edit_refused` for a clip of another listing.
 */
export async function layTake(writer: Writer, entry: Laid, body: BodyOf<'take.add'>): Promise<void> {
  const { db } = writer;
  const take = travellingTakeSchema.parse(body.take);
  await layClip(writer, entry.listingId, body.clipId, take.spec);
  const known = await db
    .selectFrom('takes')
    .select(['id', 'details'])
    .where('clip_id', '=', body.clipId)
    .where('spec_hash', '=', body.specHash)
    .executeTakeFirst();
  const local =
    known === undefined
      ? undefined
      : readJson(z.object({ path: z.string().optional(), mtimeMs: z.number().optional() }), known.details);
  const path = local?.path ?? '';
  const mtime = local?.mtimeMs === undefined ? {} : { mtimeMs: local.mtimeMs };
  const row = {
    id: entry.id,
    renderer: take.spec.renderer,
    verdict: take.verdict,
    validation_score: take.validationScore,
    details: writeJson({ ...take, path, ...mtime }),
    created_at: entry.at,
    asked_hash: body.askedHash,
    sha256: body.blob.sha256,
    bytes: body.blob.bytes,
    downgrade_reason: body.downgradeReason,
  };
  if (known === undefined)
    await db
      .insertInto('takes')
      .values({ clip_id: body.clipId, spec_hash: body.specHash, ...row })
      .execute();
  else await db.updateTable('takes').set(row).where('id', '=', known.id).execute();
}

/** Rows of review are only ever added: one with this id stays as it is. */
export async function layDecision({ db }: Writer, entry: Laid, body: BodyOf<'review.decide'>): Promise<void> {
  await db
    .insertInto('review_decisions')
    .values({
      id: body.decisionId,
      listing_id: entry.listingId,
      clip_id: body.clipId,
      spec_hash: body.specHash,
      state: body.state,
      reason: body.reason,
      comment: body.comment,
      reviewer: writeJson(signerOf(entry.actor)),
      created_at: entry.at,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

export async function layNote({ db }: Writer, entry: Laid, body: BodyOf<'review.note'>): Promise<void> {
  await db
    .insertInto('review_notes')
    .values({
      id: body.noteId,
      listing_id: entry.listingId,
      clip_id: body.clipId,
      spec_hash: body.specHash,
      in_frame: body.inFrame,
      out_frame: body.outFrame,
      text: body.text,
      marks: writeJson(body.marks),
      author: writeJson(signerOf(entry.actor)),
      created_at: entry.at,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** The first resolution of a note stays. */
export async function layResolution({ db }: Writer, entry: Laid, body: BodyOf<'review.resolve'>): Promise<void> {
  await db
    .insertInto('review_resolutions')
    .values({
      id: body.resolutionId,
      listing_id: entry.listingId,
      note_id: body.noteId,
      person: writeJson(signerOf(entry.actor)),
      created_at: entry.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
