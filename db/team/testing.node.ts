/** Made-up teams, people and operations for the tests of this folder. */
import { createHash } from 'node:crypto';
import type { Timeline } from '../../pipeline/domain.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { madeFilm } from '../../pipeline/timeline/testing.ts';
import { newId } from '../id.node.ts';
import type { Database } from '../open.node.ts';
import { readFilm } from '../sync/film-rows.node.ts';
import type { KeyRole, Operation, OperationBody, Outcome } from '../sync/protocol.ts';
import { applyOperations } from './apply.node.ts';
import { head } from './feed.node.ts';
import { createTeam } from './teams.node.ts';

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const AT = '2026-01-01T00:00:00.000Z';

/** A person at a studio, who knows the feed up to `base`. */
export class Person {
  readonly clientId = newId();
  readonly teamId: string;
  readonly name: string;
  role: KeyRole;
  base = 0;

  private readonly database: Database;

  constructor(database: Database, teamId: string, name: string, role: KeyRole = 'producer') {
    this.database = database;
    this.teamId = teamId;
    this.name = name;
    this.role = role;
  }

  operation(listingId: string, body: OperationBody): Operation {
    return { id: newId(), listingId, base: this.base, madeAt: AT, person: this.name, body };
  }

  push(operations: readonly Operation[]): Promise<Outcome[]> {
    const actor = { name: `${this.name}’s key`, role: this.role };
    return applyOperations(this.database, { teamId: this.teamId, clientId: this.clientId, actor }, operations);
  }

  async say(listingId: string, ...bodies: OperationBody[]): Promise<Outcome[]> {
    return this.push(bodies.map((body) => this.operation(listingId, body)));
  }

  /** Reads the feed. */
  async hears(): Promise<void> {
    this.base = await head(this.database, this.teamId);
  }
}

export const CREATE: OperationBody = { kind: 'listing.create', name: 'Elm Street', template: 'classic', targetSeconds: 30, createdAt: AT }; // biome-ignore format: one value
export const room = (subject: string, from: string | null, to: string | null): OperationBody =>
  ({ kind: 'rooms.act', label: 'Room', changes: [{ field: 'room', subject, from, to }] }) as OperationBody;
export type TeamTimeline = Extract<OperationBody, { kind: 'film.create' }>['timeline'];
export const createFilm = (timeline: Timeline): OperationBody => ({ kind: 'film.create', timeline: timeline as TeamTimeline, settings: { musicId: null }, sourceKey: 'k' }); // biome-ignore format: one value
export const edit = (revision: number, what: Edit): OperationBody => ({ kind: 'film.edit', revision, label: 'Edit', edit: what }); // biome-ignore format: one value
let films = 0;
export const film = (): Timeline => {
  films += 1;
  return { ...madeFilm('classic', 24, `f${films}-`), id: newId() };
};
export const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ outcome }) => outcome);
export const refusal = (outcome: Outcome | undefined): string | undefined =>
  outcome?.outcome === 'refused' ? outcome.code : outcome?.outcome;
export const clip = (timeline: Timeline, index: number): string => timeline.clips[index]?.id ?? '';

/** A team with one listing and two people who know it. */
export async function house(
  database: Database,
): Promise<{ ann: Person; bo: Person; listingId: string; teamId: string }> {
  const { id: teamId } = await createTeam(database, 'House');
  const ann = new Person(database, teamId, 'Ann');
  const bo = new Person(database, teamId, 'Bo');
  const listingId = newId();
  await ann.say(listingId, CREATE);
  await ann.hears();
  await bo.hears();
  return { ann, bo, listingId, teamId };
}

/** The same with a film. */
export async function withFilm(database: Database) {
  const made = await house(database);
  const timeline = film();
  await made.ann.say(made.listingId, createFilm(timeline));
  await made.ann.hears();
  await made.bo.hears();
  return { ...made, timeline };
}

export async function storedFilm(database: Database, listingId: string): Promise<Timeline> {
  const found = await readFilm(database, listingId);
  if (found === undefined) throw new Error('There is no film.');
  return found.timeline;
}

export const take = (clipId: string, name: string, bytes = 9): OperationBody => ({
  kind: 'take.add', clipId, specHash: hash(`${clipId} ${name}`), askedHash: hash(`${clipId} asked`),
  take: {
    specHash: hash(`${clipId} ${name}`), frames: 30, validationScore: 1, verdict: 'pass', figures: [], reasons: [], renderSeconds: 1,
    spec: {
      photoSha256: hash('p'), depthSha256: null, motion: 'push_in', amount: 0.5, renderer: 'ken_burns', frames: 30,
      frameRate: { num: 30, den: 1 }, width: 64, height: 36, focus: { x: 0.5, y: 0.5 }, seed: 0,
    },
  },
  blob: { sha256: hash(name), bytes }, downgradeReason: null,
}); // biome-ignore format: one value
export const decision = (clipId: string, name: string): OperationBody => ({ kind: 'review.decide', decisionId: newId(), clipId, specHash: hash(`${clipId} ${name}`), state: 'approved', reason: null, comment: '' }); // biome-ignore format: one value
