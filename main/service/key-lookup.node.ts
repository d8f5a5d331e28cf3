/** Keys by their hashes, those that are asked for in one moment in one query: a team's readers all come back at once. */
import { createHash } from 'node:crypto';
import { readMoment } from '../../db/codec.ts';
import type { Database } from '../../db/open.node.ts';
import { KEY_ROLES } from '../../db/sync/protocol.ts';
import type { Caller, KeyLookup } from './parts.ts';

/** A key that is used all the time is written down once in this time, milliseconds. */
const USED_EVERY_MS = 60_000;
/** As `db/team/teams` makes them. */
const KEY_SHAPE = /^pk_[A-Za-z0-9_-]{43}$/;
const AT_ONCE = 500;

interface Asked {
  readonly hash: string;
  readonly resolve: (caller: Caller | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export function keyLookup(database: Database): KeyLookup {
  let waiting: Asked[] = [];
  const ask = (): void => {
    const asked = waiting;
    waiting = [];
    for (let i = 0; i < asked.length; i += AT_ONCE) void answer(database, asked.slice(i, i + AT_ONCE));
  };
  return {
    find: (key) => {
      if (!KEY_SHAPE.test(key)) return Promise.resolve(undefined);
      const hash = createHash('sha256').update(key).digest('hex');
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(ask);
        waiting.push({ hash, resolve, reject });
      });
    },
  };
}

/** Never a stale one: a revoked key is out with the next request. */
async function answer({ db }: Database, asked: readonly Asked[]): Promise<void> {
  try {
    const rows = await db
      .selectFrom('api_keys')
      .innerJoin('teams', 'teams.id', 'api_keys.team_id')
      .select(['api_keys.id', 'api_keys.team_id', 'api_keys.name', 'api_keys.role', 'api_keys.hash', 'api_keys.last_used_at']) // biome-ignore format: one list
      .select('teams.name as team_name')
      .where('api_keys.hash', 'in', [...new Set(asked.map(({ hash }) => hash))])
      .where('api_keys.revoked_at', 'is', null)
      .execute();
    const callers = new Map<string, Caller>();
    const now = new Date();
    const used: string[] = [];
    for (const row of rows) {
      const role = KEY_ROLES.find((one) => one === row.role);
      if (role === undefined) continue;
      callers.set(row.hash, {
        keyId: row.id,
        keyName: row.name,
        role,
        teamId: row.team_id,
        teamName: row.team_name,
      });
      const last = row.last_used_at === null ? 0 : Date.parse(readMoment(row.last_used_at));
      if (now.getTime() - last >= USED_EVERY_MS) used.push(row.id);
    }
    if (used.length > 0)
      await db.updateTable('api_keys').set({ last_used_at: now.toISOString() }).where('id', 'in', used).execute();
    for (const { hash, resolve } of asked) resolve(callers.get(hash));
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
