/** The service as operators run it: migrate, make a key, start, stop; files through a folder's links. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../db/id.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { dbCommand } from '../commands/db.node.ts';
import { keysCommand } from '../commands/keys.node.ts';
import { serviceCommand } from '../commands/service.node.ts';
import { readSettings } from '../settings.ts';
import { picaivid } from '../testing/cli.node.ts';
import { startProgram } from './testing/program.node.ts';
import { newListing, operation } from './testing/service.node.ts';

let postgres: TestPostgres;
let env: Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), 'picaivid-service-'));

beforeAll(async () => {
  postgres = await startTestPostgres();
  env = {
    DATABASE_URL: await postgres.createDatabase(),
    LOCAL_STORAGE_PATH: join(folder, 'storage'),
    STORAGE_SECRET: 's'.repeat(40),
    ENVIRONMENT: 'production',
    LOG_LEVEL: 'info',
  };
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('operators migrate, take back and look; make, list and revoke keys; start and stop', async () => {
  const context = { settings: readSettings(env), onProgress: () => {}, signal: new AbortController().signal };
  const options = { port: 0, host: '127.0.0.1' };
  await expect(serviceCommand(options, context)).rejects.toMatchObject({
    code: 'database_failed',
    message: expect.stringContaining('Run "picaivid db migrate"'),
  });
  const bare = { ...context, settings: readSettings({ ...env, DATABASE_URL: '' }) };
  await expect(serviceCommand(options, bare)).rejects.toMatchObject({ code: 'bad_usage' });

  const states = async (action: 'migrate' | 'rollback' | 'status'): Promise<string[]> => {
    const { json } = await dbCommand(action, {}, context);
    const { dialect, migrations, url } = json as { dialect: string; url: string; migrations: { name: string; appliedAt?: string }[] }; // biome-ignore format: one shape
    expect(dialect).toBe('postgres');
    expect(url).toContain(':***@');
    return migrations.filter(({ appliedAt }) => appliedAt !== undefined).map(({ name }) => name);
  };
  const all = await states('migrate');
  expect(all.length).toBeGreaterThan(4);
  expect(await states('status')).toEqual(all);
  expect(await states('rollback')).toEqual(all.slice(0, -1));
  expect(await states('migrate')).toEqual(all);

  const keys = (action: 'create' | 'list' | 'revoke', more: Record<string, string>, id?: string) => keysCommand(action, id, more, context); // biome-ignore format: one line
  await expect(keys('create', { team: 'Elm Media', name: 'Ada' })).rejects.toMatchObject({ code: 'bad_usage' });
  await expect(keys('create', { team: 'E', name: 'A', role: 'god' })).rejects.toMatchObject({ code: 'bad_usage' });
  await expect(keys('revoke', {}, newId())).rejects.toMatchObject({ code: 'file_not_found' });
  const create = async (role: string, name: string) => {
    const { json, text } = await keys('create', { team: 'Elm Media', role, name });
    const made = json as { key: string; id: string; teamId: string };
    expect(text).toContain(made.key);
    return made;
  };
  const editor = await create('editor', 'Ada');
  const admin = await create('admin', 'Ops');
  expect(editor.teamId).toBe(admin.teamId);

  const program = await startProgram(env);
  const ask = (key: string, method: string, path: string, body?: unknown) =>
    fetch(`${program.url}${path}`, {
      method,
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  expect((await fetch(`${program.url}/health/ready`)).status).toBe(200);
  expect((await fetch(`${program.url}/docs`)).status).toBe(404);
  expect(await (await ask(editor.key, 'GET', '/sync/hello')).json()).toMatchObject({ teamName: 'Elm Media', keyName: 'Ada', head: 0 }); // biome-ignore format: one line

  // A file: a link, its bytes, checked; then a link back.
  const bytes = Buffer.from('a photo, as far as a storage knows');
  const blob = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  const upload = (await (await ask(editor.key, 'POST', '/blobs/upload', { ...blob, contentType: 'image/jpeg' })).json()) as { link: { url: string; headers: Record<string, string> } }; // biome-ignore format: one shape
  const link = (url: string): string => url.replace(/^https?:\/\/[^/]+/, program.url);
  const wrong = await fetch(link(upload.link.url), { method: 'PUT', headers: upload.link.headers, body: Buffer.from('x'.repeat(bytes.length)) }); // biome-ignore format: one call
  expect(wrong.status).toBe(422);
  expect((await ask(editor.key, 'POST', '/blobs/complete', blob)).status).toBe(404);
  const sent = await fetch(link(upload.link.url), { method: 'PUT', headers: upload.link.headers, body: bytes });
  expect(sent.status).toBe(200);
  expect((await ask(editor.key, 'POST', '/blobs/complete', blob)).status).toBe(200);
  const download = (await (await ask(editor.key, 'POST', '/blobs/download', { sha256: [blob.sha256] })).json()) as { links: { url: string }[] }; // biome-ignore format: one shape
  const fetched = await fetch(link(download.links[0]?.url ?? ''));
  expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
  for (const path of ['/files/%zz', '/files/..%2f..%2fetc%2fpasswd', '/files/blobs/a?signature=x'])
    expect([400, 403, 404]).toContain((await fetch(`${program.url}${path}`)).status);

  const listing = newId();
  await ask(editor.key, 'POST', '/sync/push', {
    clientId: newId(),
    operations: [operation(listing, newListing('Elm'))],
  });
  const waiting = ask(editor.key, 'GET', '/sync/feed?after=1&wait=25');
  // As an operator types it.
  const revoked = await picaivid(['keys', 'revoke', editor.id], { env });
  expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringContaining('Nobody gets in with the key of Ada')]);
  expect((await ask(editor.key, 'GET', '/sync/hello')).status).toBe(401);
  expect((await ask(admin.key, 'GET', '/internal/metrics')).status).toBe(200);
  const { text: list } = await keys('list', { team: 'Elm Media' });
  expect(list).toMatch(/editor\s+Ada\s+revoked/);
  expect(list).toMatch(/admin\s+Ops\s+used/);
  expect(list).not.toContain('pk_');

  expect(await program.stop()).toBe(0);
  expect(await (await waiting).json()).toMatchObject({ entries: [], next: 1 });
  expect(program.log()).toContain('"msg":"request"');
  for (const secret of [editor.key, admin.key, 's'.repeat(40), 'picaivid:test@'])
    expect(program.log()).not.toContain(secret);
});
