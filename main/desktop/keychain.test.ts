/** The key of the host's secrets: from the keychain alone, the same at every start. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Keychain, keychainKey, keychainLine } from './keychain.node.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keychain-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Turns bytes round, as another one for each person would. */
const system = (person: number, more: Partial<Keychain> = {}): Keychain => ({
  isEncryptionAvailable: () => true,
  encryptString: (text) => Buffer.from([person, ...Buffer.from(text).map((byte) => byte ^ 0x5a)]),
  decryptString: (data) => {
    if (data[0] !== person) throw new Error('of somebody else');
    return Buffer.from(data.subarray(1).map((byte) => byte ^ 0x5a)).toString();
  },
  ...more,
});

test('one key for every start, readable on disk by nobody', () => {
  const file = join(folder, 'window', 'team-key');
  const key = keychainKey(system(1), file) ?? '';
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(keychainKey(system(1), file)).toBe(key);
  expect(readFileSync(file).includes(key)).toBe(false);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(JSON.parse(keychainLine(key))).toEqual({ keychainKey: key });
});

test('another person’s file, or a damaged one, gives a new key; without a keychain there is none', () => {
  const file = join(folder, 'team-key');
  const first = keychainKey(system(1), file);
  const second = keychainKey(system(2), file);
  expect(second).not.toBe(first);
  writeFileSync(file, 'damaged');
  expect(keychainKey(system(2), file)).not.toBe(second);
  expect(keychainKey(system(1, { isEncryptionAvailable: () => false }), file)).toBeNull();
  expect(keychainKey(system(1, { getSelectedStorageBackend: () => 'basic_text' }), file)).toBeNull();
  expect(keychainKey(system(1), join(folder, 'team-key', 'under-a-file'))).toBeNull();
});
