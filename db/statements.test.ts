import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { KeptStatements } from './statements.node.ts';

interface Thing {
  readonly id: number;
  readonly name: string;
}

function open() {
  const file = new BetterSqlite3(':memory:');
  file.exec('create table things (id integer primary key, name text)');
  const prepared = vi.spyOn(file, 'prepare');
  const kept = new KeptStatements(file);
  const db = new Kysely<{ things: Thing }>({ dialect: new SqliteDialect({ database: kept }) });
  return { file, prepared, kept, db };
}

test('the same text is prepared once, whatever its values', async () => {
  const { db, prepared } = open();
  for (let id = 1; id <= 50; id++) {
    await db.transaction().execute(async (trx) => {
      await trx
        .insertInto('things')
        .values({ id, name: `n${id}` })
        .execute();
    });
    const row = await db.selectFrom('things').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toEqual({ id, name: `n${id}` });
  }
  expect(prepared).toHaveBeenCalledTimes(4);
  await db.destroy();
});

test('a changed schema is seen at once', async () => {
  const { db } = open();
  await db.insertInto('things').values({ id: 1, name: 'a' }).execute();
  const all = () => db.selectFrom('things').selectAll().execute();
  expect(await all()).toEqual([{ id: 1, name: 'a' }]);
  await sql`alter table things add column room text default 'hall'`.execute(db);
  expect(await all()).toEqual([{ id: 1, name: 'a', room: 'hall' }]);
  await sql`alter table things drop column room`.execute(db);
  expect(await all()).toEqual([{ id: 1, name: 'a' }]);
  await db.destroy();
});

test('texts that are used no more are let go, those in use are not', () => {
  const { kept, prepared } = open();
  for (let n = 0; n < 3000; n++) {
    kept.prepare('select * from things');
    kept.prepare(`select ${n}`);
  }
  expect(prepared).toHaveBeenCalledTimes(3001);
  kept.prepare('select 2999');
  expect(prepared).toHaveBeenCalledTimes(3001);
  kept.prepare('select 3');
  expect(prepared).toHaveBeenCalledTimes(3002);
});
