/**
 * Cells with a last writer while a push is applied: read at once before, changed in memory, written at once after.
 * Knows who wrote each of them last and where, so that what a maker had not seen is kept as a conflict.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Field } from '../../pipeline/rooms/decisions.ts';
import { readFlag, readJson, readMoment, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { registerRow, registerValue } from '../studio/registers.node.ts';
import { type Cell, isRegister, writeCell } from '../sync/cells.node.ts';
import { type Actor, actorSchema } from '../sync/protocol.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { insertRows, rowsByKey, updateRows } from './rows.node.ts';

/** Who does what where, while one operation is applied. */
export interface Doing {
  readonly listingId: string;
  readonly jobId: string;
  readonly clientId: string;
  readonly actor: Actor;
  readonly base: number;
  readonly seq: number;
}

export interface Overwritten {
  readonly kind: 'register' | 'listing' | 'film';
  readonly field: string;
  readonly subject: string;
  readonly kept: unknown;
  readonly lost: unknown;
  readonly lostBy: Actor;
}

interface Held {
  readonly listingId: string;
  readonly jobId: string;
  readonly field: string;
  readonly subject: string;
  value: unknown;
  written: { readonly seq: number; readonly clientId: string; readonly actor: Actor } | undefined;
  dirty: boolean;
}

const isListing = (field: string): boolean => field.startsWith('listing.');
/** Cells whose overwritten values are kept: those that operations say from what they change. */
const isKept = (field: string): boolean => isRegister(field) || isListing(field);
const nameOf = (listingId: string, field: string, subject: string): string => `${listingId}\n${field}\n${subject}`;

export class CellBook {
  private readonly writer: Writer;
  private readonly held = new Map<string, Held>();
  /** Others by their cell: written in the order of their last change. */
  private readonly plain = new Map<string, { readonly listingId: string; readonly cell: Cell }>();

  constructor(writer: Writer) {
    this.writer = writer;
  }

  /** Reads what these cells hold and who wrote them, in three statements. */
  async read(
    wanted: readonly { readonly listingId: string; readonly jobId: string; readonly cells: readonly Cell[] }[],
  ): Promise<void> {
    const fresh: Held[] = [];
    for (const { listingId, jobId, cells } of wanted)
      for (const { field, subject } of cells) {
        const name = nameOf(listingId, field, subject);
        if (!isKept(field) || this.held.has(name)) continue;
        const held: Held = { listingId, jobId, field, subject, value: null, written: undefined, dirty: false };
        this.held.set(name, held);
        fresh.push(held);
      }
    if (fresh.length === 0) return;
    await this.readWritten(fresh);
    await this.readRegisters(fresh.filter(({ field }) => isRegister(field)));
    await this.readListings(fresh.filter(({ field }) => isListing(field)));
  }

  private async readWritten(fresh: readonly Held[]): Promise<void> {
    const rows = await rowsByKey<{ listing_id: string; field: string; subject: string; seq: number | string; actor: unknown; client_id: string }>(
      this.writer, 'register_seqs', ['listing_id', 'field', 'subject', 'seq', 'actor', 'client_id'],
      { listing_id: 'text', field: 'text', subject: 'text' },
      fresh.map(({ listingId, field, subject }) => [listingId, field, subject]),
    ); // biome-ignore format: one query
    for (const row of rows) {
      const held = this.held.get(nameOf(row.listing_id, row.field, row.subject));
      if (held === undefined) continue;
      held.written = { seq: Number(row.seq), clientId: row.client_id, actor: readJson(actorSchema, row.actor) };
    }
  }

  private async readRegisters(fresh: readonly Held[]): Promise<void> {
    const byRow = new Map(fresh.map((held) => [rowName(held), held]));
    const rows = await rowsByKey<{ job_id: string; kind: string; subject: string; value: unknown }>(
      this.writer, 'decisions', ['job_id', 'kind', 'subject', 'value'],
      { job_id: 'text', kind: 'text', subject: 'text' },
      fresh.map((held) => [held.jobId, registerRow(held.field as Field, null).kind, held.subject]),
    ); // biome-ignore format: one query
    for (const row of rows) {
      const held = byRow.get(`${row.job_id}\n${row.kind}\n${row.subject}`);
      if (held !== undefined) held.value = registerValue(row.value);
    }
  }

  private async readListings(fresh: readonly Held[]): Promise<void> {
    const ids = [...new Set(fresh.map(({ listingId }) => listingId))];
    if (ids.length === 0) return;
    const rows = await this.writer.db
      .selectFrom('listings')
      .innerJoin('jobs', 'jobs.id', 'listings.job_id')
      .select(['listings.id', 'listings.name', 'listings.archived', 'listings.deleted_at', 'jobs.template_type', 'jobs.target_length'])
      .where('listings.id', 'in', ids)
      .execute(); // biome-ignore format: one query
    const values = new Map(
      rows.map((row) => [
        row.id,
        {
          'listing.name': row.name,
          'listing.archived': readFlag(row.archived),
          'listing.deletedAt': row.deleted_at === null ? null : readMoment(row.deleted_at),
          'listing.template': row.template_type,
          'listing.targetSeconds': row.target_length,
        } as Readonly<Record<string, unknown>>,
      ]),
    );
    for (const held of fresh) held.value = values.get(held.listingId)?.[held.field] ?? null;
  }

  /** Sets a cell. Gives what was overwritten and its maker had not seen. */
  set(doing: Doing, cell: Cell): Overwritten | undefined {
    const { field, subject, to } = cell;
    const name = nameOf(doing.listingId, field, subject);
    if (!isKept(field)) {
      this.plain.delete(name);
      this.plain.set(name, { listingId: doing.listingId, cell });
      return undefined;
    }
    const held = this.held.get(name);
    if (held === undefined) throw new Error(`The cell ${field} was not read.`);
    const lost = held.value;
    const before = held.written;
    held.value = to;
    held.written = { seq: doing.seq, clientId: doing.clientId, actor: doing.actor };
    held.dirty = true;
    const unseen = before !== undefined && before.seq > doing.base && before.clientId !== doing.clientId;
    if (!unseen || cell.from === undefined || isDeepStrictEqual(lost, to) || isDeepStrictEqual(lost, cell.from))
      return undefined;
    const kind = isListing(field) ? ('listing' as const) : ('register' as const);
    return {
      kind,
      field: isListing(field) ? field.slice('listing.'.length) : field,
      subject,
      kept: to,
      lost,
      lostBy: before.actor,
    };
  }

  /** Writes cells without kept values as far as they are: what follows reads their rows. */
  async writePlain(): Promise<void> {
    for (const { listingId, cell } of this.plain.values()) await writeCell(this.writer, listingId, cell);
    this.plain.clear();
  }

  async write(at: string): Promise<void> {
    const dirty = [...this.held.values()].filter((held) => held.dirty);
    const registers = dirty.filter(({ field }) => isRegister(field));
    await insertRows(
      this.writer,
      'decisions',
      { id: 'text', job_id: 'text', kind: 'text', subject: 'text', value: 'jsonb', user_id: 'text', created_at: 'timestamptz' },
      registers.map(({ jobId, field, subject, value, written }) => {
        const row = registerRow(field as Field, value);
        return [newId(), jobId, row.kind, subject, row.value, written?.actor.name ?? null, at];
      }),
      ['job_id', 'kind', 'subject'],
    ); // biome-ignore format: one statement
    await this.writePhotoRows(registers);
    await insertRows(
      this.writer,
      'register_seqs',
      { listing_id: 'text', field: 'text', subject: 'text', seq: 'bigint', actor: 'jsonb', client_id: 'text' },
      dirty.flatMap(({ listingId, field, subject, written }) =>
        written === undefined ? [] : [[listingId, field, subject, written.seq, writeJson(written.actor), written.clientId]],
      ),
      ['listing_id', 'field', 'subject'],
    ); // biome-ignore format: one statement
    for (const { listingId, field, subject, value } of dirty)
      if (isListing(field)) await writeCell(this.writer, listingId, { field, subject, to: value });
    await this.writePlain();
    for (const held of dirty) held.dirty = false;
  }

  /** Photo rows of an analysis show names of rooms and exclusions at once. */
  private async writePhotoRows(registers: readonly Held[]): Promise<void> {
    const jobs = [
      ...new Set(registers.filter(({ field }) => field === 'room' || field === 'excluded').map(({ jobId }) => jobId)),
    ];
    if (jobs.length === 0) return;
    const photos = await this.writer.db
      .selectFrom('photos')
      .select(['id', 'job_id', 'photo_key'])
      .where('job_id', 'in', jobs)
      .execute();
    const ids = new Map(photos.map((row) => [`${row.job_id}\n${row.photo_key}`, row.id]));
    const rowsOf = (field: string, value: (held: Held) => unknown): unknown[][] =>
      registers.flatMap((held) => {
        const id = ids.get(`${held.jobId}\n${held.subject}`);
        return held.field === field && id !== undefined ? [[id, value(held)]] : [];
      });
    const flag = this.writer.dialect === 'postgres' ? 'boolean' : 'integer';
    await updateRows(this.writer, 'photos', { id: 'text', room_override: 'text' }, rowsOf('room', ({ value }) => z.string().nullable().catch(null).parse(value))); // biome-ignore format: one call
    await updateRows(this.writer, 'photos', { id: 'text', exclude: flag }, rowsOf('excluded', ({ value }) => (flag === 'boolean' ? value === true : value === true ? 1 : 0))); // biome-ignore format: one call
  }
}

const rowName = ({ jobId, field, subject }: Held): string =>
  `${jobId}\n${registerRow(field as Field, null).kind}\n${subject}`;
