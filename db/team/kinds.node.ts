/** What each kind of operation does on the server. Every handler answers by throwing, or with what took effect. */
import { PicaividError } from '../../base/errors.ts';
import { type Activity, mayDo, type Role } from '../../pipeline/roles.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import type { PatchEdit } from '../../pipeline/timeline/edits-types.ts';
import { checkTimeline } from '../../pipeline/timeline/invariants.ts';
import { newId } from '../id.node.ts';
import type { FilmBefore } from '../sync/film-rows.node.ts';
import { type BodyOf, type Laid, layDecision, layListing, layMusic, layNote, layResolution, layTake, layVersion } from '../sync/lay.node.ts'; // biome-ignore format: one import
import type { Actor, KeyRole, Operation, OperationBody, OperationKind } from '../sync/protocol.ts';
import { asDraft } from './film-maker.ts';
import { type Chain, type FilmTrack, noFilm } from './film-track.node.ts';
import type { Session } from './session.node.ts';

/** What a person's role must allow; null: every person of the team. */
const ASKS: Readonly<Record<OperationKind, Activity | null>> = {
  'listing.create': 'edit rooms',
  'listing.set': 'edit rooms',
  'photos.set': 'edit rooms',
  'analysis.set': 'edit rooms',
  'rooms.act': 'edit rooms',
  'film.create': 'edit the film',
  'film.edit': 'edit the film',
  'film.status': 'edit the film',
  // A film kept under a name, and music to choose from, change no film.
  'film.version': null,
  'music.add': null,
  'take.add': 'render clips',
  'take.choose': 'render clips',
  'clip.seed': 'render clips',
  'review.decide': 'sign clips',
  'review.note': 'write review notes',
  'review.resolve': 'write review notes',
};

/** Throws `forbidden_role` with the reason. An admin's key may what a producer's may; a worker's key pushes nothing. */
export function mustBeAllowed(role: KeyRole, kind: OperationKind): void {
  if (role === 'worker')
    throw new PicaividError('forbidden_role', 'This key is for workers: a person’s changes need a key of their own.');
  const activity = ASKS[kind];
  const person: Role = role === 'admin' ? 'producer' : role;
  if (activity !== null && !mayDo(person, activity))
    throw new PicaividError('forbidden_role', `The team’s server knows you as ${person}, who may not ${activity}.`);
}

/** One operation in a session. */
export interface Call {
  readonly session: Session;
  readonly operation: Operation;
  readonly clientId: string;
  readonly actor: Actor;
}

/** What took effect; its place is given after. */
export type Effect =
  | {
      readonly effect: 'applied';
      readonly body: OperationBody;
      readonly filmRevision?: number;
      readonly inverse?: PatchEdit;
      /** Of rows whose order in time counts; else the push's. */
      readonly at?: string;
    }
  /** It was there before at this place: nothing is added to the log. */
  | { readonly effect: 'same'; readonly seq: number }
  /** It goes to a version, which is answered at the end of the push. */
  | { readonly effect: 'branched' };

const applied = (body: OperationBody): Effect => ({ effect: 'applied', body });

/** Settings are the host's own, but an object: text would not come back from the database as it went in. */
function mustBeSettings(body: { readonly settings?: unknown }): void {
  if (body.settings !== undefined && (typeof body.settings !== 'object' || Array.isArray(body.settings)))
    throw new PicaividError('bad_usage', 'Settings of a film are an object.');
}

/** Carries one operation out. Throws PicaividError for one that is refused; then it has changed nothing. */
export function carryOut(call: Call): Promise<Effect> {
  const { body } = call.operation;
  if ('settings' in body) mustBeSettings(body);
  switch (body.kind) {
    case 'listing.create':
      return createListing(call, body);
    case 'listing.set':
    case 'rooms.act':
    case 'photos.set':
    case 'analysis.set':
      call.session.listing(call.operation.listingId);
      return Promise.resolve(applied(body));
    case 'film.create':
      return createFilm(call, body);
    case 'film.edit':
      return editFilm(call, body);
    case 'film.status':
      return setStatus(call, body);
    case 'film.version':
      return keepVersion(call, body);
    case 'music.add':
      return addMusic(call, body);
    case 'take.add':
      return addTake(call, body);
    case 'take.choose':
      return chooseTake(call, body);
    case 'clip.seed':
      return setSeed(call, body);
    case 'review.decide':
      return decide(call, body);
    case 'review.note':
      return note(call, body);
    case 'review.resolve':
      return resolve(call, body);
  }
}

function laid({ operation, actor }: Call, at: string): Laid {
  return { id: operation.id, listingId: operation.listingId, actor, at };
}

async function lay<B extends OperationBody>(
  call: Call,
  body: B,
  how: (writer: Session['writer'], entry: Laid, body: B) => Promise<void>,
  at = call.session.now(),
): Promise<Effect> {
  call.session.listing(call.operation.listingId);
  await how(call.session.writer, laid(call, at), body);
  return { effect: 'applied', body, at };
}

async function addMusic(call: Call, body: BodyOf<'music.add'>): Promise<Effect> {
  const effect = await lay(call, body, layMusic);
  await call.session.hearMusic(call.operation.listingId);
  return effect;
}

async function createListing(call: Call, body: BodyOf<'listing.create'>): Promise<Effect> {
  const { session, operation } = call;
  const { db } = session.writer;
  if (session.hasListing(operation.listingId))
    throw new PicaividError('transition_refused', 'This listing is in the team already.');
  const taken = await db.selectFrom('listings').select('id').where('id', '=', operation.listingId).executeTakeFirst();
  if (taken !== undefined) throw new PicaividError('file_not_found', 'This listing is not in the team (any more).');
  await layListing(session.writer, laid(call, session.now()), body, session.teamId, '');
  const row = await db
    .selectFrom('listings')
    .select('job_id')
    .where('id', '=', operation.listingId)
    .executeTakeFirstOrThrow();
  await session.addListing(operation.listingId, row.job_id);
  return applied(body);
}

// ───────────────────────────── Films ─────────────────────────────

const facts = ({ settings, sourceKey }: { settings?: unknown; sourceKey?: string | undefined }) => ({
  ...(settings === undefined ? {} : { settings }),
  ...(sourceKey === undefined ? {} : { sourceKey }),
});

async function createFilm(call: Call, body: BodyOf<'film.create'>): Promise<Effect> {
  const { session, operation, clientId } = call;
  session.listing(operation.listingId);
  const track = await session.film(operation.listingId);
  const [problem] = checkTimeline(body.timeline);
  if (problem !== undefined) throw new PicaividError('edit_refused', problem);
  const film: FilmBefore = { timeline: body.timeline, settings: body.settings ?? null, sourceKey: body.sourceKey };
  if (track.film === null) {
    track.create(film, clientId);
    return { effect: 'applied', body, filmRevision: track.revision };
  }
  return branch(call, track, film, track.revision, 'The listing had a film already when this one arrived.');
}

async function editFilm(call: Call, asked: BodyOf<'film.edit'>): Promise<Effect> {
  const { session, operation, clientId } = call;
  // What its maker saw is for this server alone.
  const { seen, ...body } = asked;
  session.listing(operation.listingId);
  const track = await session.film(operation.listingId);
  if (track.film === null) throw noFilm();
  const [problem] = seen === undefined ? [] : checkTimeline(seen);
  if (problem !== undefined) throw new PicaividError('edit_refused', problem);
  const chain = await track.chain(clientId, operation.base);
  if (chain !== null) {
    if (seen === undefined) await track.follow(chain, clientId, Math.min(body.revision, track.revision));
    else chain.revision = Math.min(body.revision, track.revision);
    const timeline = seen ?? applyEdit(asDraft(chain.film.timeline), body.edit).timeline;
    return branch(call, track, { ...chain.film, ...facts(body), timeline }, body.revision, CHAINED, chain);
  }
  const { placed, after } = await track.place(body.edit, clientId, Math.min(body.revision, track.revision));
  if (!placed.placed) {
    const timeline = seen ?? placed.film;
    return branch(call, track, { ...track.film, ...facts(body), timeline }, body.revision, placed.reason);
  }
  track.apply(placed, clientId, facts(body), after ?? track.film.timeline);
  return {
    effect: 'applied',
    body: placed.edit === body.edit ? body : { ...body, edit: placed.edit },
    filmRevision: track.revision,
    inverse: placed.inverse,
  };
}

const CHAINED = 'The steps before this one went to a version, and this one was made on them.';

/** The maker's film is kept beside the team's; steps that follow before its maker has heard of it go there too. */
async function branch(
  call: Call,
  track: FilmTrack,
  film: FilmBefore,
  revision: number,
  reason: string,
  open?: Chain,
): Promise<Effect> {
  const { session, operation, clientId, actor } = call;
  const chain: Chain = open ?? {
    versionId: newId(),
    name: `${actor.name === '' ? 'A film' : `${actor.name.slice(0, 60)}’s film`}, kept beside the team’s`,
    openedAt: null,
    revision: Math.min(revision, track.revision),
    film,
  };
  chain.film = film;
  if (open === undefined) track.openChain(clientId, chain);
  const keptBy = open === undefined ? await session.lastEditor(operation.listingId, clientId) : null;
  session.branch(operation, actor, clientId, chain, reason, keptBy);
  return { effect: 'branched' };
}

async function setStatus(call: Call, body: BodyOf<'film.status'>): Promise<Effect> {
  const { session, operation, clientId } = call;
  session.listing(operation.listingId);
  const track = await session.film(operation.listingId);
  if (track.film === null) throw noFilm();
  // Nobody approves a film that they have not seen.
  if (body.status !== 'draft') {
    const unseen =
      (await track.chain(clientId, operation.base)) !== null ||
      (body.revision === undefined
        ? await track.changedSince(clientId, operation.base)
        : await track.changedSinceRevision(clientId, body.revision));
    if (unseen)
      throw new PicaividError(
        'transition_refused',
        `The film was changed by others before it was ${body.status}. Look at it as it is now.`,
      );
  }
  track.setStatus(body.status, clientId);
  return { effect: 'applied', body, filmRevision: track.revision };
}

async function keepVersion(call: Call, body: BodyOf<'film.version'>): Promise<Effect> {
  const row = await call.session.writer.db
    .selectFrom('film_versions')
    .select('listing_id')
    .where('id', '=', body.versionId)
    .executeTakeFirst();
  mustBeOf(call, row?.listing_id);
  return lay(call, body, layVersion);
}

/** An id from outside that names a row of another listing is refused as if that were not there. */
function mustBeOf({ operation }: Call, listingId: string | undefined): void {
  if (listingId !== undefined && listingId !== operation.listingId)
    throw new PicaividError('bad_usage', 'This id is in use.');
}

// ───────────────────────────── Takes ─────────────────────────────

async function addTake(call: Call, body: BodyOf<'take.add'>): Promise<Effect> {
  const { session, operation } = call;
  const { db } = session.writer;
  session.listing(operation.listingId);
  await session.writeFilm(operation.listingId);
  const clip = await clipOf(call, body.clipId);
  const takes = await db
    .selectFrom('takes')
    .select(['id', 'spec_hash', 'created_at'])
    .where('clip_id', '=', body.clipId)
    .execute();
  const same = takes.find((take) => take.spec_hash === body.specHash);
  if (clip !== undefined && same !== undefined) {
    const seq = await session.placeOf(same.id);
    if (seq !== undefined) return { effect: 'same', seq };
  }
  const newest = takes
    .map((take) => take.created_at)
    .sort((a, b) => (a < b ? -1 : 1))
    .at(-1);
  return lay(call, body, layTake, session.moment(newest));
}

/** The clip of this listing, undefined where there is none; `edit_refused` for one of another listing. */
async function clipOf({ session, operation }: Call, clipId: string): Promise<string | undefined> {
  const row = await session.writer.db
    .selectFrom('clips')
    .select(['id', 'job_id'])
    .where('id', '=', clipId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.job_id !== session.listing(operation.listingId).jobId)
    throw new PicaividError('edit_refused', 'This clip belongs to another film.');
  return row.id;
}

async function mustClip(call: Call, clipId: string): Promise<void> {
  call.session.listing(call.operation.listingId);
  await call.session.writeFilm(call.operation.listingId);
  if ((await clipOf(call, clipId)) === undefined)
    throw new PicaividError('clip_missing', 'This clip is not in the team’s listing (any more).');
}

async function mustTake(call: Call, clipId: string, specHash: string): Promise<{ readonly asked_hash: string }> {
  await mustClip(call, clipId);
  const row = await call.session.writer.db
    .selectFrom('takes')
    .select('asked_hash')
    .where('clip_id', '=', clipId)
    .where('spec_hash', '=', specHash)
    .executeTakeFirst();
  if (row === undefined) throw new PicaividError('file_not_found', 'This take is not in the team’s listing.');
  return row;
}

async function chooseTake(call: Call, body: BodyOf<'take.choose'>): Promise<Effect> {
  await mustTake(call, body.clipId, body.specHash);
  return applied(body);
}

async function setSeed(call: Call, body: BodyOf<'clip.seed'>): Promise<Effect> {
  await mustClip(call, body.clipId);
  return applied(body);
}

// ───────────────────────────── Review ─────────────────────────────

/**
 * The server has no photos, so it cannot say what spec the film asks for: it says what rows can tell. The clip is in
 * the film, the take is there, and among the takes that were made for the same wish it is the chosen or the last one.
 */
async function decide(call: Call, body: BodyOf<'review.decide'>): Promise<Effect> {
  const { session, operation } = call;
  const { db } = session.writer;
  session.listing(operation.listingId);
  const { film } = await session.film(operation.listingId);
  if (film === null || !film.timeline.clips.some((clip) => clip.id === body.clipId))
    throw new PicaividError('take_outdated', 'This clip is not in the team’s film any more.');
  await session.cells.writePlain();
  const { asked_hash } = await mustTake(call, body.clipId, body.specHash);
  const chosen = await db
    .selectFrom('take_choices')
    .select('spec_hash')
    .where('clip_id', '=', body.clipId)
    .where('asked_hash', '=', asked_hash)
    .executeTakeFirst();
  const last = await db
    .selectFrom('takes')
    .select('spec_hash')
    .where('clip_id', '=', body.clipId)
    .where('asked_hash', '=', asked_hash)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  // A take that an earlier wish made is shown where it was chosen for another one too.
  const elsewhere = await db
    .selectFrom('take_choices')
    .select('asked_hash')
    .where('clip_id', '=', body.clipId)
    .where('spec_hash', '=', body.specHash)
    .executeTakeFirst();
  if ((chosen ?? last)?.spec_hash !== body.specHash && elsewhere === undefined)
    throw new PicaividError('take_outdated', 'The take that was looked at is not the one in the team’s film any more.');
  const row = await db.selectFrom('review_decisions').select('listing_id').where('id', '=', body.decisionId).executeTakeFirst(); // biome-ignore format: one query
  mustBeOf(call, row?.listing_id);
  return lay(call, body, layDecision, await afterNewest(call, 'review_decisions'));
}

async function note(call: Call, body: BodyOf<'review.note'>): Promise<Effect> {
  const row = await call.session.writer.db.selectFrom('review_notes').select('listing_id').where('id', '=', body.noteId).executeTakeFirst(); // biome-ignore format: one query
  mustBeOf(call, row?.listing_id);
  return lay(call, body, layNote, await afterNewest(call, 'review_notes'));
}

async function resolve(call: Call, body: BodyOf<'review.resolve'>): Promise<Effect> {
  const { session, operation } = call;
  session.listing(operation.listingId);
  const found = await session.writer.db.selectFrom('review_notes').select('listing_id').where('id', '=', body.noteId).executeTakeFirst(); // biome-ignore format: one query
  if (found?.listing_id !== operation.listingId)
    throw new PicaividError('file_not_found', 'There is no such note in this listing.');
  return lay(call, body, layResolution, session.moment());
}

/** After the newest row of the listing, so that the order in time is the team's order. */
async function afterNewest({ session, operation }: Call, table: 'review_decisions' | 'review_notes'): Promise<string> {
  const last = await session.writer.db
    .selectFrom(table)
    .select((select) => select.fn.max('created_at').as('at'))
    .where('listing_id', '=', operation.listingId)
    .executeTakeFirst();
  return session.moment(last?.at);
}
