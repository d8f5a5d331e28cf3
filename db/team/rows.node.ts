/** Many rows in one statement, as one parameter of JSON: 500 rows of eight columns take kysely longer to lay out. */
import { sql } from 'kysely';
import { writeJson } from '../codec.ts';
import type { Writer } from '../timeline-rows.node.ts';

export type ColumnKind = 'text' | 'bigint' | 'integer' | 'jsonb' | 'timestamptz' | 'boolean';
export type Columns = Readonly<Record<string, ColumnKind>>;

/** Columns of a JSON row `j` (Postgres) or `value` (SQLite), by their place. JSON columns hold JSON text. */
function picked({ dialect }: Writer, columns: Columns) {
  return Object.values(columns).map((kind, i) =>
    dialect === 'postgres' ? sql.raw(`(j->>${i})::${kind}`) : sql.raw(`json_extract(value, '$[${i}]')`),
  );
}

function source({ dialect }: Writer, rows: readonly (readonly unknown[])[]) {
  const data = writeJson(rows);
  return dialect === 'postgres' ? sql`jsonb_array_elements(${data}::jsonb) as j` : sql`json_each(${data})`;
}

/** Inserts rows; `key`: those columns name a row that is replaced where it is there. */
export async function insertRows(
  writer: Writer,
  table: string,
  columns: Columns,
  rows: readonly (readonly unknown[])[],
  key: readonly string[] = [],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  const replaced = names.filter((name) => !key.includes(name) && name !== 'id');
  const conflict =
    key.length === 0
      ? sql``
      : sql` on conflict (${sql.raw(key.join(', '))}) do update set ${sql.raw(replaced.map((name) => `${name} = excluded.${name}`).join(', '))}`;
  await sql`insert into ${sql.table(table)} (${sql.raw(names.join(', '))})
    select ${sql.join(picked(writer, columns))} from ${source(writer, rows)} where true${conflict}`.execute(writer.db);
}

/** Rows of a table whose key columns are among these. */
export async function rowsByKey<T>(
  writer: Writer,
  table: string,
  columns: readonly string[],
  key: Columns,
  rows: readonly (readonly unknown[])[],
): Promise<readonly T[]> {
  if (rows.length === 0) return [];
  const { rows: found } = await sql<T>`select ${sql.raw(columns.join(', '))} from ${sql.table(table)}
    where (${sql.raw(Object.keys(key).join(', '))}) in
      (select ${sql.join(picked(writer, key))} from ${source(writer, rows)})`.execute(writer.db);
  return found;
}

/** Sets columns of rows that are found by their first column. */
export async function updateRows(
  writer: Writer,
  table: string,
  columns: Columns,
  rows: readonly (readonly unknown[])[],
  extra = '',
): Promise<void> {
  if (rows.length === 0) return;
  const [key = 'id', ...names] = Object.keys(columns);
  const aliased = picked(writer, columns).map((value, i) => sql`${value} as c${sql.raw(String(i))}`);
  const set = names.map((name, i) => `${name} = v.c${i + 1}`).join(', ');
  await sql`update ${sql.table(table)} set ${sql.raw(set)}${sql.raw(extra)}
    from (select ${sql.join(aliased)} from ${source(writer, rows)}) as v
    where ${sql.table(table)}.${sql.raw(key)} = v.c0`.execute(writer.db);
}
