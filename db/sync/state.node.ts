/**
 * What a studio remembers of the team beside the listings themselves, in `sync_state`: its place in the feed, what the
 * server holds of cells that the studio's own unanswered operations cover, analyses by reference, listings known by
 * their cards alone.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import { readJson, writeJson } from '../codec.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { blobRefSchema } from './protocol.ts';

const POSITION = 'position';

/** Place in the feed up to which everything was applied; 0 before the first. */
export async function feedPosition({ db }: Writer): Promise<number> {
  const row = await db.selectFrom('sync_state').select('value').where('name', '=', POSITION).executeTakeFirst();
  return row === undefined ? 0 : readJson(z.object({ seq: z.int() }), row.value).seq;
}

/** The feed is read from here on: set by a first sync that takes listings by their cards, and by applied entries. */
export function setFeedPosition(writer: Writer, seq: number): Promise<void> {
  return putState(writer, POSITION, { seq });
}

export async function getState<T>({ db }: Writer, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const row = await db.selectFrom('sync_state').select('value').where('name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : readJson(schema, row.value);
}

export async function putState({ db }: Writer, name: string, value: unknown): Promise<void> {
  const row = { value: writeJson(value) };
  await db
    .insertInto('sync_state')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

export async function dropState({ db }: Writer, name: string): Promise<void> {
  await db.deleteFrom('sync_state').where('name', '=', name).execute();
}

/** Names that begin with a prefix; prefixes end with a colon. */
export async function dropStates({ db }: Writer, prefix: string): Promise<void> {
  const after = `${prefix.slice(0, -1)};`;
  await db.deleteFrom('sync_state').where('name', '>=', prefix).where('name', '<', after).execute();
}

/** Values of all names that begin with a prefix, in the order of the names. */
export async function statesOf<T>(
  { db, dialect }: Writer,
  prefix: string,
  schema: z.ZodType<T>,
): Promise<{ readonly name: string; readonly value: T }[]> {
  const after = `${prefix.slice(0, -1)};`;
  // Postgres sorts by the database's language elsewhere; names are compared by their bytes in both.
  const name = dialect === 'postgres' ? sql<string>`name collate "C"` : sql<string>`name`;
  const rows = await db
    .selectFrom('sync_state')
    .select(['name', 'value'])
    .where(name, '>=', prefix)
    .where(name, '<', after)
    .orderBy(name)
    .execute();
  return rows.map((row) => ({ name: row.name.slice(prefix.length), value: readJson(schema, row.value) }));
}

/** The newest analysis of a listing: a blob that whoever needs it fetches and loads. */
export const analysisStateSchema = z.object({
  blob: blobRefSchema,
  photoCount: z.int(),
  rejectedCount: z.int(),
  posterPhotoId: z.string().nullable(),
});
export type AnalysisState = z.infer<typeof analysisStateSchema>;
export const analysisName = (listingId: string): string => `analysis:${listingId}`;

/** Music of a listing as the team has it. The track is the BeatTrack, parsed where it is used. */
export const musicStateSchema = z.object({
  blob: blobRefSchema,
  name: z.string(),
  extension: z.string(),
  licence: z.string().nullable(),
  duration: z.number().nullable(),
  track: z.unknown().nullable(),
  trackKey: z.string().nullable(),
});
export type MusicState = z.infer<typeof musicStateSchema>;
export const musicName = (listingId: string, sha256: string): string => `music:${listingId}:${sha256}`;
export const musicPrefix = (listingId: string): string => `music:${listingId}:`;

export const partialName = (listingId: string): string => `partial:${listingId}`;

/** Of a listing that is here and fetched whole once more, as its server was set back to an older state. */
export const PUT_RIGHT = { seq: 0, setBack: true } as const;
const partialSchema = z.object({ setBack: z.boolean().default(false) }).catch({ setBack: false });

/** `card`: only that is here. `set back`: it is here as a server had it that has an older state now. Undefined: whole. */
export async function partialState(writer: Writer, listingId: string): Promise<'card' | 'set back' | undefined> {
  const state = await getState(writer, partialName(listingId), partialSchema);
  return state === undefined ? undefined : state.setBack ? 'set back' : 'card';
}

/** True for a listing that its snapshot makes whole. */
export async function isPartial(writer: Writer, listingId: string): Promise<boolean> {
  return (await getState(writer, partialName(listingId), z.unknown())) !== undefined;
}
