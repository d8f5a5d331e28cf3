/**
 * One push while it is applied: inside one transaction that holds the team's row, so that the team's log has no gaps and
 * two pushes of a team come one after the other. Rows of operations, cells, films and listings are written at the end,
 * many at a time.
 */
import { sql } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { cellsOf } from '../sync/cells.node.ts';
import { readFilm, refreshTrack, type StoredFilm, writeFilm } from '../sync/film-rows.node.ts';
import { type BodyOf, layVersion } from '../sync/lay.node.ts';
import {
  type Actor,
  actorSchema,
  type Operation,
  type OperationBody,
  type Outcome,
  outcomeSchema,
} from '../sync/protocol.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { CellBook, type Overwritten } from './cell-book.node.ts';
import { asDraft, type Maker } from './film-maker.ts';
import { type Chain, FilmTrack } from './film-track.node.ts';
import { insertRows, updateRows } from './rows.node.ts';

export interface TeamListing {
  readonly jobId: string;
  seq: number;
  moved: boolean;
}

export interface LogRow {
  readonly id: string;
  readonly seq: number | null;
  readonly listingId: string;
  readonly clientId: string;
  readonly actor: Actor;
  /** Of the operation as it was made; `body` is what took effect. */
  readonly kind: string;
  readonly body: OperationBody | null;
  readonly filmRevision: number | null;
  readonly inverse: unknown;
  readonly outcome: Outcome;
  readonly at: string;
}

interface OpenChain {
  readonly chain: Chain;
  readonly listingId: string;
  readonly clientId: string;
  readonly operations: { readonly operation: Operation; readonly actor: Actor; readonly reason: string }[];
  readonly keptBy: Actor | null;
}

const LOG_COLUMNS = {
  id: 'text', team_id: 'text', seq: 'bigint', listing_id: 'text', client_id: 'text', actor: 'jsonb', kind: 'text',
  body: 'jsonb', film_revision: 'integer', inverse: 'jsonb', outcome: 'jsonb', created_at: 'timestamptz',
} as const; // biome-ignore format: one glance

/** Films that were read or written by an earlier push: a film of 500 clips takes 10 ms to read. */
export type FilmMemory = Map<string, { readonly film: StoredFilm; readonly makers: ReadonlyMap<string, Maker> }>;
const FILMS_KEPT = 64;
/** Of one film: studios that were off line while others worked on it. */
const MAKERS_KEPT = 4;
const NO_MAKERS: ReadonlyMap<string, Maker> = new Map();

export class Session {
  readonly writer: Writer;
  readonly teamId: string;
  readonly cells: CellBook;
  readonly answered = new Map<string, Outcome>();
  /** All of the push, for what must be read of listings that it makes. */
  operations: readonly Operation[] = [];
  private readonly listings = new Map<string, TeamListing>();
  private readonly films = new Map<string, FilmTrack>();
  private readonly log: LogRow[] = [];
  private readonly chains: OpenChain[] = [];
  private readonly conflicts: (Overwritten & { readonly id: string; readonly listingId: string; readonly seq: number; readonly by: Actor; readonly at: string })[] = []; // biome-ignore format: one shape
  private readonly memory: FilmMemory;
  private seq: number;
  private clock = Date.now();

  private constructor(writer: Writer, teamId: string, seq: number, memory: FilmMemory) {
    this.writer = writer;
    this.teamId = teamId;
    this.seq = seq;
    this.memory = memory;
    this.cells = new CellBook(writer);
  }

  /** Takes the team's row, which every other push of the team waits for. Throws `file_not_found` without the team. */
  static async open(writer: Writer, teamId: string, memory: FilmMemory): Promise<Session> {
    const team = await writer.db
      .updateTable('teams')
      .set({ seq: sql`seq` })
      .where('id', '=', teamId)
      .returning('seq')
      .executeTakeFirst();
    if (team === undefined) throw new PicaividError('file_not_found', 'There is no such team on this server.');
    return new Session(writer, teamId, Number(team.seq), memory);
  }

  /** What was answered to operations before, and the listings that they name. */
  async read(operations: readonly Pick<Operation, 'id' | 'listingId'>[]): Promise<void> {
    const { db } = this.writer;
    const ids = [...new Set(operations.map(({ id }) => id))];
    const rows = await db.selectFrom('sync_log').select(['id', 'team_id', 'outcome']).where('id', 'in', ids).execute();
    for (const row of rows)
      this.answered.set(
        row.id,
        row.team_id === this.teamId
          ? readJson(outcomeSchema, row.outcome)
          : { id: row.id, outcome: 'refused', code: 'bad_usage', reason: 'This operation’s id is in use.' },
      );
    const listings = [...new Set(operations.map(({ listingId }) => listingId))].filter((id) => !this.listings.has(id));
    if (listings.length === 0) return;
    const found = await db
      .selectFrom('listings')
      .select(['id', 'job_id', 'sync_seq'])
      .where('id', 'in', listings)
      .where('team_id', '=', this.teamId)
      .execute();
    for (const row of found) this.listings.set(row.id, { jobId: row.job_id, seq: Number(row.sync_seq), moved: false });
  }

  /** The team's listing, or `file_not_found`: also for one of another team. */
  listing(id: string): TeamListing {
    const known = this.listings.get(id);
    if (known === undefined) throw new PicaividError('file_not_found', 'This listing is not in the team (any more).');
    return known;
  }

  /** Operations by the listing of the team that they name. */
  byListing(operations: readonly Operation[]): Map<string, Operation[]> {
    const found = new Map<string, Operation[]>();
    for (const operation of operations) {
      if (!this.listings.has(operation.listingId)) continue;
      const own = found.get(operation.listingId);
      if (own === undefined) found.set(operation.listingId, [operation]);
      else own.push(operation);
    }
    return found;
  }

  /** A listing that this push made is known from now on, with the cells that operations behind it name. */
  async addListing(id: string, jobId: string): Promise<void> {
    this.listings.set(id, { jobId, seq: 0, moved: false });
    const cells = this.operations.filter(({ listingId }) => listingId === id).flatMap(({ body }) => cellsOf(body));
    await this.cells.read([{ listingId: id, jobId, cells }]);
  }

  /** The place of an operation that took effect, undefined where the log does not know it. */
  async placeOf(id: string): Promise<number | undefined> {
    const mine = this.log.find((row) => row.id === id)?.seq;
    if (mine !== undefined && mine !== null) return mine;
    const row = await this.writer.db
      .selectFrom('sync_log')
      .select('seq')
      .where('id', '=', id)
      .where('team_id', '=', this.teamId)
      .executeTakeFirst();
    return row === undefined || row.seq === null ? undefined : Number(row.seq);
  }

  /** Who changed the film last, but for this studio. */
  async lastEditor(listingId: string, clientId: string): Promise<Actor | null> {
    const row = await this.writer.db
      .selectFrom('sync_log')
      .select('actor')
      .where('listing_id', '=', listingId)
      .where('client_id', '!=', clientId)
      .where('film_revision', 'is not', null)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : readJson(actorSchema, row.actor);
  }

  hasListing(id: string): boolean {
    return this.listings.has(id);
  }

  /** The next place in the team's order. */
  nextSeq(): number {
    this.seq += 1;
    return this.seq;
  }

  get head(): number {
    return this.seq;
  }

  /** Now; never the same millisecond twice, and after `other`, so that rows sort as they came. */
  moment(other?: Date | string | null): string {
    const past = other === undefined || other === null ? 0 : Date.parse(readMoment(other));
    this.clock = Math.max(Date.now(), this.clock + 1, past + 1);
    return new Date(this.clock).toISOString();
  }

  now(): string {
    return new Date(this.clock).toISOString();
  }

  async film(listingId: string): Promise<FilmTrack> {
    const known = this.films.get(listingId);
    if (known !== undefined) return known;
    const row = await this.writer.db
      .selectFrom('films')
      .select('revision')
      .where('listing_id', '=', listingId)
      .executeTakeFirst();
    const kept = this.memory.get(listingId);
    const same = kept !== undefined && kept.film.revision === row?.revision;
    const stored = row === undefined ? undefined : same ? kept.film : await readFilm(this.writer, listingId);
    // Makers of an older state are gone on with: what came since is in the log.
    const makers = kept !== undefined && (row?.revision ?? 0) >= kept.film.revision ? kept.makers : NO_MAKERS;
    const track = new FilmTrack(this.writer, listingId, stored, makers);
    this.films.set(listingId, track);
    return track;
  }

  /** Writes the film as far as it is: what follows needs the rows of its clips. */
  async writeFilm(listingId: string): Promise<void> {
    const track = this.films.get(listingId);
    if (track === undefined || !track.dirty || track.film === null) return;
    const { jobId } = this.listing(listingId);
    track.stored = await writeFilm(this.writer, listingId, jobId, track.stored, track.film, track.revision);
    track.film = track.stored;
    track.dirty = false;
  }

  /** Music came that the film may have been waiting for. */
  async hearMusic(listingId: string): Promise<void> {
    await this.writeFilm(listingId);
    if (!(await refreshTrack(this.writer, listingId, false))) return;
    this.memory.delete(listingId);
    const track = this.films.get(listingId);
    if (track === undefined) return;
    track.stored = await readFilm(this.writer, listingId);
    track.film = track.stored ?? null;
  }

  /** Writes down an answer; one with a place moves the listing there. */
  answer(row: LogRow): Outcome {
    this.log.push(row);
    this.answered.set(row.id, row.outcome);
    const listing = this.listings.get(row.listingId);
    if (row.seq !== null && listing !== undefined) Object.assign(listing, { seq: row.seq, moved: true });
    return row.outcome;
  }

  /** Keeps an overwritten value. Gives the conflict's id. */
  overwritten(lost: Overwritten, place: { listingId: string; seq: number; by: Actor; at: string }): string {
    const id = newId();
    this.conflicts.push({ ...lost, id, ...place });
    return id;
  }

  /** A step goes to a version beside the film. The version is written once, at the end of the push. */
  branch(
    operation: Operation,
    actor: Actor,
    clientId: string,
    chain: Chain,
    reason: string,
    keptBy: Actor | null,
  ): void {
    const open = this.chains.find((one) => one.chain === chain);
    const { listingId } = operation;
    if (open === undefined)
      this.chains.push({ chain, listingId, clientId, operations: [{ operation, actor, reason }], keptBy });
    else open.operations.push({ operation, actor, reason });
  }

  async finish(): Promise<void> {
    for (const chain of this.chains) await this.writeChain(chain);
    for (const listingId of this.films.keys()) await this.writeFilm(listingId);
    await this.cells.write(this.now());
    await insertRows(
      this.writer,
      'sync_log',
      LOG_COLUMNS,
      this.log.map((row) => [
        row.id, this.teamId, row.seq, row.listingId, row.clientId, writeJson(row.actor), row.kind,
        row.body === null ? null : writeJson(row.body), row.filmRevision,
        row.inverse === null || row.inverse === undefined ? null : writeJson(row.inverse), writeJson(row.outcome), row.at,
      ]),
    ); // biome-ignore format: one statement
    await this.writeConflicts();
    const moved = [...this.listings].filter(([, listing]) => listing.moved);
    const moment = this.writer.dialect === 'postgres' ? 'timestamptz' : 'text';
    await updateRows(
      this.writer,
      'listings',
      { id: 'text', sync_seq: 'bigint', updated_at: moment },
      moved.map(([id, { seq }]) => [id, seq, this.now()]),
      ', revision = revision + 1',
    );
    await this.writer.db.updateTable('teams').set({ seq: this.seq }).where('id', '=', this.teamId).execute();
  }

  /** What was read and written is known from now on: called once the transaction is committed. */
  remember(): void {
    for (const [listingId, { stored, makers }] of this.films) {
      if (stored === undefined) continue;
      this.memory.delete(listingId);
      this.memory.set(listingId, { film: stored, makers: new Map([...makers].slice(-MAKERS_KEPT)) });
    }
    for (const old of [...this.memory.keys()].slice(0, Math.max(0, this.memory.size - FILMS_KEPT)))
      this.memory.delete(old);
  }

  private async writeChain({ chain, listingId, clientId, operations, keptBy }: OpenChain): Promise<void> {
    const last = operations.at(-1);
    if (last === undefined) return;
    const fresh = chain.openedAt === null;
    const seq = this.nextSeq();
    const openedAt = chain.openedAt ?? seq;
    chain.openedAt = openedAt;
    const at = this.now();
    const { versionId, name } = chain;
    const { settings, sourceKey } = chain.film;
    const timeline = asDraft(chain.film.timeline) as BodyOf<'film.version'>['timeline'];
    const body: BodyOf<'film.version'> = { kind: 'film.version', versionId, name, timeline, settings, sourceKey };
    await layVersion(this.writer, { id: last.operation.id, listingId, actor: last.actor, at }, body);
    for (const { operation, actor, reason } of operations) {
      const carries = operation === last.operation;
      this.answer({
        id: operation.id,
        // One entry carries the version whole; the others have their part in it.
        seq: carries ? seq : null,
        listingId,
        clientId,
        actor,
        kind: operation.body.kind,
        body: carries ? body : null,
        filmRevision: null,
        inverse: carries ? { openedAt, revision: chain.revision } : null,
        outcome: { id: operation.id, outcome: 'branched', seq, versionId, reason },
        at,
      });
    }
    if (!fresh) return;
    this.conflicts.push({
      id: newId(), listingId, seq, by: keptBy ?? last.actor, at, kind: 'film', field: 'film', subject: '',
      kept: null, lost: versionId, lostBy: last.actor,
    }); // biome-ignore format: one row
  }

  private async writeConflicts(): Promise<void> {
    if (this.conflicts.length === 0) return;
    await insertRows(
      this.writer,
      'conflicts',
      {
        id: 'text', team_id: 'text', listing_id: 'text', kind: 'text', field: 'text', subject: 'text', kept: 'jsonb',
        lost: 'jsonb', kept_by: 'jsonb', lost_by: 'jsonb', seq: 'bigint', created_at: 'timestamptz',
      },
      this.conflicts.map((row) => [
        row.id, this.teamId, row.listingId, row.kind, row.field, row.subject, writeJson({ value: row.kept }),
        writeJson({ value: row.lost }),
        writeJson(row.by), writeJson(row.lostBy), row.seq, row.at,
      ]),
    ); // biome-ignore format: one statement
  }
}
