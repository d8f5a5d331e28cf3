/** The film of a listing as rows, read whole and written by its difference: for both sides of sync. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { BeatTrack, Timeline } from '../../pipeline/domain.ts';
import { beatTrackSchema } from '../../pipeline/schemas.ts';
import { sameFilm } from '../../pipeline/timeline/rebase.ts';
import { readJson, writeJson } from '../codec.ts';
import { loadTimeline } from '../results.node.ts';
import { insertTimeline, updateTimeline, type Writer } from '../timeline-rows.node.ts';
import { getState, musicName, musicStateSchema } from './state.node.ts';

export interface FilmBefore {
  readonly timeline: Timeline;
  readonly settings: unknown;
  readonly sourceKey: string;
}

export interface StoredFilm extends FilmBefore {
  readonly jobId: string;
  readonly revision: number;
  readonly track: BeatTrack | null;
}

const musicOf = z.object({ musicId: z.string().nullable() }).catch({ musicId: null });

/** The beats of the film's music: the listing's own first, then what is known by content. */
export async function filmTrack(writer: Writer, listingId: string, settings: unknown): Promise<BeatTrack | null> {
  const { musicId } = musicOf.parse(settings);
  if (musicId === null) return null;
  const own = await getState(writer, musicName(listingId, musicId), musicStateSchema);
  const heard = beatTrackSchema
    .nullable()
    .catch(null)
    .parse(own?.track ?? null);
  if (heard !== null) return heard;
  const row = await writer.db.selectFrom('music').select('track').where('id', '=', musicId).executeTakeFirst();
  return row === undefined || row.track === null ? null : readJson(beatTrackSchema, row.track);
}

export async function readFilm({ db, dialect }: Writer, listingId: string): Promise<StoredFilm | undefined> {
  const row = await db
    .selectFrom('films')
    .innerJoin('listings', 'listings.id', 'films.listing_id')
    .select(['films.revision', 'films.settings', 'films.source_key', 'listings.job_id'])
    .where('films.listing_id', '=', listingId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const stored = await loadTimeline({ db, dialect, path: undefined, close: async () => {} }, row.job_id);
  if (stored === undefined) return undefined;
  const { timeline, track } = stored;
  const settings = readJson(z.unknown(), row.settings);
  return { timeline, track, settings, sourceKey: row.source_key, revision: row.revision, jobId: row.job_id };
}

/**
 * The film's music came after the film: its beats are known from now on. Gives true where that changed what is stored.
 * `counts`: a studio counts every write of its film, the server only the team's steps.
 */
export async function refreshTrack(writer: Writer, listingId: string, counts: boolean): Promise<boolean> {
  const film = await readFilm(writer, listingId);
  if (film === undefined || film.track !== null) return false;
  const track = await filmTrack(writer, listingId, film.settings);
  if (track === null) return false;
  const { timeline, sourceKey } = film;
  const after = { timeline, track, inputsKey: sourceKey };
  await updateTimeline(writer, film.jobId, { ...after, track: null }, after);
  const at = new Date().toISOString();
  const { db } = writer;
  await db.updateTable('jobs').set({ bpm: track.bpm, beat_offset: track.beatOffset, updated_at: at }).where('id', '=', film.jobId).execute(); // biome-ignore format: one statement
  if (counts)
    await db
      .updateTable('films')
      .set({ revision: film.revision + 1 })
      .where('listing_id', '=', listingId)
      .execute();
  return true;
}

/** By value, but for the version number, which each store counts for itself. */
export function equalFilms(a: FilmBefore, b: FilmBefore): boolean {
  return (
    a.timeline.id === b.timeline.id &&
    a.timeline.status === b.timeline.status &&
    a.sourceKey === b.sourceKey &&
    isDeepStrictEqual(a.settings ?? null, b.settings ?? null) &&
    sameFilm(a.timeline, b.timeline)
  );
}

/**
 * Writes the film where it differs from `before`, what the tables hold. Another film (by its timeline's id) becomes the
 * newest timeline of the job; the older one stays, out of use. Gives what the tables hold then. `revision`: the server
 * counts the team's steps; a studio counts its own writes.
 * Throws `edit_refused` for a clip's id that belongs to another listing.
 */
export async function writeFilm(
  writer: Writer,
  listingId: string,
  jobId: string,
  before: StoredFilm | undefined,
  film: FilmBefore,
  revision = (before?.revision ?? 0) + 1,
): Promise<StoredFilm> {
  const { db } = writer;
  const track =
    before !== undefined && before.track !== null && before.settings === film.settings
      ? before.track
      : await filmTrack(writer, listingId, film.settings);
  let timeline = film.timeline;
  if (before?.timeline.id === timeline.id) {
    timeline = { ...timeline, version: before.timeline.version };
    await updateTimeline(
      writer,
      jobId,
      { timeline: before.timeline, track: before.track, inputsKey: before.sourceKey },
      { timeline, track, inputsKey: film.sourceKey },
    );
  } else {
    const newest = await db
      .selectFrom('timeline')
      .select((select) => select.fn.max('version').as('version'))
      .where('job_id', '=', jobId)
      .executeTakeFirst();
    timeline = { ...timeline, version: Number(newest?.version ?? 0) + 1 };
    // A film that comes back (its maker's after all) is laid anew.
    await db.deleteFrom('timeline').where('id', '=', timeline.id).where('job_id', '=', jobId).execute();
    await insertTimeline(writer, jobId, { timeline, track, inputsKey: film.sourceKey });
  }
  const at = new Date().toISOString();
  const row = { revision, settings: writeJson(film.settings ?? null), source_key: film.sourceKey, updated_at: at };
  await db
    .insertInto('films')
    .values({ listing_id: listingId, created_at: at, ...row })
    .onConflict((conflict) => conflict.column('listing_id').doUpdateSet(row))
    .execute();
  if (track !== before?.track)
    await db
      .updateTable('jobs')
      .set({ bpm: track?.bpm ?? null, beat_offset: track?.beatOffset ?? null, updated_at: at })
      .where('id', '=', jobId)
      .execute();
  return { ...film, timeline, track, revision, jobId };
}
