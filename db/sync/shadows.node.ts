/**
 * What the server holds of the cells that this studio's own unanswered operations have set: a cell is the studio's own
 * until the last of them is answered, and then becomes what the server says. One row a covered cell.
 */
import { z } from 'zod';
import { readJson, writeJson } from '../codec.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Cell, readCell, writeCells } from './cells.node.ts';

const shadowSchema = z.object({ value: z.unknown(), pending: z.int() });
type Shadow = z.infer<typeof shadowSchema>;
export const shadowPrefix = (listingId: string): string => `shadow:${listingId}:`;
const nameOf = (listingId: string, { field, subject }: Cell): string => `${shadowPrefix(listingId)}${field}:${subject}`;

const ROWS_AT_ONCE = 500;

/** Cells by the name of their shadow, with how often each is meant; the last one's value counts. */
function byName(listingId: string, cells: readonly Cell[]): Map<string, { cell: Cell; times: number }> {
  const found = new Map<string, { cell: Cell; times: number }>();
  for (const cell of cells) {
    const name = nameOf(listingId, cell);
    const known = found.get(name);
    // What was there before the first of them is what the server knows.
    if (known === undefined) found.set(name, { cell, times: 1 });
    else found.set(name, { cell: { ...cell, from: known.cell.from }, times: known.times + 1 });
  }
  return found;
}

async function readShadows({ db }: Writer, names: readonly string[]): Promise<Map<string, Shadow>> {
  const found = new Map<string, Shadow>();
  for (let i = 0; i < names.length; i += ROWS_AT_ONCE) {
    const rows = await db
      .selectFrom('sync_state')
      .select(['name', 'value'])
      .where('name', 'in', names.slice(i, i + ROWS_AT_ONCE))
      .execute();
    for (const row of rows) found.set(row.name, readJson(shadowSchema, row.value));
  }
  return found;
}

async function putShadows(
  { db }: Writer,
  shadows: readonly (readonly [name: string, shadow: Shadow])[],
): Promise<void> {
  for (let i = 0; i < shadows.length; i += ROWS_AT_ONCE)
    await db
      .insertInto('sync_state')
      .values(shadows.slice(i, i + ROWS_AT_ONCE).map(([name, shadow]) => ({ name, value: writeJson(shadow) })))
      .onConflict((conflict) => conflict.column('name').doUpdateSet((row) => ({ value: row.ref('excluded.value') })))
      .execute();
}

/** One more own operation covers these cells. Called before the change where operations do not say what they saw. */
export async function coverCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  const named = byName(listingId, cells);
  const known = await readShadows(writer, [...named.keys()]);
  const rows: (readonly [string, Shadow])[] = [];
  for (const [name, { cell, times }] of named) {
    const shadow = known.get(name);
    const value =
      shadow !== undefined
        ? shadow.value
        : cell.from !== undefined
          ? cell.from
          : await readCell(writer, listingId, cell.field, cell.subject);
    rows.push([name, { value: value ?? null, pending: (shadow?.pending ?? 0) + times }]);
  }
  await putShadows(writer, rows);
}

/** The server's values: those that own operations cover wait behind them, the others are set. */
export async function takeCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  const named = byName(listingId, cells);
  const known = await readShadows(writer, [...named.keys()]);
  const rows: (readonly [string, Shadow])[] = [];
  const free: Cell[] = [];
  for (const [name, { cell }] of named) {
    const shadow = known.get(name);
    if (shadow === undefined) free.push(cell);
    else rows.push([name, { value: cell.to, pending: shadow.pending }]);
  }
  await putShadows(writer, rows);
  await writeCells(writer, listingId, free);
}

/** An own operation was answered and what became of it is known: cells that nothing covers any more become the server's. */
export async function uncoverCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  const named = byName(listingId, cells);
  const known = await readShadows(writer, [...named.keys()]);
  const rows: (readonly [string, Shadow])[] = [];
  const free: Cell[] = [];
  const gone: string[] = [];
  for (const [name, { cell, times }] of named) {
    const shadow = known.get(name);
    if (shadow === undefined) continue;
    if (shadow.pending > times) rows.push([name, { value: shadow.value, pending: shadow.pending - times }]);
    else {
      gone.push(name);
      free.push({ ...cell, to: shadow.value ?? null });
    }
  }
  await putShadows(writer, rows);
  for (let i = 0; i < gone.length; i += ROWS_AT_ONCE)
    await writer.db
      .deleteFrom('sync_state')
      .where('name', 'in', gone.slice(i, i + ROWS_AT_ONCE))
      .execute();
  await writeCells(writer, listingId, free);
}
