/**
 * What the server holds of the cells that this studio's own unanswered operations have set: a cell is the studio's own
 * until the last of them is answered, and then becomes what the server says. One row a covered cell.
 */
import { z } from 'zod';
import { readJson } from '../codec.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Cell, readCell, writeCell } from './cells.node.ts';
import { dropState, putState } from './state.node.ts';

const shadowSchema = z.object({ value: z.unknown(), pending: z.int() });
type Shadow = z.infer<typeof shadowSchema>;
export const shadowPrefix = (listingId: string): string => `shadow:${listingId}:`;
const nameOf = (listingId: string, { field, subject }: Cell): string => `${shadowPrefix(listingId)}${field}:${subject}`;

async function readShadow({ db }: Writer, name: string): Promise<Shadow | undefined> {
  const row = await db.selectFrom('sync_state').select('value').where('name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : readJson(shadowSchema, row.value);
}

/** One more own operation covers these cells. Called before the change where operations do not say what they saw. */
export async function coverCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  for (const cell of cells) {
    const name = nameOf(listingId, cell);
    const shadow = await readShadow(writer, name);
    const value =
      shadow !== undefined
        ? shadow.value
        : cell.from !== undefined
          ? cell.from
          : await readCell(writer, listingId, cell.field, cell.subject);
    await putState(writer, name, { value: value ?? null, pending: (shadow?.pending ?? 0) + 1 });
  }
}

/** The server's values: those that own operations cover wait behind them, the others are set. */
export async function takeCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  for (const cell of cells) {
    const name = nameOf(listingId, cell);
    const shadow = await readShadow(writer, name);
    if (shadow === undefined) await writeCell(writer, listingId, cell);
    else await putState(writer, name, { value: cell.to, pending: shadow.pending });
  }
}

/** An own operation was answered and what became of it is known: cells that nothing covers any more become the server's. */
export async function uncoverCells(writer: Writer, listingId: string, cells: readonly Cell[]): Promise<void> {
  for (const cell of cells) {
    const name = nameOf(listingId, cell);
    const shadow = await readShadow(writer, name);
    if (shadow === undefined) continue;
    if (shadow.pending > 1) {
      await putState(writer, name, { value: shadow.value, pending: shadow.pending - 1 });
      continue;
    }
    await dropState(writer, name);
    await writeCell(writer, listingId, { ...cell, to: shadow.value ?? null });
  }
}
