/** Small parts of the simulation: made-up files, films with ids of their own. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Timeline } from '../../pipeline/domain.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { type Database, openSqlite } from '../open.node.ts';
import type { OperationBody } from './protocol.ts';

export type Random = () => number;
export const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
export const blob = (name: string) => ({ sha256: hash(name), bytes: name.length });

/** Durability is SQLite's and proven elsewhere: here only its transactions count, and a flush of the disk takes 5 ms. */
export async function openFast(path: string): Promise<Database> {
  const database = await openSqlite(path);
  await sql`pragma synchronous = off`.execute(database.db);
  return database;
}

/** Clip ids of the ready films are the same everywhere; each listing has its own. */
export function ownFilm(film: Timeline, listingId: string, id: string) {
  const clips = film.clips.map((clip) => ({ ...clip, id: `${clip.id}@${listingId.slice(-6)}` }));
  return { ...structuredClone(film), id, clips } as Extract<OperationBody, { kind: 'film.create' }>['timeline'];
}

export function ownEdit(edit: Edit, listingId: string): Edit {
  if (edit.type === 'batch') return { ...edit, edits: edit.edits.map((one) => ownEdit(one, listingId) as typeof one) };
  if (edit.type !== 'setTemplate') return edit;
  return { ...edit, clips: edit.clips.map((clip) => ({ ...clip, id: `${clip.id}@${listingId.slice(-6)}` })) };
}
