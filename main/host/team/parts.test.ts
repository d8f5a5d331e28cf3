/** The parts of a studio's side of the team that need no server. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { safePhotoFile } from './analysis-blob.node.ts';
import { Bell } from './bell.ts';
import { serverUrl } from './http.node.ts';
import { logosIn } from './logos.node.ts';
import { keychainKeyFrom, TokenFile } from './secret.node.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'team-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KEY = Buffer.alloc(32, 7);
const TOKEN = 'pk_only_its_owner_may_know_this';

test('a sealed token opens with the keychain’s key alone; without a keychain its rights protect it', async () => {
  const path = join(folder, 'team', 'token.json');
  const sealed = new TokenFile(folder, Promise.resolve(KEY));
  expect(await sealed.read()).toBeUndefined();
  await sealed.write(TOKEN);
  expect(readFileSync(path, 'utf8').includes(TOKEN)).toBe(false);
  expect(await sealed.read()).toBe(TOKEN);
  for (const key of [undefined, Buffer.alloc(32, 8)])
    expect(await new TokenFile(folder, Promise.resolve(key)).read()).toBeUndefined();
  const plain = new TokenFile(folder, Promise.resolve(undefined));
  await plain.write(TOKEN);
  expect([await plain.read(), statSync(path).mode & 0o077]).toEqual([TOKEN, 0]);
  await plain.forget();
  expect(await plain.read()).toBeUndefined();
});

test('the keychain’s key comes in the first line, in whatever pieces, or not at all', async () => {
  const given = async (...pieces: string[]): Promise<Buffer | undefined> => {
    const input = new PassThrough();
    const key = keychainKeyFrom(input);
    for (const piece of pieces) input.write(piece);
    input.end();
    return key;
  };
  const line = `${JSON.stringify({ keychainKey: KEY.toString('base64') })}\n`;
  expect(await given(line)).toEqual(KEY);
  expect(await given(line.slice(0, 9), line.slice(9))).toEqual(KEY);
  for (const wrong of ['', 'x\n', '{"keychainKey":null}\n', '{"keychainKey":"AAAA"}\n', 'y'.repeat(5_000)])
    expect(await given(wrong)).toBeUndefined();
});

test('a server’s address is https, or http where nobody can read along', () => {
  expect(serverUrl('team.example.com')).toBe('https://team.example.com');
  expect(serverUrl('https://team.example.com/picaivid/')).toBe('https://team.example.com/picaivid');
  for (const near of ['http://127.0.0.1:8080', 'http://localhost:8080', 'http://192.168.1.4:8080', 'http://10.0.0.9', 'http://studio:8080', 'http://nas.local'])
    expect(serverUrl(near)).toBe(near); // biome-ignore format: one list
  for (const far of ['http://team.example.com', 'http://127.0.0.1.example.com', 'http://172.32.0.1', 'https://user:password@team.example.com', 'https://team.example.com/?key=1', 'ftp://x', 'https://', ''])
    expect(() => serverUrl(far)).toThrow(/address|https|alone/); // biome-ignore format: one list
});

test('a photo’s name from another machine stays in its folder, whatever it is', () => {
  expect(safePhotoFile('interior/IMG_0042.jpg', 'p_1')).toBe('interior/IMG_0042.jpg');
  expect(safePhotoFile('Straße 4.jpg', 'p_1')).toBe('Straße 4.jpg');
  for (const evil of ['../../x.jpg', '/etc/passwd', 'a/../../b.png', 'C:\\x.jpg', 'a\0.jpg', '.ssh/x.jpg', 'con.jpg', 'a/./b.jpg', 'x.jpg.', 'a//b.jpg'])
    expect(safePhotoFile(evil, 'p_1')).toMatch(/^p_1\.[a-z]+$/); // biome-ignore format: one list
  fc.assert(
    fc.property(fc.string({ maxLength: 40, unit: 'binary' }), (name) => {
      const path = join('/home/team/id', ...safePhotoFile(name, 'p_1').split('/'));
      expect(path.startsWith('/home/team/id/') && !path.includes('\0')).toBe(true);
    }),
  );
});

test('a bell that nobody heard is heard by the next who waits, once', async () => {
  const bell = new Bell();
  bell.ring();
  bell.ring();
  await bell.wait();
  let heard = 0;
  const waiting = [bell.wait(), bell.wait()].map((wait) => wait.then(() => heard++));
  expect(heard).toBe(0);
  bell.ring();
  await Promise.all(waiting);
  expect(heard).toBe(2);
  const stop = new AbortController();
  const stopped = bell.wait(stop.signal);
  stop.abort();
  await stopped;
});

test('logos are found by their hashes wherever a step names them, and nothing else is taken for one', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  const step = { kind: 'film.edit', edit: { titles: [{ text: '', logoId: a }, { logoId: '../../x' }] }, settings: { brand: { logoId: b } } }; // biome-ignore format: one step
  expect(logosIn(step)).toEqual([a, b]);
  expect(logosIn({ logoId: null, deep: [{ logoId: 7 }, { logoId: a.toUpperCase() }] })).toEqual([]);
});
