/**
 * Teams and their keys. A key is shown once, when it is made; only its SHA-256 is kept, which is enough for 256 random
 * bits: nobody tries 2^256 of them, so a slow hash would only slow the server down.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { readMoment } from '../codec.ts';
import { newId } from '../id.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import { KEY_ROLES, type KeyRole } from '../sync/protocol.ts';

export interface Team {
  readonly id: string;
  readonly name: string;
  /** The last place of the team's log. */
  readonly seq: number;
  readonly createdAt: string;
}

export interface ApiKey {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly role: KeyRole;
  readonly createdAt: string;
  /** To the minute; null before the first time. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** Whose key it is. */
export interface KeyHolder extends Pick<ApiKey, 'id' | 'teamId' | 'name' | 'role'> {
  readonly teamName: string;
}

const KEY_SHAPE = /^pk_[A-Za-z0-9_-]{43}$/;
/** A key that is used all the time is written down once in this time, milliseconds. */
const USED_EVERY_MS = 60_000;
const roleSchema = z.enum(KEY_ROLES);
const now = (): string => new Date().toISOString();
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 200 || /\p{Cc}/u.test(trimmed))
    throw new PicaividError('bad_usage', 'A name has 1 to 200 characters, on one line.');
  return trimmed;
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

export async function createTeam({ db }: Database, name: string): Promise<Team> {
  const row = { id: newId(), name: checkName(name), created_at: now() };
  await guarded(() => db.insertInto('teams').values(row).execute());
  return { id: row.id, name: row.name, seq: 0, createdAt: row.created_at };
}

/** Oldest first. */
export async function listTeams({ db }: Database): Promise<readonly Team[]> {
  const rows = await guarded(() => db.selectFrom('teams').selectAll().orderBy('created_at').orderBy('id').execute());
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    seq: Number(row.seq),
    createdAt: readMoment(row.created_at),
  }));
}

/** Makes a key. `key` is shown to the person now and never again. Throws `file_not_found` without the team. */
export async function createKey(
  { db }: Database,
  made: { readonly teamId: string; readonly name: string; readonly role: KeyRole },
): Promise<{ readonly key: string; readonly row: ApiKey }> {
  const team = await guarded(() =>
    db.selectFrom('teams').select('id').where('id', '=', made.teamId).executeTakeFirst(),
  );
  if (team === undefined) throw new PicaividError('file_not_found', 'There is no such team on this server.');
  const key = `pk_${randomBytes(32).toString('base64url')}`;
  const row = {
    id: newId(),
    team_id: made.teamId,
    name: checkName(made.name),
    role: roleSchema.parse(made.role),
    created_at: now(),
    last_used_at: null,
    revoked_at: null,
  };
  await guarded(() =>
    db
      .insertInto('api_keys')
      .values({ ...row, hash: hashOf(key) })
      .execute(),
  );
  return { key, row: toKey(row) };
}

/** Keys of a team, or of all; oldest first, revoked ones too. */
export async function listKeys({ db }: Database, teamId?: string): Promise<readonly ApiKey[]> {
  const rows = await guarded(() => {
    const all = db.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id');
    return (teamId === undefined ? all : all.where('team_id', '=', teamId)).execute();
  });
  return rows.map(toKey);
}

/** From now on nobody gets in with it. A second time changes nothing. Throws `file_not_found` for an unknown one. */
export async function revokeKey({ db }: Database, id: string): Promise<ApiKey> {
  const row = await guarded(() =>
    db
      .updateTable('api_keys')
      .set({ revoked_at: sql`coalesce(revoked_at, ${now()})` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst(),
  );
  if (row === undefined) throw new PicaividError('file_not_found', 'There is no such key.');
  return toKey(row);
}

/** Whose key this is; undefined for one that is unknown, revoked or no key at all. */
export async function findKey({ db }: Database, key: string): Promise<KeyHolder | undefined> {
  if (!KEY_SHAPE.test(key)) return undefined;
  const hash = hashOf(key);
  const row = await guarded(() =>
    db
      .selectFrom('api_keys')
      .innerJoin('teams', 'teams.id', 'api_keys.team_id')
      .selectAll('api_keys')
      .select('teams.name as team_name')
      .where('api_keys.hash', '=', hash)
      .executeTakeFirst(),
  );
  if (row === undefined || !timingSafeEqual(Buffer.from(row.hash, 'hex'), Buffer.from(hash, 'hex'))) return undefined;
  if (row.revoked_at !== null) return undefined;
  const used = row.last_used_at === null ? 0 : Date.parse(readMoment(row.last_used_at));
  if (Date.now() - used >= USED_EVERY_MS)
    await guarded(() => db.updateTable('api_keys').set({ last_used_at: now() }).where('id', '=', row.id).execute());
  const { id, teamId, name, role } = toKey(row);
  return { id, teamId, name, role, teamName: row.team_name };
}

function toKey(row: {
  id: string;
  team_id: string;
  name: string;
  role: string;
  created_at: Date | string;
  last_used_at: Date | string | null;
  revoked_at: Date | string | null;
}): ApiKey {
  return {
    id: row.id,
    teamId: row.team_id,
    name: row.name,
    role: roleSchema.parse(row.role),
    createdAt: readMoment(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : readMoment(row.last_used_at),
    revokedAt: row.revoked_at === null ? null : readMoment(row.revoked_at),
  };
}
