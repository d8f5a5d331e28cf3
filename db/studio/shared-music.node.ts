/** The music of a shared listing's films: the team gets it with the first film that names it. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { BeatTrack } from '../../pipeline/domain.ts';
import { beatTrackSchema } from '../../pipeline/schemas.ts';
import { readJson } from '../codec.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { getState, type MusicState, musicName, musicStateSchema, putState } from '../sync/state.node.ts';
import type { Tables } from '../tables.ts';
import type { Writer } from '../timeline-rows.node.ts';

const musicOf = z.object({ musicId: z.string().nullable() }).catch({ musicId: null });

/**
 * The operation that brings the music of these settings to the listing; none where there is no music, or the listing
 * has it. From now on it has. Inside the caller's transaction.
 */
export async function musicBodies(
  writer: Writer,
  listingId: string,
  settings: unknown,
): Promise<readonly OperationBody[]> {
  const { musicId } = readJson(musicOf, settings ?? {});
  if (musicId === null) return [];
  const name = musicName(listingId, musicId);
  if ((await getState(writer, name, musicStateSchema)) !== undefined) return [];
  const row = await writer.db.selectFrom('music').selectAll().where('id', '=', musicId).executeTakeFirst();
  if (row === undefined) return [];
  const state: MusicState = {
    blob: { sha256: musicId, bytes: Number(row.bytes) },
    name: row.name.slice(0, 255),
    extension: row.extension,
    licence: row.licence?.slice(0, 2000) ?? null,
    duration: row.duration,
    track: row.track === null ? null : readJson(beatTrackSchema, row.track),
    trackKey: row.track_key,
  };
  await putState(writer, name, state);
  return [{ kind: 'music.add', ...state }];
}

/** The beats of the music that these settings name, as far as somebody has listened to it. */
export async function trackOf(
  db: Kysely<Tables>,
  { settings }: { readonly settings: unknown },
): Promise<BeatTrack | null> {
  const { musicId } = musicOf.parse(settings);
  if (musicId === null) return null;
  const row = await db.selectFrom('music').select('track').where('id', '=', musicId).executeTakeFirst();
  return row === undefined || row.track === null ? null : readJson(beatTrackSchema, row.track);
}
