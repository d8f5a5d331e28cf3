/**
 * Three studios and a server: random changes of every kind, studios off line, requests and answers that are lost, twice
 * delivered, late or out of order, kills. At the end everybody is on line, and all stores must hold the same.
 */
import { join } from 'node:path';
import { PicaividError } from '../../base/errors.ts';
import { seededRandom } from '../../base/seeded-random.ts';
import { newId } from '../id.node.ts';
import type { Database } from '../open.node.ts';
import { applyOperations } from '../team/apply.node.ts';
import { feed, listingCards, snapshot } from '../team/feed.node.ts';
import { createTeam } from '../team/teams.node.ts';
import { settleOutcomes, waitingOperations } from './outbox.node.ts';
import type { FeedEntry, Operation, Outcome } from './protocol.ts';
import { applyFeed } from './remote.node.ts';
import { differences, leftovers, lostEdits } from './simulation-check.node.ts';
import { SimClient } from './simulation-client.node.ts';
import { applySnapshot, layCards } from './snapshot.node.ts';
import { feedPosition, setFeedPosition } from './state.node.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Changes and deliveries together. */
  readonly steps: number;
  readonly server: Database;
  /** A migrated, empty SQLite file, copied for each studio. */
  readonly template: string;
  /** For the studios' files. */
  readonly folder: string;
}

export interface SimulationResult {
  /** What does not hold; empty for a proof that passed. */
  readonly problems: readonly string[];
  readonly operations: number;
  readonly outcomes: Readonly<Record<Outcome['outcome'], number>>;
  readonly conflicts: number;
  /** Kinds of operations that took effect. */
  readonly kinds: ReadonlySet<string>;
}

const NAMES = ['Ann', 'Bo', 'Cy'] as const;

class Network {
  readonly teamId: string;
  private readonly server: Database;
  private readonly random: () => number;
  /** Answers that are still on their way, by studio; they come in any order. */
  private readonly late = new Map<SimClient, (() => Promise<void>)[]>();

  constructor(server: Database, teamId: string, random: () => number) {
    this.server = server;
    this.teamId = teamId;
    this.random = random;
  }

  async push(client: SimClient, faults: boolean): Promise<void> {
    const { random } = this;
    const waiting = await waitingOperations(client.writer, faults ? 1 + Math.floor(random() * 30) : 500);
    const operations = faults ? this.leaving(waiting) : waiting;
    if (operations.length === 0) return;
    const roll = faults ? random() : 1;
    if (roll < 0.08) return; // The request is lost.
    const outcomes = await this.deliver(client, operations);
    // It comes a second time: a proxy tried again.
    if (roll < 0.16) await this.deliver(client, operations);
    if (roll < 0.26) return; // Half open: applied, and the answer is lost.
    if (roll < 0.4) this.delay(client, () => settleOutcomes(client.database, outcomes));
    else await settleOutcomes(client.database, outcomes);
  }

  /** Those whose files are still being sent wait, with what speaks of their clips; others leave before them. */
  private leaving(waiting: readonly Operation[]): readonly Operation[] {
    const held = new Set<string>();
    return waiting.filter(({ body }) => {
      const clip = 'clipId' in body && body.kind !== 'clip.seed' ? body.clipId : body.kind.startsWith('review.') ? 'review' : ''; // biome-ignore format: one choice
      const file = body.kind === 'take.add' || body.kind === 'photos.set' || body.kind === 'analysis.set';
      if (!(file && this.random() < 0.2) && !held.has(clip)) return true;
      if (clip !== '') held.add(clip).add('review');
      return false;
    });
  }

  private deliver(client: SimClient, operations: readonly Operation[]): Promise<Outcome[]> {
    // The first that comes is the one that counts: a studio may send a step anew with its place moved.
    for (const operation of operations) if (!client.sent.has(operation.id)) client.sent.set(operation.id, operation);
    const actor = { name: client.name, role: client.role };
    return applyOperations(this.server, { teamId: this.teamId, clientId: client.clientId, actor }, operations);
  }

  async pull(client: SimClient, faults: boolean): Promise<boolean> {
    const { random } = this;
    const after = await feedPosition(client.writer);
    const { entries } = await feed(this.server, this.teamId, after, faults ? 1 + Math.floor(random() * 40) : 1000);
    const roll = faults ? random() : 1;
    if (roll < 0.1) return false;
    const travelled = JSON.parse(JSON.stringify(entries)) as FeedEntry[];
    if (roll < 0.3) this.delay(client, () => this.apply(client, travelled));
    if (roll >= 0.2) await this.apply(client, travelled);
    return entries.length > 0;
  }

  private async apply(client: SimClient, entries: readonly FeedEntry[]): Promise<void> {
    try {
      await applyFeed(client.database, entries, { teamId: this.teamId });
    } catch (error) {
      // An answer from before it was killed, or beyond what it has: asked again.
      if (!(error instanceof PicaividError) || error.code !== 'internal' || !error.message.includes('goes on at'))
        throw error;
    }
  }

  private delay(client: SimClient, delivery: () => Promise<void>): void {
    const waiting = this.late.get(client) ?? [];
    waiting.splice(Math.floor(this.random() * (waiting.length + 1)), 0, delivery);
    this.late.set(client, waiting);
  }

  async arrive(client: SimClient): Promise<void> {
    await this.late.get(client)?.shift()?.();
  }

  /** What was on its way to a dead process is gone. */
  drop(client: SimClient): void {
    this.late.delete(client);
  }
}

/** Runs one seed. Throws for what must never be thrown; gives what does not hold at the end. */
export async function simulate({
  seed,
  steps,
  server,
  template,
  folder,
}: SimulationOptions): Promise<SimulationResult> {
  const random = seededRandom(seed);
  const team = await createTeam(server, `Seed ${seed}`);
  const clients: SimClient[] = [];
  for (const name of NAMES)
    clients.push(await SimClient.open(name, template, join(folder, `${seed}-${name}.db`), random));
  const network = new Network(server, team.id, random);
  const offline = new Map<SimClient, number>();
  const demoted = random() < 0.4;
  const listings = [newId(), ...(random() < 0.5 ? [newId()] : [])];
  try {
    for (const [i, listingId] of listings.entries()) await clients[i]?.createListing(listingId);
    for (let step = 0; step < steps; step++) {
      const client = clients[Math.floor(random() * clients.length)] as SimClient;
      if (random() < 0.01) offline.set(client, step + Math.floor(random() * steps * 0.4));
      // A key whose role is changed for a while: what it may not is refused and taken back.
      if (demoted && random() < 0.02)
        client.role = client.role === 'producer' && random() < 0.3 ? 'reviewer' : 'producer';
      const roll = random();
      if (roll < 0.55) await client.act();
      else if (roll < 0.565) {
        await client.kill();
        network.drop(client);
      } else if ((offline.get(client) ?? 0) > step) continue;
      else if (roll < 0.74) await network.push(client, true);
      else if (roll < 0.93) await network.pull(client, true);
      else await network.arrive(client);
    }
    for (const client of clients) client.role = 'producer';
    return await settle(clients, network, server, team.id, template, folder, seed);
  } finally {
    for (const client of clients) await client.database.close();
  }
}

/** Everybody is on line until nothing moves any more; then the stores are compared. */
async function settle(
  clients: readonly SimClient[],
  network: Network,
  server: Database,
  teamId: string,
  template: string,
  folder: string,
  seed: number,
): Promise<SimulationResult> {
  for (let round = 0; round < 3; round++)
    for (const client of clients) {
      while ((await waitingOperations(client.writer, 1)).length > 0) await network.push(client, false);
      while (await network.pull(client, false));
    }
  for (const client of clients) while (await network.pull(client, false));
  const problems: string[] = [];
  const late = await newcomers(server, teamId, template, folder, seed);
  try {
    const shared = await server.db.selectFrom('listings').select('id').where('team_id', '=', teamId).execute();
    const stores = [...clients.map(({ name, database }) => [name, database] as const), ...late];
    for (const { id } of shared) problems.push(...(await differences(server, stores, id)));
    for (const client of clients) problems.push(...(await leftovers(client, server, teamId)));
    problems.push(...(await lostEdits(clients, server, teamId)));
  } finally {
    for (const [, database] of late) await database.close();
  }
  const rows = await server.db
    .selectFrom('sync_log')
    .select(['kind', 'seq', 'outcome'])
    .where('team_id', '=', teamId)
    .execute();
  const outcomes = { applied: 0, branched: 0, refused: 0 };
  const kinds = new Set<string>();
  for (const row of rows) {
    const text = typeof row.outcome === 'string' ? row.outcome : JSON.stringify(row.outcome);
    const { outcome } = JSON.parse(text) as Outcome;
    outcomes[outcome] += 1;
    if (outcome !== 'refused') kinds.add(row.kind);
  }
  const conflicts = await server.db.selectFrom('conflicts').select('id').where('team_id', '=', teamId).execute();
  const operations = clients.reduce((sum, client) => sum + client.done.length, 0);
  return { problems, operations, outcomes, kinds, conflicts: conflicts.length };
}

/** Studios that come to the team only now: one reads the whole feed, one takes cards and snapshots. */
async function newcomers(
  server: Database,
  teamId: string,
  template: string,
  folder: string,
  seed: number,
): Promise<[string, Database][]> {
  const options = { teamId };
  const reader = await SimClient.open('the reader', template, join(folder, `${seed}-reader.db`), () => 0.5);
  for (let after = 0; ; ) {
    const answer = await feed(server, teamId, after, 300);
    if (answer.entries.length === 0) break;
    await applyFeed(reader.database, answer.entries, options);
    after = answer.next;
  }
  const taker = await SimClient.open('the newcomer', template, join(folder, `${seed}-newcomer.db`), () => 0.5);
  const cards = await listingCards(server, teamId, null, 100);
  await layCards(taker.database, cards.listings, options);
  await setFeedPosition(taker.writer, cards.head);
  for (const { id } of cards.listings) await applySnapshot(taker.database, await snapshot(server, teamId, id), options);
  return [
    ['the reader', reader.database],
    ['the newcomer', taker.database],
  ];
}
