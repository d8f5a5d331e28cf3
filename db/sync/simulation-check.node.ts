/** What must hold at the end of a simulation, as a list of sentences about what does not. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Timeline } from '../../pipeline/domain.ts';
import { sameFilm } from '../../pipeline/timeline/rebase.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { readJson, readMoment } from '../codec.ts';
import type { Database } from '../open.node.ts';
import { readRegisters } from '../studio/registers.node.ts';
import { cellsOf, isRegister, jobOf, photoRef, readCell } from './cells.node.ts';
import { readFilm } from './film-rows.node.ts';
import { operationBodySchema, outcomeSchema } from './protocol.ts';
import type { Done, SimClient } from './simulation-client.node.ts';
import { analysisName, analysisStateSchema, getState, musicPrefix, musicStateSchema, statesOf } from './state.node.ts';

const unknownJson = (stored: unknown): unknown => readJson(z.unknown(), stored);
const withoutVersion = ({ version: _, ...timeline }: Timeline): unknown => timeline;

/** Everything of a listing that all stores must agree on, as plain values in a fixed order. */
export async function stateOf(database: Database, listingId: string): Promise<Record<string, unknown>> {
  const { db, dialect } = database;
  const writer = { db, dialect };
  const jobId = await jobOf(writer, listingId);
  const card: unknown[] = [];
  for (const field of ['name', 'archived', 'deletedAt', 'template', 'targetSeconds'])
    card.push(await readCell(writer, listingId, `listing.${field}`, ''));
  const film = await readFilm(writer, listingId);
  const bytes = (name: string) => sql.raw(dialect === 'postgres' ? `${name} collate "C"` : name);
  const photos = await db.selectFrom('photo_blobs').selectAll().where('listing_id', '=', listingId).orderBy(bytes('photo_key')).execute(); // biome-ignore format: one query
  const versions = await db.selectFrom('film_versions').selectAll().where('listing_id', '=', listingId).orderBy(bytes('id')).execute(); // biome-ignore format: one query
  const takes = await db
    .selectFrom('takes')
    .innerJoin('clips', 'clips.id', 'takes.clip_id')
    .selectAll('takes')
    .where('clips.job_id', '=', jobId)
    .orderBy('takes.created_at')
    .orderBy(bytes('takes.id'))
    .execute();
  const choices = await db
    .selectFrom('take_choices')
    .innerJoin('clips', 'clips.id', 'take_choices.clip_id')
    .select(['clip_id', 'asked_hash', 'take_choices.spec_hash'])
    .where('clips.job_id', '=', jobId)
    .orderBy(bytes('clip_id'))
    .orderBy(bytes('asked_hash'))
    .execute();
  const seeds = await db.selectFrom('clips').select(['id', 'seed']).where('job_id', '=', jobId).where('seed', '!=', 0).orderBy(bytes('id')).execute(); // biome-ignore format: one query
  const decisions = await db.selectFrom('review_decisions').selectAll().where('listing_id', '=', listingId).orderBy('created_at').orderBy(bytes('id')).execute(); // biome-ignore format: one query
  const notes = await db.selectFrom('review_notes').selectAll().where('listing_id', '=', listingId).orderBy('created_at').orderBy(bytes('id')).execute(); // biome-ignore format: one query
  const resolutions = await db.selectFrom('review_resolutions').selectAll().where('listing_id', '=', listingId).orderBy(bytes('note_id')).execute(); // biome-ignore format: one query
  return {
    card,
    registers: await readRegisters(db, jobId),
    film: film === undefined ? null : { timeline: withoutVersion(film.timeline), settings: film.settings, sourceKey: film.sourceKey },
    photos: photos.map(photoRef),
    analysis: (await getState(writer, analysisName(listingId), analysisStateSchema)) ?? null,
    music: await statesOf(writer, musicPrefix(listingId), musicStateSchema),
    versions: versions.map((row) => [row.id, row.name, unknownJson(row.timeline), unknownJson(row.settings), row.source_key]),
    takes: takes.map((row) => [row.id, row.clip_id, row.spec_hash, row.asked_hash, row.sha256, Number(row.bytes), readMoment(row.created_at)]),
    choices: choices.map((row) => [row.clip_id, row.asked_hash, row.spec_hash]),
    seeds: seeds.map((row) => [row.id, row.seed]),
    decisions: decisions.map((row) => [row.id, row.clip_id, row.spec_hash, row.state, unknownJson(row.reviewer), readMoment(row.created_at)]),
    notes: notes.map((row) => [row.id, row.clip_id, row.text, unknownJson(row.author), readMoment(row.created_at)]),
    resolutions: resolutions.map((row) => [row.id, row.note_id, unknownJson(row.person), readMoment(row.created_at)]),
  }; // biome-ignore format: one table
}

/** How stores differ from the server in a listing. */
export async function differences(
  server: Database,
  others: readonly (readonly [name: string, database: Database])[],
  listingId: string,
): Promise<string[]> {
  const expected = await stateOf(server, listingId);
  const problems: string[] = [];
  for (const [name, database] of others) {
    const found = await stateOf(database, listingId);
    // A film that the team refused stays where it was made; the team has none then.
    if (expected.film === null) delete expected.film;
    for (const part of Object.keys(expected))
      if (!isDeepStrictEqual(plain(expected[part]), plain(found[part])))
        problems.push(`${name} holds other ${part}: ${short(found[part])} instead of ${short(expected[part])}`);
  }
  return problems;
}

/** Without differences that only the way through a database makes: absent fields, prototypes, the order of keys. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;
const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 300) ?? '';

/** A studio that is in step with the server has nothing of its own left but what was refused. */
export async function leftovers({ database, name }: SimClient, server: Database, teamId: string): Promise<string[]> {
  const { db, dialect } = database;
  const problems: string[] = [];
  const waiting = await db.selectFrom('outbox').select(['id', 'state']).where('state', '!=', 'refused').execute();
  if (waiting.length > 0) problems.push(`${name} still has ${waiting.length} operations in its outbox`);
  const shadows = await statesOf({ db, dialect }, 'shadow:', z.unknown());
  if (shadows.length > 0) problems.push(`${name} still covers ${shadows[0]?.name}`);
  const films = await server.db
    .selectFrom('films')
    .innerJoin('listings', 'listings.id', 'films.listing_id')
    .select(['films.listing_id', 'films.revision'])
    .where('listings.team_id', '=', teamId)
    .execute();
  for (const film of films) {
    const row = await db.selectFrom('film_shadows').selectAll().where('listing_id', '=', film.listing_id).executeTakeFirst(); // biome-ignore format: one query
    if (row?.revision !== film.revision) problems.push(`${name} stands at film ${row?.revision} of ${film.revision}`);
    if (row !== undefined && z.object({ held: z.string() }).parse(unknownJson(row.timeline)).held !== 'local')
      problems.push(`${name} still keeps the server's film apart`);
  }
  return problems;
}

/** Every change that was kept is in the log, in a version, or refused and shown; what was overwritten unseen is kept. */
export async function lostEdits(clients: readonly SimClient[], server: Database, teamId: string): Promise<string[]> {
  const problems: string[] = [];
  const rows = await server.db.selectFrom('sync_log').selectAll().where('team_id', '=', teamId).execute();
  const log = new Map(rows.map((row) => [row.id, { ...row, outcome: readJson(outcomeSchema, row.outcome) }]));
  const versions = new Map((await server.db.selectFrom('film_versions').select(['id', 'timeline']).execute()).map((row) => [row.id, readJson(timelineSchema, row.timeline)])); // biome-ignore format: one query
  const branched = new Map<string, Done>();
  for (const client of clients) {
    // Steps made on one that was refused are not on the film that the server knows: those it cannot keep as seen.
    const shaken = new Set<string>();
    // Listings that the team did not take: they are here whole, and this machine's alone.
    const own = await client.database.db.selectFrom('listings').select('id').where('team_id', 'is', null).execute();
    const alone = new Set(own.map(({ id }) => id));
    for (const done of client.done) {
      const answer = log.get(done.id);
      if (answer === undefined && alone.has(done.listingId)) continue;
      if (answer === undefined) {
        problems.push(`${client.name}: ${done.body.kind} never came to the server`);
        continue;
      }
      const { outcome } = answer;
      if (outcome.outcome === 'refused') {
        if (alone.has(done.listingId)) continue;
        const kept = await client.database.db.selectFrom('outbox').select('state').where('id', '=', done.id).executeTakeFirst(); // biome-ignore format: one query
        if (kept?.state !== 'refused')
          problems.push(`${client.name}: ${done.body.kind} was refused, and nobody is told`);
      }
      if (outcome.outcome === 'refused' && done.film !== null) shaken.add(done.listingId);
      if (outcome.outcome !== 'branched') continue;
      if (shaken.has(done.listingId)) branched.delete(outcome.versionId);
      else branched.set(outcome.versionId, done);
    }
  }
  // The last step that went to a version: its maker's film then is the version.
  for (const [versionId, done] of branched) {
    const kept = versions.get(versionId);
    const seen = done.film === null ? null : timelineSchema.parse(done.film);
    if (kept === undefined || seen === null) problems.push('A version of a branch is not there');
    else if (!sameFilm({ ...kept, status: 'draft' }, { ...seen, status: 'draft' }))
      problems.push(`The version of a branch is not the film that its maker saw at ${done.body.kind}`);
  }
  return [...problems, ...(await missingConflicts(server, clients, teamId))];
}

/** Conflicts follow from the log and from what each maker saw: computed here a second time, without the server's code. */
async function missingConflicts(server: Database, clients: readonly SimClient[], teamId: string): Promise<string[]> {
  const made = new Map<string, { readonly base: number; readonly clientId: string }>();
  for (const client of clients)
    for (const { id, base } of client.sent.values()) made.set(id, { base, clientId: client.clientId });
  const rows = await server.db
    .selectFrom('sync_log')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('seq', 'is not', null)
    .orderBy('seq')
    .execute();
  const held = new Map<string, { seq: number; clientId: string; value: unknown }>();
  const expected: string[] = [];
  for (const row of rows) {
    const body = readJson(operationBodySchema, row.body);
    const base = made.get(row.id)?.base ?? 0;
    for (const { field, subject, from, to } of cellsOf(body)) {
      if (!isRegister(field) && !field.startsWith('listing.')) continue;
      const name = `${row.listing_id} ${field} ${subject}`;
      const before = held.get(name);
      const unseen = before !== undefined && before.seq > base && before.clientId !== row.client_id;
      if (
        unseen &&
        from !== undefined &&
        !isDeepStrictEqual(before.value, to) &&
        !isDeepStrictEqual(before.value, from)
      )
        expected.push(
          `${row.seq} ${field.replace('listing.', '')} ${subject} ${JSON.stringify(before.value)} ${JSON.stringify(to)}`,
        );
      held.set(name, { seq: Number(row.seq), clientId: row.client_id, value: to });
    }
  }
  const kept = await server.db
    .selectFrom('conflicts')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('kind', '!=', 'film')
    .orderBy('seq')
    .execute();
  const wrapped = z.object({ value: z.unknown() });
  const found = kept.map((row) => `${row.seq} ${row.field} ${row.subject} ${JSON.stringify(readJson(wrapped, row.lost).value)} ${JSON.stringify(readJson(wrapped, row.kept).value)}`); // biome-ignore format: one line
  const sorted = (list: readonly string[]) => [...list].sort();
  return isDeepStrictEqual(sorted(expected), sorted(found))
    ? []
    : [`Conflicts are ${found.length}, and ${expected.length} values were overwritten unseen`];
}
