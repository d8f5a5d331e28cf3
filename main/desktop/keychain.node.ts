/**
 * The key that the host seals its secrets with, kept by the system's keychain. The host is a plain Node process and has
 * no way to the keychain of its own: it gets the key over its standard input, which no other program can read.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is used of Electron's safeStorage, once the app is ready. */
export interface Keychain {
  isEncryptionAvailable(): boolean;
  encryptString(text: string): Buffer;
  decryptString(data: Buffer): string;
  /** Linux alone. `basic_text` is a fixed password: no keychain. */
  getSelectedStorageBackend?(): string;
}

/** 32 bytes in base64, the same at every start; null where the system has no keychain. */
export function keychainKey(keychain: Keychain, file: string): string | null {
  try {
    if (!keychain.isEncryptionAvailable() || keychain.getSelectedStorageBackend?.() === 'basic_text') return null;
    return known(keychain, file) ?? made(keychain, file);
  } catch {
    return null; // locked, or its file cannot be written: the host keeps its file by its rights alone
  }
}

function known(keychain: Keychain, file: string): string | null {
  try {
    const key = keychain.decryptString(readFileSync(file));
    return Buffer.from(key, 'base64').length === 32 ? key : null;
  } catch {
    return null; // none yet, or of another keychain: what it sealed is asked for once more
  }
}

function made(keychain: Keychain, file: string): string {
  const key = randomBytes(32).toString('base64');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, keychain.encryptString(key), { mode: 0o600 });
  return key;
}

/** The line that the host waits for when it was started with `--keychain`. */
export const keychainLine = (key: string | null): string => JSON.stringify({ keychainKey: key });
