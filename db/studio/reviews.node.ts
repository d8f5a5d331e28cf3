/**
 * Decisions and notes of reviewers. Rows are only ever added, and the database refuses to change or delete one; a note
 * is resolved by another row. What a call acknowledged survives a kill.
 */
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { JOB_STATUSES, type JobStatus } from '../../pipeline/domain.ts';
import { type DecidedState, type Mark, markSchema, REJECT_REASONS, type RejectReason } from '../../pipeline/review.ts';
import { ROLES, type Role } from '../../pipeline/roles.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import type { Tables } from '../tables.ts';
import { isShared, tellTeam } from './outbox.node.ts';

/** Who signed or wrote, as they were then. */
export interface Signer {
  readonly name: string;
  readonly role: Role;
}
export interface DecisionRow {
  readonly id: string;
  readonly clipId: string;
  readonly specHash: string;
  readonly state: DecidedState;
  readonly reason: RejectReason | null;
  readonly comment: string;
  readonly reviewer: Signer;
  readonly at: string;
}
export interface NoteRow {
  readonly id: string;
  readonly clipId: string;
  readonly specHash: string;
  readonly inFrame: number;
  readonly outFrame: number;
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly author: Signer;
  readonly at: string;
  readonly resolved: { readonly by: Signer; readonly at: string } | null;
}
export type NewDecisionRow = Omit<DecisionRow, 'id' | 'at'>;
export type NewNoteRow = Omit<NoteRow, 'id' | 'at' | 'resolved'>;

/** What the job's state follows from, beside the clips. */
export interface SignedFacts {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Takes of any clip of the listing's films. */
  readonly takes: number;
  /** When somebody last vouched for the film as it is now, with a name and a reason: for a delivery, or the job. */
  readonly vouchedAt: string | null;
  /** When the newest decision that asks for something was signed. */
  readonly refusedAt: string | null;
}

/** A signature as a delivery records it. */
export interface Approval {
  readonly clipId: string;
  readonly specHash: string;
  readonly reviewer: string;
  readonly role: Role;
  readonly at: string;
}

/**
 * The signatures that stand for the takes of a film (clip → hash of its take): the newest decision on each take, where
 * it approves. One that a later decision took back is none. `decisions` oldest first.
 */
export function approvalsOf(
  decisions: readonly DecisionRow[],
  shown: ReadonlyMap<string, string>,
): readonly Approval[] {
  const newest = new Map(
    decisions.filter(({ clipId, specHash }) => shown.get(clipId) === specHash).map((one) => [one.clipId, one]),
  );
  return [...newest.values()]
    .filter(({ state }) => state === 'approved')
    .map(({ clipId, specHash, reviewer, at }) => ({
      clipId,
      specHash,
      reviewer: reviewer.name,
      role: reviewer.role,
      at,
    }));
}

const overrideSchema = z
  .object({ name: z.string().min(1), reason: z.string().min(1) })
  .nullable()
  .catch(null);
const signerSchema = z.object({ name: z.string(), role: z.enum(ROLES) });
const decidedSchema = z.enum(['approved', 'changes_requested', 'rejected']);
/** A reason of a newer version is shown as another one. */
const reasonSchema = z.enum(REJECT_REASONS).catch('other');

export class ReviewStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Of every take of the listing's clips, oldest first. */
  async decisions(listingId: string): Promise<readonly DecisionRow[]> {
    const rows = await guarded(() =>
      this.database.db
        .selectFrom('review_decisions')
        .selectAll()
        .where('listing_id', '=', listingId)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    );
    return rows.map((row) => ({
      id: row.id,
      clipId: row.clip_id,
      specHash: row.spec_hash,
      state: decidedSchema.parse(row.state),
      reason: row.reason === null ? null : reasonSchema.parse(row.reason),
      comment: row.comment,
      reviewer: readJson(signerSchema, row.reviewer),
      at: readMoment(row.created_at),
    }));
  }

  /** Oldest first. */
  async notes(listingId: string): Promise<readonly NoteRow[]> {
    const rows = await guarded(() =>
      this.database.db
        .selectFrom('review_notes')
        .leftJoin('review_resolutions', 'review_resolutions.note_id', 'review_notes.id')
        .selectAll('review_notes')
        .select(['review_resolutions.person as resolver', 'review_resolutions.created_at as resolved_at'])
        .where('review_notes.listing_id', '=', listingId)
        .orderBy('review_notes.created_at')
        .orderBy('review_notes.id')
        .execute(),
    );
    return rows.map((row) => ({
      id: row.id,
      clipId: row.clip_id,
      specHash: row.spec_hash,
      inFrame: row.in_frame,
      outFrame: row.out_frame,
      text: row.text,
      marks: readJson(z.array(markSchema), row.marks),
      author: readJson(signerSchema, row.author),
      at: readMoment(row.created_at),
      resolved:
        row.resolver === null || row.resolved_at === null
          ? null
          : { by: readJson(signerSchema, row.resolver), at: readMoment(row.resolved_at) },
    }));
  }

  /**
   * Everything in the database that says which take of a clip is the current one, as text: equal texts, equal takes.
   * Two decisions on one look at the film can be told from a film that changed in between.
   */
  situation(listingId: string, clipId: string): Promise<string> {
    return guarded(() => situation(this.database.db, listingId, clipId));
  }

  /**
   * Signs, in one transaction that first checks that nothing changed since `seen` was read. Gives false, and signs
   * nothing, when something did: look at the clip again then.
   */
  decide(listingId: string, decision: NewDecisionRow, seen: string): Promise<boolean> {
    return this.transaction(async (db) => {
      // Touched first, which locks it: an edit of the film comes before this decision or after it.
      await db.updateTable('films').set({ listing_id: listingId }).where('listing_id', '=', listingId).execute();
      if ((await situation(db, listingId, decision.clipId)) !== seen) return false;
      const decisionId = newId();
      const { clipId, specHash, state, reason, comment } = decision;
      await this.tell(db, listingId, { kind: 'review.decide', decisionId, clipId, specHash, state, reason, comment });
      await db
        .insertInto('review_decisions')
        .values({
          id: decisionId,
          listing_id: listingId,
          clip_id: clipId,
          spec_hash: specHash,
          state,
          reason,
          comment,
          reviewer: writeJson(decision.reviewer),
          created_at: await later(db, 'review_decisions', listingId),
        })
        .execute();
      return true;
    });
  }

  async addNote(listingId: string, note: NewNoteRow): Promise<string> {
    const id = newId();
    await this.transaction(async (db) => {
      const { clipId, specHash, inFrame, outFrame, text, marks } = note;
      const said = { noteId: id, clipId, specHash, inFrame, outFrame, text, marks: marks.map((mark) => ({ ...mark })) };
      await this.tell(db, listingId, { kind: 'review.note', ...said });
      await db
        .insertInto('review_notes')
        .values({
          id,
          listing_id: listingId,
          clip_id: note.clipId,
          spec_hash: note.specHash,
          in_frame: note.inFrame,
          out_frame: note.outFrame,
          text: note.text,
          marks: writeJson(note.marks),
          author: writeJson(note.author),
          created_at: await later(db, 'review_notes', listingId),
        })
        .execute();
    });
    return id;
  }

  /** The first resolution stays; a second one changes nothing. Throws `file_not_found` without such a note. */
  async resolve(listingId: string, noteId: string, person: Signer): Promise<void> {
    await this.transaction(async (db) => {
      const note = await db
        .selectFrom('review_notes')
        .select('id')
        .where('id', '=', noteId)
        .where('listing_id', '=', listingId)
        .executeTakeFirst();
      if (note === undefined) throw new PicaividError('file_not_found', 'There is no such note in this listing.');
      const known = await db
        .selectFrom('review_resolutions')
        .select('id')
        .where('note_id', '=', noteId)
        .executeTakeFirst();
      if (known !== undefined) return;
      const resolutionId = newId();
      await this.tell(db, listingId, { kind: 'review.resolve', resolutionId, noteId });
      await db
        .insertInto('review_resolutions')
        .values({
          id: resolutionId,
          listing_id: listingId,
          note_id: noteId,
          person: writeJson(person),
          created_at: new Date().toISOString(),
        })
        .onConflict((conflict) => conflict.column('note_id').doNothing())
        .execute();
    });
  }

  /** Undefined without such a listing. */
  async facts(listingId: string): Promise<SignedFacts | undefined> {
    const { db } = this.database;
    return guarded(async () => {
      const job = await db
        .selectFrom('listings')
        .innerJoin('jobs', 'jobs.id', 'listings.job_id')
        .select(['jobs.id', 'jobs.status'])
        .where('listings.id', '=', listingId)
        .executeTakeFirst();
      if (job === undefined) return undefined;
      const takes = await db
        .selectFrom('takes')
        .innerJoin('clips', 'clips.id', 'takes.clip_id')
        .select((select) => select.fn.countAll().as('count'))
        .where('clips.job_id', '=', job.id)
        .executeTakeFirst();
      const film = await db
        .selectFrom('films')
        .select(['revision', 'updated_at'])
        .where('listing_id', '=', listingId)
        .executeTakeFirst();
      const vouched = await db
        .selectFrom('deliveries')
        .select('created_at')
        .where('listing_id', '=', listingId)
        .where('override', 'is not', null)
        .where('film_revision', '=', film?.revision ?? 0)
        .orderBy('created_at', 'desc')
        .executeTakeFirst();
      // Between the approval of a job and the row of its delivery only the approval itself tells.
      const approval = await db
        .selectFrom('job_events')
        .select(['details', 'created_at'])
        .where('job_id', '=', job.id)
        .where('event', '=', 'approve')
        .orderBy('created_at', 'desc')
        .executeTakeFirst();
      const byName =
        approval !== undefined &&
        film !== undefined &&
        approval.details !== null &&
        readJson(overrideSchema, approval.details) !== null &&
        readMoment(film.updated_at) <= readMoment(approval.created_at);
      const times = [
        ...(vouched === undefined ? [] : [readMoment(vouched.created_at)]),
        ...(byName ? [readMoment(approval.created_at)] : []),
      ].sort();
      const refused = await db
        .selectFrom('review_decisions')
        .select('created_at')
        .where('listing_id', '=', listingId)
        .where('state', '!=', 'approved')
        .orderBy('created_at', 'desc')
        .executeTakeFirst();
      return {
        jobId: job.id,
        status: z.enum(JOB_STATUSES).parse(job.status),
        takes: Number(takes?.count ?? 0),
        vouchedAt: times.at(-1) ?? null,
        refusedAt: refused === undefined ? null : readMoment(refused.created_at),
      };
    });
  }

  /** Rendered listings of which something was edited, rendered, chosen or signed since their job last moved. */
  async unsettled(): Promise<readonly string[]> {
    const since = sql`coalesce((select max(e.created_at) from job_events e where e.job_id = l.job_id), l.created_at)`;
    const { rows } = await guarded(() =>
      sql<{ id: string }>`select l.id from listings l join films f on f.listing_id = l.id
        where l.deleted_at is null
          and exists (select 1 from takes t join clips c on c.id = t.clip_id where c.job_id = l.job_id)
          and (f.updated_at >= ${since}
            or exists (select 1 from review_decisions d where d.listing_id = l.id and d.created_at >= ${since})
            or exists (select 1 from takes t join clips c on c.id = t.clip_id
              where c.job_id = l.job_id and t.created_at >= ${since})
            or exists (select 1 from take_choices o join clips c on c.id = o.clip_id
              where c.job_id = l.job_id and o.created_at >= ${since}))`.execute(this.database.db),
    );
    return rows.map(({ id }) => id);
  }

  private async tell(db: Kysely<Tables>, listingId: string, body: OperationBody): Promise<void> {
    if (await isShared({ db }, listingId)) await tellTeam({ db, dialect: this.database.dialect }, listingId, [body]);
  }

  private transaction<T>(body: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return guarded(() => this.database.db.transaction().execute(body));
  }
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

async function situation(db: Kysely<Tables>, listingId: string, clipId: string): Promise<string> {
  const listing = await db
    .selectFrom('listings')
    .leftJoin('films', 'films.listing_id', 'listings.id')
    .leftJoin('clips', (join) => join.onRef('clips.job_id', '=', 'listings.job_id').on('clips.id', '=', clipId))
    .select(['listings.revision', 'films.revision as film', 'clips.seed'])
    .where('listings.id', '=', listingId)
    .executeTakeFirst();
  const takes = await db
    .selectFrom('takes')
    .select(['id', 'spec_hash', 'asked_hash'])
    .where('clip_id', '=', clipId)
    .orderBy('id')
    .execute();
  const choices = await db
    .selectFrom('take_choices')
    .select(['asked_hash', 'spec_hash'])
    .where('clip_id', '=', clipId)
    .orderBy('asked_hash')
    .execute();
  return JSON.stringify([
    listing === undefined ? null : [listing.revision, listing.film, listing.seed],
    takes.map((row) => [row.id, row.spec_hash, row.asked_hash]),
    choices.map((row) => [row.asked_hash, row.spec_hash]),
  ]);
}

/** Now, or just after the newest row of the listing where the machine's clock was set back: order is what counts. */
async function later(
  db: Kysely<Tables>,
  table: 'review_decisions' | 'review_notes',
  listingId: string,
): Promise<string> {
  const last = await db
    .selectFrom(table)
    .select((select) => select.fn.max('created_at').as('at'))
    .where('listing_id', '=', listingId)
    .executeTakeFirst();
  const at: Date | string | null | undefined = last?.at;
  const after = at === null || at === undefined ? 0 : Date.parse(readMoment(at)) + 1;
  return new Date(Math.max(Date.now(), after)).toISOString();
}
