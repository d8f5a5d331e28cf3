/** Finding an Electron, without fetching one (the fetch itself is what set-up does on a fresh machine). */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findElectron } from '../../scripts/electron-runtime.mjs';

const NAME =
  { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron';
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'picaivid-electron-'));
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

async function put(dist: string, version: string): Promise<void> {
  await mkdir(dirname(join(dist, NAME)), { recursive: true });
  await writeFile(join(dist, NAME), '');
  await writeFile(join(dist, 'version'), version);
}

test('the folder that a person names comes first, then the package’s own, then the one that set-up made', async () => {
  expect(await findElectron(root, { fetch: false })).toEqual({
    path: undefined,
    reason: 'Electron has not been fetched yet: "npm start" does it.',
  });
  const made = join(root, '.cache', 'electron', 'dist');
  await put(made, '33.2.1');
  // Without the stamp of a finished set-up it is not taken: a killed set-up leaves no half Electron behind.
  expect((await findElectron(root, { fetch: false })).path).toBeUndefined();
  await writeFile(join(root, '.cache', 'electron', 'ready-33.2.1-1'), '');
  expect(await findElectron(root, { fetch: false })).toEqual({ path: join(made, NAME), version: '33.2.1', dist: made });
  const own = join(root, 'node_modules', 'electron', 'dist');
  await put(own, 'v45.0.0\n');
  expect(await findElectron(root, { fetch: false })).toEqual({ path: join(own, NAME), version: '45.0.0', dist: own });
  const named = join(root, 'named');
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', named);
  expect(await findElectron(root, { fetch: false })).toEqual({
    path: undefined,
    reason: `ELECTRON_OVERRIDE_DIST_PATH is ${named}, and there is no Electron in it.`,
  });
  await put(named, '46.0.0');
  expect(await findElectron(root)).toEqual({ path: join(named, NAME), version: '46.0.0', dist: named });
});
