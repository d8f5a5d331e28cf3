/**
 * The film of one listing on the server while operations are applied: where it stands, how it came there, and for each
 * studio the film that its person saw.
 *
 * A step says which revision of the server's film it was made on. Its maker's film is that revision with the maker's own
 * steps since on top; what others did since then is what it is rebased over.
 */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import { type Edit, editSchema, type PatchEdit } from '../../pipeline/timeline/edits-types.ts';
import { follow } from '../../pipeline/timeline/rebase.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { readJson } from '../codec.ts';
import type { FilmBefore, StoredFilm } from '../sync/film-rows.node.ts';
import { operationBodySchema } from '../sync/protocol.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { advance, asDraft, before, isRefusal, type Maker, rebaseStep, type Step } from './film-maker.ts';

/** A film that goes beside the team's: kept whole as a version. */
export interface Chain {
  readonly versionId: string;
  readonly name: string;
  /** Where it began: its maker hears of it there, and goes on with the team's film. Null while that is not written. */
  openedAt: number | null;
  /** Revision of the team's film that it stands on. */
  revision: number;
  film: FilmBefore;
}

export type Placed =
  | { readonly placed: true; readonly edit: Edit; readonly inverse: PatchEdit }
  | { readonly placed: false; readonly film: Timeline; readonly reason: string };

export class FilmTrack {
  readonly listingId: string;
  private readonly writer: Writer;
  /** What the tables hold. */
  stored: StoredFilm | undefined;
  film: FilmBefore | null;
  revision: number;
  dirty = false;
  /** Of earlier pushes too: each is gone on with from the revision that it was worked out to. */
  readonly makers: Map<string, Maker>;
  private readonly foreignAt = new Map<string, number>();
  private readonly chains = new Map<string, Chain | null>();
  private readonly newSteps: Step[] = [];

  constructor(writer: Writer, listingId: string, stored: StoredFilm | undefined, makers: ReadonlyMap<string, Maker>) {
    this.makers = new Map(makers);
    this.writer = writer;
    this.listingId = listingId;
    this.stored = stored;
    this.film = stored ?? null;
    this.revision = stored?.revision ?? 0;
  }

  create(film: FilmBefore, clientId: string): void {
    this.film = film;
    this.step({ revision: this.revision + 1, clientId, create: true, edit: null, inverse: null });
  }

  setStatus(status: Timeline['status'], clientId: string): void {
    if (this.film === null) throw noFilm();
    this.film = { ...this.film, timeline: { ...this.film.timeline, status } };
    this.step({ revision: this.revision + 1, clientId, create: false, edit: null, inverse: null });
  }

  /** Carries out a step that `place` found a place for, with the facts that it brings. */
  apply(
    placed: Extract<Placed, { placed: true }>,
    clientId: string,
    facts: Partial<Pick<FilmBefore, 'settings' | 'sourceKey'>>,
    after: Timeline,
  ): void {
    if (this.film === null) throw noFilm();
    this.film = { settings: this.film.settings, sourceKey: this.film.sourceKey, ...facts, timeline: after };
    const { edit, inverse } = placed;
    this.step({ revision: this.revision + 1, clientId, create: false, edit, inverse });
  }

  private step(step: Step): void {
    this.revision = step.revision;
    this.dirty = true;
    this.newSteps.push(step);
    if (step.create || step.edit !== null)
      for (const client of this.foreignAt.keys())
        if (client !== step.clientId) this.foreignAt.set(client, step.revision);
  }

  /**
   * Where an edit goes that was made on `revision`: the edit for the film as it is now, or the film that its maker saw
   * with the edit in it. Throws `edit_refused` for one that fits neither.
   */
  async place(
    edit: Edit,
    clientId: string,
    revision: number,
  ): Promise<{ readonly placed: Placed; readonly after?: Timeline }> {
    if (this.film === null) throw noFilm();
    const now = this.film.timeline;
    const maker = await this.maker(clientId, revision);
    const { timeline: seen, inverse: back } = applyEdit(maker === 'current' ? asDraft(now) : maker.film, edit);
    if (now.status !== 'draft')
      return {
        placed: { placed: false, film: seen, reason: `The film was ${now.status} before this change arrived.` },
      };
    if (maker === 'current') return { placed: { placed: true, edit, inverse: back }, after: seen };
    try {
      const { edit: moved, inverse, timeline, maker: next } = rebaseStep(maker, edit, seen);
      this.makers.set(clientId, next);
      return { placed: { placed: true, edit: moved, inverse }, after: timeline };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { placed: { placed: false, film: seen, reason: error.message } };
    }
  }

  /** The maker's film of a studio at a revision; `current` where nobody else has changed it since. */
  private async maker(clientId: string, revision: number): Promise<Maker | 'current'> {
    if ((await this.lastForeign(clientId)) <= revision) return 'current';
    const known = this.makers.get(clientId);
    const from =
      known?.revision === revision && known.at <= this.revision ? known : await this.makerAt(clientId, revision);
    const made = advance(from, await this.stepsSince(from.at), clientId);
    this.makers.set(clientId, made);
    return made;
  }

  /** Revision of the last step that another studio made of the film's content. */
  private async lastForeign(clientId: string): Promise<number> {
    const known = this.foreignAt.get(clientId);
    if (known !== undefined) return known;
    const row = await this.writer.db
      .selectFrom('sync_log')
      .select('film_revision')
      .where('listing_id', '=', this.listingId)
      .where('seq', 'is not', null)
      .where('film_revision', 'is not', null)
      .where('client_id', '!=', clientId)
      .where('kind', 'in', ['film.create', 'film.edit'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const news = this.newSteps.findLast((step) => step.clientId !== clientId && (step.create || step.edit !== null));
    const last = Math.max(row?.film_revision ?? 0, news?.revision ?? 0);
    this.foreignAt.set(clientId, last);
    return last;
  }

  /** A maker who has seen this revision and done nothing on it. */
  private async makerAt(clientId: string, revision: number): Promise<Maker> {
    if (this.film === null) throw noFilm();
    const steps = await this.stepsSince(revision);
    const first = steps.find((step) => step.create);
    if (first !== undefined && first.clientId !== clientId) throw unknownBase();
    const film = before(this.film.timeline, steps);
    return { revision, at: first?.revision ?? revision, server: film, film, over: [] };
  }

  /** Steps after a revision, those of this push too. */
  private async stepsSince(revision: number): Promise<readonly Step[]> {
    const news = this.newSteps.filter((step) => step.revision > revision);
    if (revision >= this.revision - this.newSteps.length) return news;
    const rows = await this.writer.db
      .selectFrom('sync_log')
      .select(['client_id', 'kind', 'body', 'film_revision', 'inverse'])
      .where('listing_id', '=', this.listingId)
      .where('seq', 'is not', null)
      .where('film_revision', '>', revision)
      .orderBy('seq')
      .execute();
    const steps = rows.map((row): Step => {
      const body = row.kind === 'film.edit' ? readJson(operationBodySchema, row.body) : undefined;
      return {
        revision: row.film_revision ?? 0,
        clientId: row.client_id,
        create: row.kind === 'film.create',
        edit: body?.kind === 'film.edit' ? body.edit : null,
        inverse: row.inverse === null ? null : patchOf(readJson(editSchema, row.inverse)),
      };
    });
    return [...steps, ...news];
  }

  /** The version that this studio's steps go to since they left the film, where it had not heard of it at `base`. */
  async chain(clientId: string, base: number): Promise<Chain | null> {
    const known = this.chains.get(clientId);
    const chain = known === undefined ? await this.storedChain(clientId) : known;
    this.chains.set(clientId, chain);
    return chain !== null && (chain.openedAt === null || chain.openedAt > base) ? chain : null;
  }

  openChain(clientId: string, chain: Chain): void {
    this.chains.set(clientId, chain);
  }

  private async storedChain(clientId: string): Promise<Chain | null> {
    const row = await this.writer.db
      .selectFrom('sync_log')
      .select(['body', 'inverse'])
      .where('listing_id', '=', this.listingId)
      .where('client_id', '=', clientId)
      .where('kind', 'in', ['film.create', 'film.edit'])
      .where('film_revision', 'is', null)
      .where('seq', 'is not', null)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    const body = readJson(chainSchema, row.body);
    const film = { timeline: body.timeline, settings: body.settings, sourceKey: body.sourceKey };
    return { versionId: body.versionId, name: body.name, film, ...readJson(chainPlaceSchema, row.inverse) };
  }

  /**
   * A film beside the team's, with what its maker has heard of others since: their own film followed the team's where
   * the two went together. Where they do not, it stays as it is, as its maker's did.
   */
  async follow(chain: Chain, clientId: string, revision: number): Promise<void> {
    if (this.film === null || revision <= chain.revision) return;
    const steps = await this.stepsSince(chain.revision);
    let server = before(this.film.timeline, steps);
    let own = server;
    let film: Timeline;
    try {
      for (const { edit, clientId: maker, revision: at } of steps) {
        if (edit === null || at > revision) continue;
        if (maker === clientId) own = applyEdit(own, follow(edit, server, own)).timeline;
        server = applyEdit(server, edit).timeline;
      }
      // As one difference, as its maker's studio took it.
      film = applyEdit(asDraft(chain.film.timeline), patchBetween(own, server)).timeline;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return;
    }
    chain.film = { ...chain.film, timeline: film };
    chain.revision = revision;
  }

  /** True where others changed the film's content after this place in the feed. */
  async changedSince(clientId: string, base: number): Promise<boolean> {
    if (this.newSteps.some((step) => step.clientId !== clientId && step.edit !== null)) return true;
    const row = await this.writer.db
      .selectFrom('sync_log')
      .select('seq')
      .where('listing_id', '=', this.listingId)
      .where('seq', '>', base)
      .where('client_id', '!=', clientId)
      .where('kind', 'in', ['film.create', 'film.edit'])
      .where('film_revision', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** True where others changed the film's content after this revision of it. */
  async changedSinceRevision(clientId: string, revision: number): Promise<boolean> {
    return (await this.lastForeign(clientId)) > revision;
  }
}

/** Kept in the log beside the version, where a step of the film has its inverse. */
export const chainPlaceSchema = z.object({ openedAt: z.int(), revision: z.int() });
const chainSchema = z.object({
  versionId: z.string(),
  name: z.string(),
  timeline: timelineSchema,
  settings: z.unknown(),
  sourceKey: z.string(),
});

function patchOf(edit: Edit): PatchEdit | null {
  return edit.type === 'patch' ? edit : null;
}

export const noFilm = (): PicaividError =>
  new PicaividError('transition_refused', 'This listing has no film in the team yet.');
const unknownBase = (): PicaividError =>
  new PicaividError('edit_refused', 'This change was made on a film that the team never had.');
