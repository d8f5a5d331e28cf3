/** Named versions of films: kept whole, and never changed but for their names. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { TEMPLATE_NAMES, type TemplateName, type Timeline } from '../../pipeline/domain.ts';
import { frameToSeconds } from '../../pipeline/time.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import type { Tables } from '../tables.ts';

export interface FilmVersion {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly at: string;
  readonly clipCount: number;
  readonly seconds: number;
  readonly template: TemplateName;
}

/** A film whole. */
export interface WholeFilm {
  readonly timeline: Timeline;
  readonly settings: unknown;
  readonly sourceKey: string;
}

const COLUMNS = ['id', 'number', 'name', 'clip_count', 'seconds', 'template', 'created_at'] as const;
const noVersion = (): PicaividError => new PicaividError('file_not_found', 'This version is not there (any more).');

/** Newest first. */
export async function listVersions(db: Kysely<Tables>, listingId: string): Promise<readonly FilmVersion[]> {
  const rows = await db
    .selectFrom('film_versions')
    .select(COLUMNS)
    .where('listing_id', '=', listingId)
    .orderBy('number', 'desc')
    .execute();
  return rows.map(toVersion);
}

/** Inside a transaction that holds the film's row, so that two versions never take one number. */
export async function insertVersion(
  db: Kysely<Tables>,
  listingId: string,
  { timeline, settings, sourceKey }: WholeFilm,
  name: string,
  id: string = newId(),
): Promise<FilmVersion> {
  const last = await db
    .selectFrom('film_versions')
    .select((select) => select.fn.max('number').as('number'))
    .where('listing_id', '=', listingId)
    .executeTakeFirst();
  const frames = timeline.clips.reduce((sum, clip) => sum + clip.durationFrames, 0);
  const row = {
    id,
    listing_id: listingId,
    number: Number(last?.number ?? 0) + 1,
    name,
    timeline: writeJson(timeline),
    settings: writeJson(settings),
    source_key: sourceKey,
    clip_count: timeline.clips.length,
    seconds: frameToSeconds(frames, timeline.frameRate),
    template: timeline.template,
    created_at: new Date().toISOString(),
  };
  await db.insertInto('film_versions').values(row).execute();
  return toVersion(row);
}

/** Throws `file_not_found` for a version that the listing does not have. */
export async function nameVersion(
  db: Kysely<Tables>,
  listingId: string,
  versionId: string,
  name: string,
): Promise<FilmVersion> {
  const row = await db
    .updateTable('film_versions')
    .set({ name })
    .where('id', '=', versionId)
    .where('listing_id', '=', listingId)
    .returning(COLUMNS)
    .executeTakeFirst();
  if (row === undefined) throw noVersion();
  return toVersion(row);
}

/** Throws `file_not_found` for a version that the listing does not have. */
export async function readVersion(db: Kysely<Tables>, listingId: string, versionId: string): Promise<WholeFilm> {
  const row = await db
    .selectFrom('film_versions')
    .select(['timeline', 'settings', 'source_key'])
    .where('id', '=', versionId)
    .where('listing_id', '=', listingId)
    .executeTakeFirst();
  if (row === undefined) throw noVersion();
  return {
    timeline: readJson(timelineSchema, row.timeline),
    settings: readJson(z.unknown(), row.settings),
    sourceKey: row.source_key,
  };
}

function toVersion(row: {
  id: string;
  number: number;
  name: string;
  clip_count: number;
  seconds: number;
  template: string;
  created_at: Date | string;
}): FilmVersion {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    at: readMoment(row.created_at),
    clipCount: row.clip_count,
    seconds: row.seconds,
    template: z.enum(TEMPLATE_NAMES).parse(row.template),
  };
}
