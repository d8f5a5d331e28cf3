/**
 * Where the key to the team's server is kept. What protects it:
 *
 * In the desktop, the system's keychain: the shell keeps 32 random bytes encrypted by Electron's safeStorage (Keychain,
 * DPAPI, libsecret) and gives them to the host over its standard input; the token lies in the studio's home encrypted
 * with them (AES-256-GCM). Who copies the home without the person's session has nothing.
 * In browser mode, and where the system has no keychain, the file's rights alone: only its owner may read it, in a home
 * that only its owner may enter.
 *
 * The token is never logged, never in a diagnosis, and no page can ask for it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../../base/errors.ts';
import { besidePath, commitFile } from '../../../base/files.node.ts';

const storedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('plain'), token: z.string().min(1) }),
  z.object({ kind: z.literal('sealed'), iv: z.base64(), tag: z.base64(), data: z.base64() }),
]);

const lineSchema = z.object({ keychainKey: z.base64().nullable() });
/** The shell is ready within seconds; without its line the host goes on as if there were no keychain. Milliseconds. */
const LINE_WITHIN_MS = 20_000;
const MOST_LINE = 1_000;

/** The keychain's key from the first line of a host's standard input; undefined where the system has no keychain. */
export function keychainKeyFrom(input: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const done = (key: Buffer | undefined): void => {
      clearTimeout(timer);
      input.off('data', take).off('end', ended);
      resolve(key);
    };
    const ended = (): void => done(undefined);
    const take = (data: Buffer | string): void => {
      text += data.toString();
      const end = text.indexOf('\n');
      if (end < 0 && text.length < MOST_LINE) return;
      try {
        const said = lineSchema.parse(JSON.parse(text.slice(0, Math.max(0, end))));
        const key = said.keychainKey === null ? undefined : Buffer.from(said.keychainKey, 'base64');
        done(key?.length === 32 ? key : undefined);
      } catch {
        done(undefined); // not a line of ours
      }
    };
    const timer = setTimeout(ended, LINE_WITHIN_MS);
    timer.unref();
    input.on('data', take).on('end', ended);
  });
}

export class TokenFile {
  private readonly path: string;
  private readonly key: Promise<Buffer | undefined>;

  constructor(home: string, key: Promise<Buffer | undefined>) {
    this.path = join(home, 'team', 'token.json');
    this.key = key;
  }

  /** Undefined where there is none, or one that this session's keychain cannot open: then it is to be given again. */
  async read(): Promise<string | undefined> {
    let stored: z.infer<typeof storedSchema>;
    try {
      stored = storedSchema.parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch {
      return undefined;
    }
    if (stored.kind === 'plain') return stored.token;
    const key = await this.key;
    if (key === undefined) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(stored.iv, 'base64'));
      decipher.setAuthTag(Buffer.from(stored.tag, 'base64'));
      return Buffer.concat([decipher.update(Buffer.from(stored.data, 'base64')), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }

  async write(token: string): Promise<void> {
    await writeOwn(this.path, JSON.stringify(sealed(token, await this.key)));
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function sealed(token: string, key: Buffer | undefined): z.infer<typeof storedSchema> {
  if (key === undefined) return { kind: 'plain', token };
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const data = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]).toString('base64');
  return { kind: 'sealed', iv: iv.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data };
}

/** A file that nobody else may read at any moment: made with its rights, then renamed. */
async function writeOwn(path: string, text: string): Promise<void> {
  const part = besidePath(path);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(part, 'wx', 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    await commitFile(part, path);
    if (process.platform !== 'win32') await chmod(path, 0o600);
  } catch (error) {
    await rm(part, { force: true });
    throw error instanceof PicaividError ? error : toPicaividError(error, 'output_unwritable', path);
  }
}
