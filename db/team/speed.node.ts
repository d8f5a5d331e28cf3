/**
 * How fast a push is applied, on a Postgres of its own: 10,000 operations of one studio over one connection, single
 * ones, and a film that somebody else changed meanwhile. Run with `node db/team/speed.node.ts`; prints a line a figure.
 */
import type { Timeline } from '../../pipeline/domain.ts';
import { newId } from '../id.node.ts';
import { openMigrated } from '../open.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { startTestPostgres } from '../testing/postgres.node.ts';
import { createTeam } from './teams.node.ts';
import { CREATE, clip, createFilm, edit, film, Person } from './testing.node.ts';

const ALL = 10_000;
const PUSH = 500;

const amountOf = (subject: string, to: number): OperationBody =>
  ({ kind: 'rooms.act', label: 'Amount', changes: [{ field: 'amount', subject, from: null, to }] }) as OperationBody;
const step = (timeline: Timeline, n: number): OperationBody =>
  edit(1, { type: 'setAmount', clipId: clip(timeline, n % timeline.clips.length), amount: (n % 100) / 100 });
const mixed = (timeline: Timeline, n: number): OperationBody =>
  n % 2 === 0 ? amountOf(`p${n % 300}`, (n % 100) / 100) : step(timeline, n);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const postgres = await startTestPostgres();
try {
  const database = await openMigrated(await postgres.createDatabase());
  const { id: teamId } = await createTeam(database, 'Speed');
  for (const shared of [false, true]) {
    const [ann, bo] = [new Person(database, teamId, 'Ann'), new Person(database, teamId, 'Bo')];
    const listingId = newId();
    const timeline = film();
    await ann.say(listingId, CREATE, createFilm(timeline));
    // Somebody else works on the film after the revision that the 10,000 name: each is rebased.
    if (shared) for (let n = 0; n < 50; n++) await bo.say(listingId, edit(1, { type: 'setMarker', marker: { id: `m${n}`, frame: n, label: '' } })); // biome-ignore format: one loop
    const started = performance.now();
    const counts = { applied: 0, branched: 0, refused: 0 };
    for (let n = 0; n < ALL; n += PUSH) {
      const bodies = Array.from({ length: PUSH }, (_, i) => mixed(timeline, n + i));
      for (const { outcome } of await ann.say(listingId, ...bodies)) counts[outcome] += 1;
    }
    const perSecond = Math.round((ALL / (performance.now() - started)) * 1000);
    say(`${ALL} operations, half of them of the film${shared ? ', rebased over 50 steps of another' : ''}: ${perSecond} a second, ${JSON.stringify(counts)}`); // biome-ignore format: one line
    const times: number[] = [];
    for (let n = 0; n < 400; n++) {
      const one = performance.now();
      await ann.say(listingId, amountOf(`p${n % 300}`, 0.5));
      times.push(performance.now() - one);
    }
    times.sort((a, b) => a - b);
    say(`one operation a push: p50 ${times[200]?.toFixed(1)} ms, p95 ${times[380]?.toFixed(1)} ms`);
  }
  await database.close();
} finally {
  await postgres.stop();
}
