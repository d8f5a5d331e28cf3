/**
 * A studio of the simulation: a real database with the real outbox and feed, and a person who does anything at all.
 * Changes are written as the studio's stores write them, in one transaction with their operation.
 */
import { copyFileSync } from 'node:fs';
import { sql } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { MOTIONS, ROOM_TYPES, TEMPLATE_NAMES, type Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { FILMS, randomEdit } from '../../pipeline/timeline/testing.ts';
import { newId } from '../id.node.ts';
import type { Database } from '../open.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { cellsOf, jobOf, readCell, writeCell } from './cells.node.ts';
import { type FilmBefore, readFilm, writeFilm } from './film-rows.node.ts';
import { layDecision, layListing, layMusic, layNote, layResolution, layTake, layVersion } from './lay.node.ts';
import { enqueue } from './outbox.node.ts';
import type { Actor, KeyRole, Operation, OperationBody } from './protocol.ts';
import { blob, hash, openFast, ownEdit, ownFilm, pick, type Random } from './simulation-parts.node.ts';
import { isPartial } from './state.node.ts';

/** What a person did and was told is kept: to be found again at the end. */
export interface Done {
  readonly id: string;
  readonly listingId: string;
  readonly body: OperationBody;
  /** Of film operations: the film as its maker saw it then. */
  readonly film: Timeline | null;
}

const PHOTOS = 6;

export class SimClient {
  readonly name: string;
  readonly clientId = newId();
  readonly done: Done[] = [];
  /** Operations as the server first got them. */
  readonly sent = new Map<string, Operation>();
  role: KeyRole = 'producer';
  database: Database;
  private readonly path: string;
  private readonly random: Random;
  private ids = 0;
  private readonly undo = new Map<string, Edit[]>();

  private constructor(name: string, path: string, database: Database, random: Random) {
    this.name = name;
    this.path = path;
    this.database = database;
    this.random = random;
  }

  /** `template`: a migrated, empty database. */
  static async open(name: string, template: string, path: string, random: Random): Promise<SimClient> {
    copyFileSync(template, path);
    return new SimClient(name, path, await openFast(path), random);
  }

  /** The process dies and starts again from its file. */
  async kill(): Promise<void> {
    await this.database.close();
    this.database = await openFast(this.path);
    this.undo.clear();
  }

  private get actor(): Actor {
    return { name: this.name, role: 'producer' };
  }

  /** One change in one transaction. Now and then the process dies inside of it: then it was never told as kept. */
  private async change(
    listingId: string,
    body: OperationBody,
    write: (writer: Writer) => Promise<Timeline | null>,
  ): Promise<void> {
    const { db, dialect } = this.database;
    const dies = this.random() < 0.02;
    try {
      const made = await db.transaction().execute(async (trx) => {
        const writer: Writer = { db: trx, dialect };
        const id = await enqueue(writer, { listingId, person: this.name, body });
        const film = await write(writer);
        if (dies) throw new Died();
        return { id, film };
      });
      this.done.push({ id: made.id, listingId, body, film: made.film });
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      await this.kill();
    }
  }

  async createListing(listingId: string): Promise<void> {
    const { db, dialect } = this.database;
    const createdAt = new Date().toISOString();
    const body = {
      kind: 'listing.create' as const,
      name: `Listing of ${this.name}`,
      template: 'classic' as const,
      targetSeconds: 30,
      createdAt,
    };
    const id = await db.transaction().execute(async (trx) => {
      const writer: Writer = { db: trx, dialect };
      await layListing(writer, { id: listingId, listingId, actor: this.actor, at: createdAt }, body, 'team', '');
      return enqueue(writer, { listingId, person: this.name, body });
    });
    this.done.push({ id, listingId, body, film: null });
  }

  /** A random change of a random listing that is here; nothing where none is, or where it is not possible. */
  async act(): Promise<void> {
    const { db, dialect } = this.database;
    const rows = await db.selectFrom('listings').select('id').where('team_id', 'is not', null).orderBy('id').execute();
    if (rows.length === 0) return;
    const listingId = pick(this.random, rows).id;
    if (await isPartial({ db, dialect }, listingId)) return;
    const roll = this.random();
    if (roll < 0.3) return this.rooms(listingId);
    if (roll < 0.62) return this.film(listingId);
    if (roll < 0.7) return this.cell(listingId, await this.cardBody(listingId));
    if (roll < 0.76) return this.cell(listingId, this.photosBody());
    if (roll < 0.78)
      return this.cell(listingId, {
        kind: 'analysis.set',
        blob: blob(`a${this.random()}`),
        photoCount: 3,
        rejectedCount: 0,
        posterPhotoId: null,
      });
    if (roll < 0.9) return this.takes(listingId);
    return this.review(listingId);
  }

  /** Cells are written as the operation says them. */
  private cell(listingId: string, body: OperationBody): Promise<void> {
    return this.change(listingId, body, async (writer) => {
      for (const cell of cellsOf(body)) await writeCell(writer, listingId, cell);
      return null;
    });
  }

  private async rooms(listingId: string): Promise<void> {
    const { db } = this.database;
    const { random } = this;
    const jobId = await jobOf(this.writer, listingId);
    const changes: { field: 'room' | 'motion' | 'amount' | 'excluded'; subject: string; from: unknown; to: unknown }[] =
      [];
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
      const field = pick(random, ['room', 'motion', 'amount', 'excluded'] as const);
      const subject = `p${Math.floor(random() * PHOTOS)}`;
      if (changes.some((one) => one.field === field && one.subject === subject)) continue;
      const to = random() < 0.15 ? null : field === 'room' ? pick(random, ROOM_TYPES) : field === 'motion' ? pick(random, MOTIONS) : field === 'amount' ? Math.round(random() * 10) / 10 : true; // biome-ignore format: a choice
      const kind = { room: 'room_override', motion: 'motion', amount: 'amount', excluded: 'exclude' }[field];
      const row = await db.selectFrom('decisions').select('value').where('job_id', '=', jobId).where('kind', '=', kind).where('subject', '=', subject).executeTakeFirst(); // biome-ignore format: one query
      const held = row === undefined ? null : (JSON.parse(row.value as string) as { value: unknown }).value;
      changes.push({ field, subject, from: held === false ? null : (held ?? null), to });
    }
    await this.cell(listingId, { kind: 'rooms.act', label: 'Rooms', changes });
  }

  get writer(): Writer {
    return { db: this.database.db, dialect: this.database.dialect };
  }

  private async cardBody(listingId: string): Promise<OperationBody> {
    const { random } = this;
    const field = pick(random, ['name', 'archived', 'deletedAt', 'template', 'targetSeconds'] as const);
    const to = { name: `Name ${Math.floor(random() * 5)}`, archived: random() < 0.5, deletedAt: random() < 0.5 ? null : '2026-01-01T00:00:00.000Z', template: pick(random, TEMPLATE_NAMES), targetSeconds: 10 + Math.floor(random() * 50) }[field]; // biome-ignore format: one value
    const from = await readCell(this.writer, listingId, `listing.${field}`, '');
    return { kind: 'listing.set', field, from, to } as OperationBody;
  }

  private photosBody(): OperationBody {
    const { random } = this;
    const photoId = `p${Math.floor(random() * PHOTOS)}`;
    if (random() < 0.3) return { kind: 'photos.set', put: [], remove: [photoId] };
    return { kind: 'photos.set', put: [{ photoId, file: `${photoId}.jpg`, blob: blob(`${photoId}${Math.floor(random() * 4)}`), depth: null }], remove: [] }; // biome-ignore format: one value
  }

  // ───────────────────────────── The film ─────────────────────────────

  private fresh = (): string => `${this.name}-${++this.ids}-${this.clientId.slice(-6)}`;

  private async film(listingId: string): Promise<void> {
    const { random } = this;
    const before = await readFilm(this.writer, listingId);
    const settings = {
      template: pick(random, TEMPLATE_NAMES),
      targetSeconds: 10 + Math.floor(random() * 50),
      musicId: null,
    };
    if (before === undefined) {
      const timeline = ownFilm(pick(random, FILMS), listingId, newId());
      const body = { kind: 'film.create' as const, timeline, settings, sourceKey: this.fresh() };
      return this.filmStep(listingId, undefined, body as OperationBody, { ...body, timeline });
    }
    const roll = random();
    if (roll < 0.06) {
      const status =
        before.timeline.status === 'draft' ? pick(random, ['approved', 'locked'] as const) : ('draft' as const);
      return this.filmStep(
        listingId,
        before,
        { kind: 'film.status', status },
        { ...before, timeline: { ...before.timeline, status } },
      );
    }
    if (roll < 0.1) return this.keepVersion(listingId, before);
    const undos = this.undo.get(listingId) ?? [];
    const undone = random() < 0.15 ? undos.pop() : undefined;
    const edit =
      undone ?? ownEdit(JSON.parse(JSON.stringify(randomEdit(random, before.timeline, this.fresh))) as Edit, listingId);
    let timeline: Timeline;
    try {
      const result = applyEdit(before.timeline, edit);
      timeline = result.timeline;
      if (undone === undefined) this.undo.set(listingId, [...undos, result.inverse].slice(-5));
    } catch (error) {
      if (error instanceof PicaividError && error.code === 'edit_refused') return;
      throw error;
    }
    const facts = random() < 0.1 ? { settings, sourceKey: this.fresh() } : {};
    const body = { kind: 'film.edit' as const, revision: 0, label: 'Edit', edit, ...facts };
    await this.filmStep(listingId, before, body, {
      settings: before.settings,
      sourceKey: before.sourceKey,
      ...facts,
      timeline,
    });
  }

  private filmStep(
    listingId: string,
    before: Awaited<ReturnType<typeof readFilm>>,
    body: OperationBody,
    after: FilmBefore,
  ): Promise<void> {
    return this.change(listingId, body, async (writer) => {
      const { timeline, settings, sourceKey } = after;
      await writeFilm(writer, listingId, await jobOf(writer, listingId), before, { timeline, settings, sourceKey });
      for (const cell of cellsOf(body)) await writeCell(writer, listingId, cell);
      return timeline;
    });
  }

  private async keepVersion(listingId: string, film: FilmBefore): Promise<void> {
    const { timeline, settings, sourceKey } = film;
    const body = { kind: 'film.version', versionId: newId(), name: 'Kept', timeline, settings, sourceKey } as Extract<OperationBody, { kind: 'film.version' }>; // biome-ignore format: one value
    await this.change(listingId, body, async (writer) => {
      await layVersion(writer, this.laid(listingId), body);
      return null;
    });
  }

  // ───────────────────────────── Takes and review ─────────────────────────────

  private laid(listingId: string) {
    // A clock that is wrong by up to a day: nothing may follow from it.
    const at = new Date(Date.now() + (this.random() - 0.5) * 2 * 86_400_000).toISOString();
    return { id: newId(), listingId, actor: this.actor, at };
  }

  private async anyClip(listingId: string): Promise<string | undefined> {
    const film = await readFilm(this.writer, listingId);
    return film === undefined ? undefined : pick(this.random, film.timeline.clips.slice(0, 5)).id;
  }

  private async anyTake(
    listingId: string,
  ): Promise<{ clip_id: string; spec_hash: string; asked_hash: string } | undefined> {
    const rows = await this.database.db
      .selectFrom('takes')
      .innerJoin('clips', 'clips.id', 'takes.clip_id')
      .select(['takes.clip_id', 'takes.spec_hash', 'takes.asked_hash'])
      .where('clips.job_id', '=', await jobOf(this.writer, listingId))
      .orderBy('takes.clip_id')
      .orderBy('takes.spec_hash')
      .execute();
    return rows.length === 0 ? undefined : pick(this.random, rows);
  }

  private async takes(listingId: string): Promise<void> {
    const { random } = this;
    const clipId = await this.anyClip(listingId);
    if (clipId === undefined) return;
    const roll = random();
    if (roll < 0.5) {
      const n = Math.floor(random() * 3);
      const askedHash = hash(`${clipId} asked ${n % 2}`);
      const specHash = hash(`${clipId} ${n}`);
      const known = await this.anyTake(listingId);
      if (known?.clip_id === clipId && known.spec_hash === specHash) return;
      const spec = { photoSha256: hash('p'), depthSha256: null, motion: 'push_in' as const, amount: 0.5, renderer: 'ken_burns' as const, frames: 30, frameRate: { num: 30, den: 1 }, width: 64, height: 36, focus: { x: 0.5, y: 0.5 }, seed: 0 }; // biome-ignore format: one value
      const take = {
        specHash,
        spec,
        frames: 30,
        validationScore: 1,
        verdict: 'pass',
        figures: [],
        reasons: [],
        renderSeconds: 1,
      };
      const body = {
        kind: 'take.add' as const,
        clipId,
        specHash,
        askedHash,
        take,
        blob: blob(`${specHash}${this.name}`),
        downgradeReason: null,
      };
      return this.change(listingId, body, async (writer) => {
        const row = await writer.db.selectFrom('takes').select('id').where('clip_id', '=', clipId).where('spec_hash', '=', specHash).executeTakeFirst(); // biome-ignore format: one query
        // Rendered anew here although it was there: what the team has stays.
        if (row === undefined) await layTake(writer, this.laid(listingId), body);
        return null;
      });
    }
    if (roll < 0.7) return this.cell(listingId, { kind: 'clip.seed', clipId, seed: Math.floor(random() * 100) });
    if (roll < 0.8) {
      const body = {
        kind: 'music.add' as const,
        blob: blob(`m${Math.floor(random() * 2)}`),
        name: 'Song',
        extension: 'mp3',
        licence: null,
        duration: 60,
        track: null,
        trackKey: null,
      };
      return this.change(listingId, body, async (writer) => {
        await layMusic(writer, this.laid(listingId), body);
        return null;
      });
    }
    const take = await this.anyTake(listingId);
    if (take === undefined) return;
    await this.cell(listingId, {
      kind: 'take.choose',
      clipId: take.clip_id,
      askedHash: take.asked_hash,
      specHash: take.spec_hash,
    });
  }

  private async review(listingId: string): Promise<void> {
    const { random } = this;
    const take = await this.anyTake(listingId);
    if (take === undefined) return;
    const of = { clipId: take.clip_id, specHash: take.spec_hash };
    const roll = random();
    if (roll < 0.4) {
      const state = pick(random, ['approved', 'changes_requested', 'rejected'] as const);
      const body = { kind: 'review.decide' as const, decisionId: newId(), ...of, state, reason: null, comment: 'Seen' };
      return this.change(listingId, body, async (writer) => {
        await layDecision(writer, this.laid(listingId), body);
        return null;
      });
    }
    if (roll < 0.75) {
      const body = {
        kind: 'review.note' as const,
        noteId: newId(),
        ...of,
        inFrame: 0,
        outFrame: 3,
        text: 'Here',
        marks: [],
      };
      return this.change(listingId, body, async (writer) => {
        await layNote(writer, this.laid(listingId), body);
        return null;
      });
    }
    const open = await sql<{
      id: string;
    }>`select n.id from review_notes n left join review_resolutions r on r.note_id = n.id
      where n.listing_id = ${listingId} and r.id is null order by n.id`.execute(this.database.db);
    if (open.rows.length === 0) return;
    const body = { kind: 'review.resolve' as const, resolutionId: newId(), noteId: pick(random, open.rows).id };
    await this.change(listingId, body, async (writer) => {
      await layResolution(writer, this.laid(listingId), body);
      return null;
    });
  }
}

class Died extends Error {}
