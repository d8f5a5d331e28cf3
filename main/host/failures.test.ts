/** What goes wrong on a person's machine: each a calm sentence, nothing lost, and a way on. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TRPCClient } from '@trpc/client';
import { expect, test } from 'vitest';
import type { ListingCard } from './contract.ts';
import type { StudioRouter } from './router.ts';
import { client, signIn, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';

const { base, photos, start } = testHosts('failures', 2, 'photos');
const settled = (studio: TRPCClient<StudioRouter>, id: string): Promise<ListingCard> =>
  until(async () => {
    const { listing } = await studio.rooms.get.query({ id });
    return listing.task === null || listing.task.state === 'failed' ? listing : undefined;
  });
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
const tmpfs = (folder: string, options: string) => (command: readonly string[]) => [
  'unshare', '-m', 'sh', '-c', `mkdir -p "$0" && mount -t tmpfs -o ${options} tmpfs "$0" && exec "$@"`, folder, ...command,
]; // biome-ignore format: one command

test('networks that fail to load: the analysis says so with the way on, and goes on once they are right', async () => {
  const fixtures = join(base, 'networks');
  mkdirSync(join(fixtures, 'models'), { recursive: true });
  for (const folder of [fixtures, join(fixtures, 'models')]) {
    writeFileSync(
      join(folder, 'categories_places365.txt'),
      Array.from({ length: 365 }, (_, i) => `/a/room${i} ${i}`).join('\n'),
    );
    writeFileSync(join(folder, 'room_head_7_mnv2.json'), JSON.stringify({ classes: ['a', 'b'], dim: 3 }));
    writeFileSync(join(folder, 'room_head_7_mnv2.f32'), Buffer.alloc(32));
    for (const name of ['squeezenet_places365', 'mobilenet_v2_int8w', 'meter_xxs_nyu'])
      writeFileSync(join(folder, `${name}.onnx`), 'this is no network');
  }
  const home = join(base, 'home-models');
  const host = await start(home, { models: 'fixture', env: { PICAIVID_FIXTURES: fixtures } });
  const { created } = await host.studio.listings.create.mutate({ folders: [photos] });
  const id = created[0]?.id ?? '';
  const failed = await settled(host.studio, id);
  expect(failed).toMatchObject({ status: 'failed', task: { state: 'failed' } });
  expect(failed.error?.code).toMatch(/^model_(failed|damaged)$/);
  expect(failed.error?.message).toMatch(/Check the networks in Settings/);
  const document = await host.studio.rooms.get.query({ id });
  expect(document.ready).toHaveLength(2);
  await host.kill();

  const again = await start(home, { models: 'none' });
  await again.studio.tasks.retry.mutate({ id: failed.task?.id ?? '' });
  expect(await settled(again.studio, id)).toMatchObject({ status: 'planned', error: null, photoCount: 2 });
});

test('a home that cannot be written is said in a sentence', async () => {
  writeFileSync(join(base, 'file'), '');
  const inFile = await start('file/home', { port: 0 });
  expect(inFile.ready.error).toMatchObject({
    code: 'output_unwritable',
    message: expect.stringContaining('PICAIVID_HOME'),
  });
  if (!canMount) return;
  const home = join(base, 'read-only');
  const host = await start(home, { port: 0, wrap: tmpfs(home, 'size=4m,ro') });
  expect(host.ready.error).toMatchObject({
    code: 'output_unwritable',
    message: expect.stringContaining('PICAIVID_HOME'),
  });
});

test.skipIf(!canMount)(
  'a disk that fills: the work says so, decisions that were answered stay, and it goes on with space',
  async () => {
    const home = join(base, 'full');
    const host = await start(home, { port: 0, wrap: tmpfs(home, 'size=3m') });
    const studio = client(host.target, await signIn(host));
    const inside = (path: string): string => join('/proc', String(host.child.pid), 'root', home, path);
    writeFileSync(inside('filler'), Buffer.alloc(1_900_000));
    const { created } = await studio.listings.create.mutate({ folders: [photos] });
    const id = created[0]?.id ?? '';
    const failed = await settled(studio, id);
    expect(failed.error).toMatchObject({ code: 'disk_full', message: expect.stringContaining('Free some space') });
    // Decisions are small: many fit beside what is left, until nothing does.
    let answered = 0;
    try {
      for (let i = 0; i < 2_000; i++) {
        const label = `Leave out ${i} ${'·'.repeat(150)}`;
        await studio.rooms.act.mutate({
          id,
          label,
          changes: [{ field: 'excluded', subject: `p_${i}`, from: null, to: true }],
        });
        answered++;
      }
    } catch (error) {
      expect(error).toMatchObject({ data: { picaivid: { code: 'disk_full' } } });
    }
    expect(answered).toBeGreaterThan(0);
    rmSync(inside('filler'));
    const { decisions } = await studio.rooms.get.query({ id });
    expect(Object.keys(decisions.excluded)).toHaveLength(answered);
    for (let i = 0; i < answered; i++) await studio.rooms.undo.mutate({ id });
    expect((await studio.rooms.get.query({ id })).decisions.excluded).toEqual({});
    await studio.tasks.retry.mutate({ id: failed.task?.id ?? '' });
    expect(await settled(studio, id)).toMatchObject({ status: 'planned', error: null });
  },
);

test('a newer program’s library is left alone and named', async () => {
  const home = join(base, 'newer');
  const host = await start(home);
  await host.kill();
  const { default: Sqlite } = await import('better-sqlite3');
  const file = new Sqlite(join(home, 'studio.db'));
  file.prepare('insert into kysely_migration (name, timestamp) values (?, ?)').run('999-future', '2999');
  file.close();
  const again = await start(home);
  expect(again.ready.error).toMatchObject({ code: 'database_newer' });
  expect(existsSync(join(home, 'studio.db'))).toBe(true);
});

test('work that took the host down three times waits for a person', async () => {
  const home = join(base, 'crashing');
  const host = await start(home);
  await host.studio.listings.create.mutate({ folders: [photos] });
  await host.kill('SIGKILL');
  const { default: Sqlite } = await import('better-sqlite3');
  const set = (state: string, attempts: number, fraction: number, reached: number): void => {
    const file = new Sqlite(join(home, 'studio.db'));
    const { changes } = file
      .prepare('update tasks set state = ?, attempts = ?, fraction = ?, checkpoint = ?')
      .run(state, attempts, fraction, JSON.stringify({ reached, ready: [] }));
    file.close();
    expect(changes).toBe(1);
  };
  set('running', 3, 0.4, 0.4);
  const again = await start(home);
  const [task] = await again.studio.tasks.list.query();
  expect(task).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('stopped 3 times') } });
  await again.kill('SIGKILL');
  // It had come farther than ever before: that was no vain start.
  set('running', 3, 0.5, 0.4);
  const third = await start(home);
  const done = await until(async () => (await third.studio.tasks.list.query()).find((one) => one.state === 'done'));
  expect(done.id).toBe(task?.id);
  expect(readFileSync(join(home, 'logs', 'host.log'), 'utf8')).toContain('task started');
});
