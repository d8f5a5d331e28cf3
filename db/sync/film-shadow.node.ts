/**
 * The film on a studio's side. The server's film is kept apart (the shadow) while own steps wait for their answer; the
 * local film is the shadow with those steps on top.
 *
 * Where an own step does not go with what came from others, the local film stays as its maker sees it until the server
 * has answered: new steps then still say truly what they were made on. The server keeps that film as a version, and the
 * local film becomes the server's.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import { type Edit, editSchema } from '../../pipeline/timeline/edits-types.ts';
import { follow, rebaseEdit } from '../../pipeline/timeline/rebase.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { readJson, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { noteRemoteStep } from '../studio/film-steps.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { jobOf } from './cells.node.ts';
import { equalFilms, type FilmBefore, readFilm, type StoredFilm, writeFilm } from './film-rows.node.ts';
import { layVersion } from './lay.node.ts';
import { writeOperation } from './outbox-row.node.ts';
import {
  type FeedEntry,
  type Operation,
  type OperationBody,
  type OperationKind,
  operationBodySchema,
  operationSchema,
} from './protocol.ts';
import { dropState, getState, putState } from './state.node.ts';

export type { FilmBefore } from './film-rows.node.ts';

/** Kinds that change the film that is shown. */
export function isFilmKind(kind: OperationKind): boolean {
  return kind === 'film.create' || kind === 'film.edit' || kind === 'film.status';
}

/** Whether the server's film is the local one, none, or another that is kept here. */
const heldSchema = z.discriminatedUnion('held', [
  z.object({ held: z.literal('local') }),
  z.object({ held: z.literal('none') }),
  z.object({ held: z.literal('film'), timeline: timelineSchema }),
]);
const flagsSchema = z.object({
  /** Server's revision that the local film stands on while it does not follow; null where it does. */
  base: z.int().nullable(),
  /** Place in the feed where own steps went to a version: those made before it are not in the film. */
  branchedAt: z.int(),
  /** The team refused this film when it was new, and has none yet. */
  unshared: z.boolean().default(false),
});
type Flags = z.infer<typeof flagsSchema>;
const FOLLOWS: Flags = { base: null, branchedAt: 0, unshared: false };
/** A waiting step whose place in the film has moved here. The operation itself stays as it was made. */
export const movedName = (id: string): string => `moved:${id}`;
export const flagsName = (listingId: string): string => `film:${listingId}`;

interface Shadow {
  readonly revision: number;
  readonly held: z.infer<typeof heldSchema>;
  readonly settings: unknown;
  readonly sourceKey: string;
}

async function readShadow({ db }: Writer, listingId: string): Promise<Shadow | undefined> {
  const row = await db.selectFrom('film_shadows').selectAll().where('listing_id', '=', listingId).executeTakeFirst();
  if (row === undefined) return undefined;
  const held = readJson(heldSchema, row.timeline);
  return { revision: row.revision, held, settings: readJson(z.unknown(), row.settings), sourceKey: row.source_key };
}

async function putShadow(
  { db }: Writer,
  listingId: string,
  revision: number,
  film: FilmBefore | 'local' | null,
): Promise<void> {
  const whole = film === null || film === 'local' ? undefined : film;
  const held = film === 'local' ? { held: 'local' } : film === null ? { held: 'none' } : { held: 'film', timeline: film.timeline }; // biome-ignore format: one row
  const row = {
    revision,
    timeline: writeJson(held),
    settings: writeJson(whole?.settings ?? null),
    source_key: whole?.sourceKey ?? '',
  };
  await db
    .insertInto('film_shadows')
    .values({ listing_id: listingId, ...row })
    .onConflict((conflict) => conflict.column('listing_id').doUpdateSet(row))
    .execute();
}

const readFlags = async (writer: Writer, listingId: string): Promise<Flags> =>
  (await getState(writer, flagsName(listingId), flagsSchema)) ?? FOLLOWS;

/** One more own film operation will wait: keeps the server's film apart. Gives the server's revision it is made on. */
export async function coverFilm(
  writer: Writer,
  listingId: string,
  kind: OperationKind,
  before: FilmBefore | undefined,
): Promise<number> {
  const shadow = await readShadow(writer, listingId);
  const { base } = await readFlags(writer, listingId);
  if (shadow === undefined) {
    // The server has heard of no film: what is here is what its operations make.
    await putShadow(writer, listingId, 0, null);
    return 0;
  }
  if (shadow.held.held === 'local') {
    const film = before ?? (await readFilm(writer, listingId));
    if (film === undefined) {
      if (kind !== 'film.create') throw new PicaividError('transition_refused', 'This listing has no film yet.');
      await putShadow(writer, listingId, shadow.revision, null);
    } else await putShadow(writer, listingId, shadow.revision, film);
  }
  return base ?? shadow.revision;
}

/**
 * The film with this step in it, where it has followed others' since the last own step that waits: what the server keeps
 * should that one go to a version. Undefined where the server can work it out.
 */
export async function seenWith(
  writer: Writer,
  listingId: string,
  edit: Edit,
  revision: number,
  before: FilmBefore | undefined,
): Promise<Timeline | undefined> {
  const last = await writer.db
    .selectFrom('outbox')
    .select('operation')
    .where('listing_id', '=', listingId)
    .where('state', 'in', ['waiting', 'applied'])
    .where(sql<boolean>`json_extract(operation, '$.body.kind') in ('film.create', 'film.edit')`)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return undefined;
  const { body } = readJson(z.object({ body: z.object({ revision: z.int().default(0) }) }), last.operation);
  if (body.revision >= revision) return undefined;
  const film = before ?? (await readFilm(writer, listingId));
  return film === undefined ? undefined : applyEdit(asDraft(film.timeline), edit).timeline;
}

/** A film that the team refused, as the operation that offers it again before a step that is made on it. */
export async function takeUnshared(
  writer: Writer,
  listingId: string,
  kind: OperationKind,
  before: FilmBefore | undefined,
): Promise<OperationBody | undefined> {
  const flags = await readFlags(writer, listingId);
  if (!flags.unshared) return undefined;
  await putState(writer, flagsName(listingId), { ...flags, unshared: false });
  const film = kind === 'film.create' ? undefined : (before ?? (await readFilm(writer, listingId)));
  if (film === undefined) return undefined;
  const { timeline, settings, sourceKey } = film;
  return operationBodySchema.parse({ kind: 'film.create', timeline, settings, sourceKey });
}

const asDraft = (timeline: Timeline): Timeline =>
  timeline.status === 'draft' ? timeline : { ...timeline, status: 'draft' };

/** What the feed brings of one listing's film, taken one after the other and written once. */
export class FilmSide {
  private readonly writer: Writer;
  private readonly listingId: string;
  private readonly local: StoredFilm | undefined;
  private readonly flags: Flags;
  private readonly openedAt: number;
  private revision: number;
  private server: FilmBefore | null;
  /** Where it was opened, with own steps of since only: what waiting steps were made on. Undefined: not known. */
  private maker: Timeline | undefined;
  private foreign = false;
  private branchedAt: number;
  private unshared: boolean;
  private keepsOther = false;

  private constructor(
    writer: Writer,
    listingId: string,
    local: StoredFilm | undefined,
    shadow: Shadow | undefined,
    flags: Flags,
  ) {
    this.writer = writer;
    this.listingId = listingId;
    this.local = local;
    this.flags = flags;
    this.branchedAt = flags.branchedAt;
    this.unshared = flags.unshared;
    this.revision = shadow?.revision ?? 0;
    this.openedAt = this.revision;
    const held = shadow?.held ?? { held: 'none' as const };
    this.server =
      held.held === 'film'
        ? { timeline: held.timeline, settings: shadow?.settings ?? null, sourceKey: shadow?.sourceKey ?? '' }
        : held.held === 'local'
          ? (local ?? null)
          : null;
    this.maker = this.server === null ? undefined : asDraft(this.server.timeline);
  }

  static async open(writer: Writer, listingId: string): Promise<FilmSide> {
    const local = await readFilm(writer, listingId);
    return new FilmSide(writer, listingId, local, await readShadow(writer, listingId), await readFlags(writer, listingId)); // biome-ignore format: one call
  }

  /** One entry of kind film.create, film.edit or film.status. */
  take(entry: FeedEntry, own: boolean): void {
    const { body } = entry;
    if (!own) this.foreign = true;
    this.revision = entry.filmRevision ?? this.revision + 1;
    if (body.kind === 'film.create') {
      this.server = { timeline: body.timeline, settings: body.settings ?? null, sourceKey: body.sourceKey };
      this.maker = own ? asDraft(body.timeline) : undefined;
      return;
    }
    const server = this.server;
    if (server === null) return;
    if (body.kind === 'film.status') {
      this.server = { ...server, timeline: { ...server.timeline, status: body.status } };
      return;
    }
    if (body.kind !== 'film.edit') return;
    const before = asDraft(server.timeline);
    const after = applyEdit(before, body.edit).timeline;
    this.server = {
      timeline: { ...after, status: server.timeline.status },
      settings: body.settings === undefined ? server.settings : body.settings,
      sourceKey: body.sourceKey ?? server.sourceKey,
    };
    if (own && this.maker !== undefined) this.maker = attempt(this.maker, (film) => applyEdit(film, follow(body.edit, before, film)).timeline); // biome-ignore format: one thought
  }

  /** The film of a snapshot in place of what was known of the server's. */
  replace(film: FilmBefore | null, revision: number): void {
    this.server = film;
    this.revision = revision;
    this.foreign = true;
    this.maker = undefined;
  }

  /** The film that is here becomes a version where the server's is another: the server was set back to an older state. */
  keepOther(): void {
    this.keepsOther = true;
  }

  /**
   * Own steps went to a version here: the film goes on without those that were made before. `base`: what the maker of
   * this one knew; where that is before an earlier version, it went there, and later steps are in the film.
   */
  branched(seq: number, base: number): void {
    if (base >= this.branchedAt) this.branchedAt = Math.max(this.branchedAt, seq);
  }

  /** An own step that the server refused is not in its film, and later ones were made on it. */
  refused(kind: OperationKind): void {
    this.foreign = true;
    this.maker = undefined;
    if (kind === 'film.create' && this.server === null) this.unshared = true;
  }

  /** Writes the shadow, and the local film where it changes. True when it did. */
  async finish(): Promise<boolean> {
    const pending = await this.pending();
    if (pending.length === 0) {
      if (this.unshared && this.server !== null) {
        this.unshared = false;
        await this.keepVersion('The film of this studio, kept beside the team’s');
      } else if (
        this.keepsOther &&
        this.server !== null &&
        this.local !== undefined &&
        !equalFilms(this.local, this.server)
      )
        await this.keepVersion('The film of before the team’s server was set back');
      await this.setFlags(null);
      const changed = this.server === null ? false : await this.writeLocal(this.server);
      await putShadow(this.writer, this.listingId, this.revision, this.server === null ? null : 'local');
      return changed;
    }
    await putShadow(this.writer, this.listingId, this.revision, this.server);
    const frozen = this.flags.base;
    if (frozen !== null || !this.foreign) {
      await this.setFlags(frozen);
      return false;
    }
    const film = await this.onTop(pending);
    await this.setFlags(film === undefined ? this.openedAt : null);
    return film === undefined ? false : this.writeLocal(film);
  }

  /** Own unanswered film operations that will be part of the film as far as is known, in their order. */
  private async pending(): Promise<Operation[]> {
    const rows = await this.writer.db
      .selectFrom('outbox')
      .select('operation')
      .where('listing_id', '=', this.listingId)
      .where('state', 'in', ['waiting', 'applied'])
      .orderBy('position')
      .execute();
    return rows.flatMap((row) => {
      // Kinds first: thousands of other operations may wait beside them.
      const loose = readJson(z.object({ base: z.int(), body: z.object({ kind: z.string() }) }), row.operation);
      const { kind } = loose.body;
      if (kind !== 'film.create' && kind !== 'film.edit' && kind !== 'film.status') return [];
      if (kind !== 'film.status' && loose.base < this.branchedAt) return [];
      return [readJson(operationSchema, row.operation)];
    });
  }

  /** The server's film with own steps on top, or undefined where one does not go with it. */
  private async onTop(pending: readonly Operation[]): Promise<FilmBefore | undefined> {
    if (this.server === null) return undefined;
    let maker = this.maker;
    let film = asDraft(this.server.timeline);
    let { settings, sourceKey } = this.server;
    let { status } = this.server.timeline;
    const moves: { readonly id: string; readonly edit: Edit }[] = [];
    for (const operation of pending) {
      const { body } = operation;
      if (body.kind === 'film.create' || maker === undefined) return undefined;
      if (body.kind === 'film.status') status = body.status;
      if (body.kind !== 'film.edit') continue;
      const base = maker;
      const edit = (await getState(this.writer, movedName(operation.id), editSchema)) ?? body.edit;
      const moved = attempt(edit, (one) => rebaseEdit(one, [patchBetween(base, film)], base));
      if (moved === undefined) return undefined;
      if (moved !== edit) moves.push({ id: operation.id, edit: moved });
      maker = applyEdit(base, edit).timeline;
      film = applyEdit(film, moved).timeline;
      if (body.settings !== undefined) settings = body.settings;
      sourceKey = body.sourceKey ?? sourceKey;
    }
    // Only where all of them go: else they stay what they were made on.
    for (const { id, edit } of moves) await putState(this.writer, movedName(id), edit);
    return { timeline: { ...film, status }, settings, sourceKey };
  }

  private async writeLocal(film: FilmBefore): Promise<boolean> {
    if (this.local !== undefined && equalFilms(this.local, film)) return false;
    const jobId = this.local?.jobId ?? (await jobOf(this.writer, this.listingId));
    await writeFilm(this.writer, this.listingId, jobId, this.local, film);
    // Own steps beneath can still be undone, by themselves.
    if (this.local !== undefined) await noteRemoteStep(this.writer, this.local.timeline, film.timeline);
    return true;
  }

  /** The film that is here, as a version of the team. */
  private async keepVersion(name: string): Promise<void> {
    const { writer, listingId, local } = this;
    if (local === undefined) return;
    const { timeline, settings, sourceKey } = local;
    const kept = { kind: 'film.version', versionId: newId(), name };
    const body = operationBodySchema.parse({ ...kept, timeline, settings, sourceKey });
    if (body.kind !== 'film.version') return;
    const id = await writeOperation(writer, listingId, '', body);
    const at = new Date().toISOString();
    await layVersion(writer, { id, listingId, actor: { name: '', role: 'editor' }, at }, body);
  }

  private async setFlags(base: number | null): Promise<void> {
    const { branchedAt, unshared } = this;
    const name = flagsName(this.listingId);
    if (base === null && branchedAt === 0 && !unshared) await dropState(this.writer, name);
    else await putState(this.writer, name, { base, branchedAt, unshared });
  }
}

function attempt<T, R>(value: T, body: (value: T) => R): R | undefined {
  try {
    return body(value);
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'edit_refused') return undefined;
    throw error;
  }
}
