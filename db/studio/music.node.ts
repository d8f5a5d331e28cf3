/** The music that the studio knows, by the hash of its bytes, with the beats that were found in it. */
import { z } from 'zod';
import { ERROR_CODES, type ErrorData } from '../../base/errors.ts';
import type { BeatTrack } from '../../pipeline/domain.ts';
import { beatTrackSchema } from '../../pipeline/schemas.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { type Database, databaseError } from '../open.node.ts';

export interface StoredMusic {
  /** SHA-256 of the bytes. */
  readonly id: string;
  readonly name: string;
  readonly source: 'studio' | 'own';
  /** Of the file, without the dot. */
  readonly extension: string;
  readonly bytes: number;
  readonly licence: string | null;
  readonly durationSeconds: number | null;
  /** Null until it was listened to. */
  readonly track: BeatTrack | null;
  /** What found the track. */
  readonly trackKey: string | null;
  readonly error: ErrorData | null;
  readonly removed: boolean;
  readonly createdAt: string;
}
export type NewMusic = Pick<
  StoredMusic,
  'id' | 'name' | 'source' | 'extension' | 'bytes' | 'licence' | 'durationSeconds'
>;

const errorSchema = z
  .object({ code: z.enum(ERROR_CODES), message: z.string(), file: z.string().exactOptional() })
  .catch({ code: 'internal', message: 'An error that this version does not know.' });

export class MusicTableStore {
  private readonly database: Database;
  /** Rows by id: a track is up to 100 kB of JSON, and a film's music is asked for at each look at it. */
  private readonly kept = new Map<string, StoredMusic>();

  constructor(database: Database) {
    this.database = database;
  }

  /** Rows were written beside this store: by the team's feed. */
  forget(): void {
    this.kept.clear();
  }

  /** Everything that was not removed; the studio's own first by name, then the newest first. */
  async list(): Promise<readonly StoredMusic[]> {
    const ids = await guarded(() =>
      this.database.db
        .selectFrom('music')
        .select(['id', 'name', 'source'])
        .where('removed_at', 'is', null)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute(),
    );
    const rows: StoredMusic[] = [];
    const studio = ids.filter(({ source }) => source === 'studio').sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { id } of [...studio, ...ids.filter(({ source }) => source !== 'studio')]) {
      const row = await this.get(id);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** Removed ones too: films may use them. */
  async get(id: string): Promise<StoredMusic | undefined> {
    const known = this.kept.get(id);
    if (known !== undefined) return known;
    const row = await guarded(() =>
      this.database.db.selectFrom('music').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    if (row === undefined) return undefined;
    const music: StoredMusic = {
      id: row.id,
      name: row.name,
      source: row.source === 'studio' ? 'studio' : 'own',
      extension: row.extension,
      bytes: Number(row.bytes),
      licence: row.licence,
      durationSeconds: row.duration,
      track: row.track === null ? null : readJson(beatTrackSchema, row.track),
      trackKey: row.track_key,
      error: row.error === null ? null : readJson(errorSchema, row.error),
      removed: row.removed_at !== null,
      createdAt: readMoment(row.created_at),
    };
    this.kept.set(id, music);
    return music;
  }

  /** Adds music, or brings back what was removed under its new name. */
  async put(music: NewMusic): Promise<void> {
    const { durationSeconds: duration, ...rest } = music;
    const row = { ...rest, duration, removed_at: null };
    await guarded(() =>
      this.database.db
        .insertInto('music')
        .values({ ...row, track: null, track_key: null, error: null, created_at: new Date().toISOString() })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    );
    this.kept.delete(music.id);
  }

  /** What listening found, or why it could not. */
  async setHeard(
    id: string,
    heard: { readonly track: BeatTrack; readonly trackKey: string } | { readonly error: ErrorData | null },
  ): Promise<void> {
    const values =
      'track' in heard
        ? {
            track: writeJson(heard.track),
            track_key: heard.trackKey,
            error: null,
            duration: heard.track.durationSeconds,
          }
        : { error: heard.error === null ? null : writeJson(heard.error) };
    await guarded(() => this.database.db.updateTable('music').set(values).where('id', '=', id).execute());
    this.kept.delete(id);
  }

  async remove(id: string): Promise<void> {
    const removed_at = new Date().toISOString();
    await guarded(() => this.database.db.updateTable('music').set({ removed_at }).where('id', '=', id).execute());
    this.kept.delete(id);
  }
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}
