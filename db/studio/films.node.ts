/**
 * The films of the studio: one current timeline a listing (the newest of its job, which phases 2 and 4 read too), its
 * steps of undo, its named versions. Every change is one transaction, and what a call acknowledged survives a kill.
 */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import type { BeatTrack, Timeline } from '../../pipeline/domain.ts';
import { TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { readFlag, readJson, readMoment, writeFlag, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import { loadTimeline } from '../results.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import type { Tables } from '../tables.ts';
import { insertTimeline, updateTimeline, type Writer } from '../timeline-rows.node.ts';
import { nextStep, planStep } from './film-steps.node.ts';
import {
  type FilmVersion,
  insertVersion,
  listVersions,
  nameVersion,
  readVersion,
  type WholeFilm,
} from './film-versions.node.ts';
import { isShared, tellTeam } from './outbox.node.ts';
import { createBody, editBody, versionBody } from './shared-changes.node.ts';
import { musicBodies, trackOf } from './shared-music.node.ts';

/** What a step of undo changes beside the timeline. The settings are the host's; here only the music counts. */
export interface FilmFacts {
  readonly settings: unknown;
  /** Hash of the rooms and photos that the film was built from. */
  readonly sourceKey: string;
}

export interface Film extends FilmFacts {
  readonly timeline: Timeline;
  readonly track: BeatTrack | null;
  readonly revision: number;
}

/** An answered step: durable when it is given. */
export interface FilmStep {
  readonly film: Film;
  readonly label: string;
  /** What was done to the timeline of the revision before. */
  readonly edit: Edit;
}

/** What is to be done, found inside the transaction from the film as it is then. */
export interface PlannedEdit {
  readonly edit: Edit;
  /** Absent: as before. */
  readonly facts?: FilmFacts;
}

export interface StepRow {
  readonly id: string;
  readonly label: string;
  readonly at: string;
  readonly undone: boolean;
}

/** Films kept in memory, so that an edit does not read and check 500 clips: about 1 MB each. */
const KEPT = 8;
const factsSchema = z.object({ settings: z.unknown(), sourceKey: z.string() });
const now = (): string => new Date().toISOString();

interface Kept {
  readonly jobId: string;
  readonly film: Film;
}

export class FilmStore {
  private readonly database: Database;
  private readonly kept = new Map<string, Kept>();

  constructor(database: Database) {
    this.database = database;
  }

  /** The listing's film, or undefined before it was built. */
  async film(listingId: string): Promise<Film | undefined> {
    const found = await guarded(() => this.read(this.database.db, listingId));
    return found === undefined ? undefined : this.remember(listingId, found).film;
  }

  /** Stores the first film of a listing. Throws `transition_refused` when there is one already. */
  create(listingId: string, timeline: Timeline, facts: FilmFacts): Promise<Film> {
    return this.transaction(async (writer) => {
      const jobId = await jobOf(writer.db, listingId);
      await this.tell(writer, listingId, () => createBody({ timeline, ...facts }));
      const made = await writer.db
        .insertInto('films')
        .values({
          listing_id: listingId,
          revision: 1,
          settings: writeJson(facts.settings),
          source_key: facts.sourceKey,
          created_at: now(),
          updated_at: now(),
        })
        .onConflict((conflict) => conflict.column('listing_id').doNothing())
        .returning('listing_id')
        .executeTakeFirst();
      if (made === undefined)
        throw new PicaividError('transition_refused', 'This listing has a film already. Build it anew from there.');
      const newest = await writer.db
        .selectFrom('timeline')
        .select((select) => select.fn.max('version').as('version'))
        .where('job_id', '=', jobId)
        .executeTakeFirst();
      const numbered = { ...timeline, version: Number(newest?.version ?? 0) + 1 };
      const track = await trackOf(writer.db, facts);
      await insertTimeline(writer, jobId, { timeline: numbered, track, inputsKey: facts.sourceKey });
      await this.follow(writer.db, jobId, facts, track);
      const film: Film = { ...facts, timeline: numbered, track, revision: 1 };
      return { result: film, keep: { jobId, film }, listingId };
    });
  }

  /**
   * One step: `plan` gets the film as it is and says what to do. Steps that were undone are gone after it.
   * Throws what `plan` throws, and `edit_refused` where the edit does not fit.
   */
  edit(
    listingId: string,
    label: string,
    userId: string | null,
    plan: (film: Film) => PlannedEdit | Promise<PlannedEdit>,
  ): Promise<FilmStep> {
    return this.transaction(async (writer) => {
      const before = await this.claim(writer.db, listingId);
      const planned = await plan(before.film);
      const { timeline, inverse } = applyEdit(before.film.timeline, planned.edit);
      const facts = planned.facts ?? before.film;
      await this.tell(writer, listingId, () => editBody(label, planned.edit, planned.facts), before.film);
      const keep = await this.write(writer, listingId, before, timeline, facts);
      const steps = writer.db.deleteFrom('edits').where('timeline_id', '=', timeline.id);
      await steps.where('undone', '=', writeFlag(true, writer.dialect)).execute();
      const last = await writer.db
        .selectFrom('edits')
        .select((select) => select.fn.max('sequence').as('sequence'))
        .where('timeline_id', '=', timeline.id)
        .executeTakeFirst();
      const changed = planned.facts === undefined ? undefined : planned.facts;
      await writer.db
        .insertInto('edits')
        .values({
          id: newId(),
          timeline_id: timeline.id,
          user_id: userId,
          edit_type: planned.edit.type,
          payload: writeJson(planned.edit),
          created_at: now(),
          sequence: Number(last?.sequence ?? 0) + 1,
          label,
          inverse: writeJson(inverse),
          film_before: changed === undefined ? null : writeJson(factsSchema.parse(before.film)),
          film_after: changed === undefined ? null : writeJson(factsSchema.parse(changed)),
          undone: writeFlag(false, writer.dialect),
        })
        .execute();
      return { result: { film: keep.film, label, edit: planned.edit }, keep, listingId };
    });
  }

  /** Null when there is nothing to undo or to redo. Throws `edit_refused` for a film that is approved or locked. */
  step(listingId: string, direction: 'undo' | 'redo'): Promise<FilmStep | null> {
    return this.transaction(async (writer) => {
      const before = await this.claim(writer.db, listingId);
      const row = await nextStep(writer, before.film.timeline.id, direction);
      if (row === undefined) return { result: null };
      const { edit, settle } = await planStep(writer, before.film.timeline, row, direction);
      const stored = direction === 'undo' ? row.film_before : row.film_after;
      const facts = stored === null ? before.film : readJson(factsSchema, stored);
      const { timeline } = applyEdit(before.film.timeline, edit);
      const label = direction === 'undo' ? `Undo: ${row.label}` : row.label;
      const changed = stored === null ? undefined : facts;
      await this.tell(writer, listingId, () => editBody(label, edit, changed), before.film);
      const keep = await this.write(writer, listingId, before, timeline, facts);
      await settle(timeline);
      return { result: { film: keep.film, label: row.label, edit }, keep, listingId };
    });
  }

  /** Draft, approved or locked; not a step of undo. */
  setStatus(listingId: string, status: Timeline['status']): Promise<Film> {
    return this.transaction(async (writer) => {
      const before = await this.claim(writer.db, listingId);
      await this.tell(writer, listingId, () => ({ kind: 'film.status', status }), before.film);
      const keep = await this.write(writer, listingId, before, { ...before.film.timeline, status }, before.film);
      return { result: keep.film, keep, listingId };
    });
  }

  /** Labels of what undo and redo would do. */
  async undoRedo({ timeline }: Film): Promise<{ readonly undo: string | null; readonly redo: string | null }> {
    const undo = await guarded(() => nextStep(this.database, timeline.id, 'undo'));
    const redo = await guarded(() => nextStep(this.database, timeline.id, 'redo'));
    return { undo: undo?.label ?? null, redo: redo?.label ?? null };
  }

  /** Newest first. */
  async history(listingId: string, limit: number): Promise<readonly StepRow[]> {
    const film = await this.film(listingId);
    if (film === undefined) return [];
    const rows = await guarded(() =>
      this.database.db
        .selectFrom('edits')
        .select(['id', 'label', 'created_at', 'undone'])
        .where('timeline_id', '=', film.timeline.id)
        .where('origin', '=', 'local')
        .orderBy('sequence', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      id: row.id,
      label: row.label,
      at: readMoment(row.created_at),
      undone: readFlag(row.undone),
    }));
  }

  /** Newest first. */
  versions(listingId: string): Promise<readonly FilmVersion[]> {
    return guarded(() => listVersions(this.database.db, listingId));
  }

  /** Keeps the film as it is under a name. */
  saveVersion(listingId: string, name: string): Promise<FilmVersion> {
    return this.transaction(async (writer) => {
      const { film } = await this.claim(writer.db, listingId);
      const versionId = newId();
      await this.tell(writer, listingId, () => versionBody(versionId, name, film));
      return { result: await insertVersion(writer.db, listingId, film, name, versionId) };
    });
  }

  renameVersion(listingId: string, versionId: string, name: string): Promise<FilmVersion> {
    return this.transaction(async (writer) => {
      const whole = await readVersion(writer.db, listingId, versionId);
      await this.tell(writer, listingId, () => versionBody(versionId, name, whole));
      return { result: await nameVersion(writer.db, listingId, versionId, name) };
    });
  }

  version(listingId: string, versionId: string): Promise<WholeFilm> {
    return guarded(() => readVersion(this.database.db, listingId, versionId));
  }

  /** What is kept of it. */
  remembered(listingId: string): Film | undefined {
    return this.kept.get(listingId)?.film;
  }

  private async tell(writer: Writer, listingId: string, body: () => OperationBody, film?: Film): Promise<void> {
    if (!(await isShared(writer, listingId))) return;
    const told = body();
    const music = 'settings' in told ? await musicBodies(writer, listingId, told.settings) : [];
    await tellTeam(writer, listingId, [...music, told], film);
  }

  private async must(db: Kysely<Tables>, listingId: string): Promise<Kept> {
    const known = await this.read(db, listingId);
    if (known === undefined) throw noFilm();
    return known;
  }

  /** The film, from memory where nobody changed it since. */
  private async read(db: Kysely<Tables>, listingId: string): Promise<Kept | undefined> {
    const row = await db
      .selectFrom('films')
      .select(['revision', 'settings', 'source_key'])
      .where('listing_id', '=', listingId)
      .executeTakeFirst();
    const kept = this.kept.get(listingId);
    if (row === undefined) return undefined;
    if (kept?.film.revision === row.revision) return kept;
    const jobId = await jobOf(db, listingId);
    const stored = await loadTimeline({ ...this.database, db }, jobId);
    if (stored === undefined) return undefined;
    const film: Film = {
      timeline: stored.timeline,
      track: stored.track,
      revision: row.revision,
      settings: readJson(z.unknown(), row.settings),
      sourceKey: row.source_key,
    };
    return { jobId, film };
  }

  /** Touches the film's row first: that locks it, so that two edits at once come one after the other. */
  private async claim(db: Kysely<Tables>, listingId: string): Promise<Kept> {
    const known = await db
      .updateTable('films')
      .set({ updated_at: now() })
      .where('listing_id', '=', listingId)
      .returning('revision')
      .executeTakeFirst();
    if (known === undefined) throw noFilm();
    return this.must(db, listingId);
  }

  private async write(
    writer: Writer,
    listingId: string,
    { jobId, film }: Kept,
    timeline: Timeline,
    facts: FilmFacts,
  ): Promise<Kept> {
    const same = facts === film || facts.settings === film.settings;
    const track = same ? film.track : await trackOf(writer.db, facts);
    await updateTimeline(
      writer,
      jobId,
      { timeline: film.timeline, track: film.track, inputsKey: film.sourceKey },
      { timeline, track, inputsKey: facts.sourceKey },
    );
    const revision = film.revision + 1;
    await writer.db
      .updateTable('films')
      .set({
        revision,
        updated_at: now(),
        ...(same ? {} : { settings: writeJson(facts.settings) }),
        ...(facts.sourceKey === film.sourceKey ? {} : { source_key: facts.sourceKey }),
      })
      .where('listing_id', '=', listingId)
      .execute();
    if (!same) await this.follow(writer.db, jobId, facts, track);
    const { settings, sourceKey } = facts;
    return { jobId, film: { timeline, track, revision, settings, sourceKey } };
  }

  /** The job's own columns say what its film is made from. */
  private async follow(
    db: Kysely<Tables>,
    jobId: string,
    { settings }: FilmFacts,
    track: BeatTrack | null,
  ): Promise<void> {
    const asked = z.object({ template: z.enum(TEMPLATE_NAMES), targetSeconds: z.number() }).safeParse(settings);
    await db
      .updateTable('jobs')
      .set({
        bpm: track?.bpm ?? null,
        beat_offset: track?.beatOffset ?? null,
        updated_at: now(),
        ...(asked.success ? { template_type: asked.data.template, target_length: asked.data.targetSeconds } : {}),
      })
      .where('id', '=', jobId)
      .execute();
  }

  /** Memory follows only what was committed. */
  private async transaction<T>(
    body: (writer: Writer) => Promise<{ result: T; keep?: Kept; listingId?: string }>,
  ): Promise<T> {
    const { db, dialect } = this.database;
    const done = await guarded(() => db.transaction().execute((trx) => body({ db: trx, dialect })));
    if (done.keep !== undefined && done.listingId !== undefined) this.remember(done.listingId, done.keep);
    return done.result;
  }

  private remember(listingId: string, kept: Kept): Kept {
    this.kept.delete(listingId);
    this.kept.set(listingId, kept);
    for (const old of [...this.kept.keys()].slice(0, Math.max(0, this.kept.size - KEPT))) this.kept.delete(old);
    return kept;
  }
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

const noFilm = (): PicaividError =>
  new PicaividError('transition_refused', 'This listing has no film yet. Open its timeline to build one.');

async function jobOf(db: Kysely<Tables>, listingId: string): Promise<string> {
  const row = await db.selectFrom('listings').select('job_id').where('id', '=', listingId).executeTakeFirst();
  if (row === undefined) throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
  return row.job_id;
}
