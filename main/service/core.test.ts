/** What the service decides without a database: limits, bodies, waiting, addresses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { depthOf, MAX_DEPTH, parseJson } from './body.ts';
import { databaseTrouble, withRetry } from './database-trouble.ts';
import { Feed } from './feed.ts';
import { FeedHub } from './feed-hub.ts';
import { countedAddress, presentedKey } from './gate.node.ts';
import { uriSchema } from './jobs-api.ts';
import { Lanes } from './lanes.ts';
import { Slots, TokenBuckets } from './limits.ts';
import { MemorySync } from './testing/fakes.node.ts';

test('a bucket gives its burst at once, then as many as come back, and says when', () => {
  let now = 0;
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, () => now);
  expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
  expect(buckets.take('b')).toBe(0);
  now = 500;
  expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 1]);
  now = 60_000;
  expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
  // A clock that was set back gives nothing.
  now = 0;
  expect(buckets.take('a')).toBe(1);
});

test('no more than the burst and what came back is ever given, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (steps) => {
      let now = 0;
      const buckets = new TokenBuckets({ perSecond: 5, burst: 10 }, () => now);
      let given = 0;
      for (const step of steps) {
        now += step;
        if (buckets.take('a') === 0) given++;
      }
      expect(given).toBeLessThanOrEqual(10 + (now / 1000) * 5 + 1e-6);
    }),
  );
});

test('a flood of addresses is forgotten oldest first', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1, most: 100 }, () => 0);
  for (let i = 0; i < 1000; i++) buckets.take(`address ${i}`);
  expect(buckets.size).toBe(100);
  expect(buckets.take('address 999')).toBe(1);
});

test('slots are freed once', () => {
  const slots = new Slots(2);
  const [first, second] = [slots.take('a'), slots.take('a')];
  expect(slots.take('a')).toBeUndefined();
  first?.();
  first?.();
  expect(slots.size).toBe(1);
  second?.();
  expect(slots.size).toBe(0);
});

test('the depth of JSON is that of its value', () => {
  const depth = (value: unknown): number =>
    typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depth));
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(depthOf(json)).toBe(depth(JSON.parse(json)));
    }),
  );
  expect(depthOf('"[[[{\\"[["')).toBe(0);
});

test('JSON that would end a stack or that no database keeps is refused', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect(parseJson(deep(MAX_DEPTH))).toBeInstanceOf(Array);
  for (const text of [
    deep(MAX_DEPTH + 1),
    deep(1_000_000),
    '{"a":"\\u0000"}',
    '{"\\u0000":1}',
    '["\\ud800"]',
    '{"__proto__":{"admin":true}}',
    '{"a":',
    'NaN',
  ])
    expect(() => parseJson(text), text.slice(0, 40)).toThrowError(expect.objectContaining({ status: 400 }));
  expect(parseJson('{"a":"\\ud83c\\udfe0 \\u00e9"}')).toEqual({ a: '🏠 é' });
});

test('a key is taken from either header, and two that differ are none', () => {
  const key = (headers: Record<string, string>): string | undefined => presentedKey(new Headers(headers));
  expect(key({ authorization: 'Bearer pv_1' })).toBe('pv_1');
  expect(key({ authorization: 'bearer  pv_1' })).toBe('pv_1');
  expect(key({ 'x-api-key': 'pv_1' })).toBe('pv_1');
  expect(key({ authorization: 'Bearer pv_1', 'x-api-key': 'pv_1' })).toBe('pv_1');
  for (const headers of [
    { authorization: 'Bearer pv_1', 'x-api-key': 'pv_2' },
    { authorization: 'Basic cHY6MQ==', 'x-api-key': 'pv_1' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer a b' },
    { 'x-api-key': '' },
    { 'x-api-key': 'x'.repeat(201) },
    {},
  ])
    expect(key(headers as Record<string, string>), JSON.stringify(headers)).toBeUndefined();
});

test('an address is counted by what one customer has, and a forwarded one only behind our own proxy', () => {
  const from = (remoteAddress: string) => ({ socket: { remoteAddress } }) as Parameters<typeof countedAddress>[0];
  expect(countedAddress(from('::ffff:10.0.0.1'), null, 0)).toBe('10.0.0.1');
  expect(countedAddress(from('2001:db8:1:2:3:4:5:6'), null, 0)).toBe('2001:db8:1:2');
  expect(countedAddress(from('2001:db8::6'), null, 0)).toBe('2001:db8:0:0');
  expect(countedAddress(from('10.0.0.1'), '1.2.3.4', 0)).toBe('10.0.0.1');
  expect(countedAddress(from('10.0.0.1'), '6.6.6.6, 1.2.3.4', 1)).toBe('1.2.3.4');
});

test('photos and music come from named public hosts or S3, never from this network', () => {
  for (const good of ['s3://bucket/listings/1/a b.jpg'.replace(' ', '%20'), 'https://photos.example.com/a.jpg?x=1'])
    expect(uriSchema.safeParse(good).success, good).toBe(true);
  for (const bad of [
    'http://photos.example.com/a.jpg',
    'file:///etc/passwd',
    '/etc/passwd',
    's3://bucket/../other/a.jpg',
    's3://bucket/',
    'https://169.254.169.254/latest/meta-data/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://[::1]/',
    'https://localhost/',
    'https://db.internal/',
    'https://me:pass@photos.example.com/',
    'https://host/',
    'gopher://photos.example.com/',
  ])
    expect(uriSchema.safeParse(bad).success, bad).toBe(false);
});

test('what Postgres says is told apart, through causes', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });
  expect(databaseTrouble(coded('57P01'))).toBe('connection');
  expect(databaseTrouble(new Error('outer', { cause: coded('ECONNREFUSED') }))).toBe('connection');
  expect(databaseTrouble(new Error('Connection terminated unexpectedly'))).toBe('connection');
  expect(databaseTrouble(new AggregateError([coded('ECONNREFUSED')]))).toBe('connection');
  expect(databaseTrouble(coded('40P01'))).toBe('again');
  expect(databaseTrouble(coded('57014'))).toBe('busy');
  expect(databaseTrouble(coded('22P05'))).toBe('data');
  expect(databaseTrouble(coded('23505'))).toBeUndefined();
  expect(databaseTrouble('57P01')).toBeUndefined();
});

test('a broken connection is tried again, anything else is not', async () => {
  let runs = 0;
  const broken = Object.assign(new Error('x'), { code: '57P01' });
  const answer = withRetry(async () => {
    if (++runs < 3) throw broken;
    return 'there';
  }, undefined, [0, 0, 0]); // biome-ignore format: one call
  await expect(answer).resolves.toBe('there');
  runs = 0;
  await expect(withRetry(async () => { runs++; throw broken; }, undefined, [0, 0])).rejects.toBe(broken); // biome-ignore format: one call
  expect(runs).toBe(3);
  runs = 0;
  await expect(withRetry(async () => { runs++; throw new Error('no'); }, undefined, [0, 0])).rejects.toThrow('no'); // biome-ignore format: one call
  expect(runs).toBe(1);
});

const caller = { keyId: 'k', keyName: 'k', role: 'editor', teamId: 'team', teamName: 't' } as const;
const operation = (n: number) =>
  ({
    id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    listingId: '00000000-0000-7000-8000-000000000000',
    base: 0,
    madeAt: '2026-01-01T00:00:00Z',
    person: 'p',
    body: { kind: 'film.status', status: 'draft' },
  }) as const;

test('two hundred readers that wait at one place are one read when news comes', async () => {
  const sync = new MemorySync();
  const hub = new FeedHub();
  const feed = new Feed(sync, hub);
  const readers = Array.from({ length: 200 }, () => feed.next('team', 0, 1000, 60_000));
  await new Promise((resolve) => setImmediate(resolve));
  expect([hub.waiting, sync.feeds]).toEqual([200, 1]);
  await sync.push(caller, operation(1).id, [operation(1)]);
  hub.news('team');
  const batches = await Promise.all(readers);
  expect(sync.feeds).toBe(2);
  expect(new Set(batches.map(({ bytes }) => bytes)).size).toBe(1);
  expect(batches[0]?.answer).toMatchObject({ next: 1, head: 1, entries: [{ seq: 1 }] });
  expect(hub.waiting).toBe(0);
});

test('news that comes while a reader reads is not slept through', async () => {
  const sync = new MemorySync();
  const hub = new FeedHub();
  const feed = new Feed(sync, hub);
  const read = sync.feed.bind(sync);
  let first = true;
  sync.feed = async (...args) => {
    const answer = await read(...args);
    if (first) {
      // It has read nothing; the push and its notification come before it waits.
      first = false;
      await sync.push(caller, operation(1).id, [operation(1)]);
      hub.news('team');
    }
    return answer;
  };
  expect((await feed.next('team', 0, 1000, 60_000)).answer.entries.map(({ seq }) => seq)).toEqual([1]);
});

test('a lost notification is made up for by a look at the heads; a closed hub lets everybody go', async () => {
  const sync = new MemorySync();
  const hub = new FeedHub();
  const feed = new Feed(sync, hub);
  await hub.look((ids) => sync.heads(ids));
  const waiting = feed.next('team', 0, 1000, 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await sync.push(caller, operation(1).id, [operation(1)]);
  await hub.look((ids) => sync.heads(ids));
  expect((await waiting).answer.entries).toHaveLength(1);
  const last = feed.next('team', 1, 1000, 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  hub.close();
  expect(await last).toMatchObject({ closed: true, answer: { entries: [] } });
  expect(await feed.next('team', 1, 1000, 60_000)).toMatchObject({ closed: true });
});

test('a large team’s readers are woken in turns: many pushes in a moment are one answer to each', async () => {
  const sync = new MemorySync();
  const hub = new FeedHub();
  const feed = new Feed(sync, hub);
  const answers: number[] = [];
  const follow = async (): Promise<void> => {
    let [after, count] = [0, 0];
    while (after < 21) {
      const { answer } = await feed.next('team', after, 1000, 60_000);
      expect(answer.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: answer.next - after }, (_, i) => after + i + 1)); // biome-ignore format: one call
      after = answer.next;
      count++;
    }
    answers.push(count);
  };
  const readers = Array.from({ length: 200 }, follow);
  await new Promise((resolve) => setImmediate(resolve));
  for (let n = 1; n <= 21; n++) {
    await sync.push(caller, operation(n).id, [operation(n)]);
    hub.news('team');
    await Promise.resolve();
  }
  await Promise.all(readers);
  expect(answers).toHaveLength(200);
  // Turns of 200 readers are a quarter of a second apart; 21 pushes took far less.
  expect(Math.max(...answers)).toBeLessThanOrEqual(3);
});

test('pushes of a team come one after the other, so many of all teams at once, and too many are put off', async () => {
  const lanes = new Lanes(2, 3);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (team: string, name: string): Promise<void> =>
    lanes.run(team, () => {
      began.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const all = [run('a', 'a1'), run('a', 'a2'), run('b', 'b1'), run('c', 'c1'), run('a', 'a3'), run('a', 'a4')];
  await settle();
  expect(began).toEqual(['a1', 'b1']);
  await expect(run('a', 'a5')).rejects.toMatchObject({ status: 503 });
  for (const [ended, next] of [
    ['a1', ['c1']],
    ['c1', ['a2']],
    ['b1', []],
    ['a2', ['a3']],
    ['a3', ['a4']],
  ] as const) {
    began.length = 0;
    ends.get(ended)?.();
    await settle();
    expect([ended, began]).toEqual([ended, [...next]]);
  }
  ends.get('a4')?.();
  await Promise.all(all);
  // A failure lets the next one in.
  await expect(lanes.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(lanes.run('a', async () => 'in')).resolves.toBe('in');
});
