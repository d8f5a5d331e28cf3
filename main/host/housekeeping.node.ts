/** Preferences, networks, storage, diagnostics: what Settings shows. */
import { readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { fixturesFolder } from '../../models/fixtures.node.ts';
import { isInstalled, listModels, modelFolder, pullSet, verifySet } from '../../models/store.node.ts';
import type { ModelSet } from '../../models/types.ts';
import { redactText } from '../log.node.ts';
import type { ModelsState, Preferences, StorageSummary, SystemInfo } from './contract.ts';
import { preferencesSchema } from './contract.ts';
import type { HostCore } from './core.ts';
import { clearLeftovers, leftovers } from './deliveries-leftovers.node.ts';
import type { TaskControl } from './tasks.node.ts';

const PREFERENCES = 'studio';
const MEGABYTE = 1_000_000;

/** What a person chose; a value that this version does not know falls back to its default, the others stay. */
export async function preferences({ store }: Pick<HostCore, 'store'>): Promise<Preferences> {
  const stored: unknown = await store.preference(PREFERENCES);
  const whole = preferencesSchema.safeParse(stored ?? {});
  if (whole.success) return whole.data;
  const usable = Object.entries(typeof stored === 'object' && stored !== null ? stored : {}).filter(
    ([name, value]) => preferencesSchema.partial().safeParse({ [name]: value }).success,
  );
  return preferencesSchema.parse(Object.fromEntries(usable));
}

export async function setPreferences(core: HostCore, changes: Partial<Preferences>): Promise<Preferences> {
  const next = preferencesSchema.parse({ ...(await preferences(core)), ...changes });
  await core.store.setPreference(PREFERENCES, next);
  return next;
}

export async function modelsState(set: ModelSet | 'auto'): Promise<ModelsState> {
  const rows = (await listModels()).map((model) => ({
    name: model.name,
    role: model.roles.join(', '),
    set: model.sets.join(', '),
    licence: model.licence,
    bytes: model.bytes,
    state: model.state,
  }));
  return { rows, inUse: await inUse(set) };
}

async function inUse(set: ModelSet | 'auto'): Promise<string> {
  const none = 'No networks are installed: rooms and depth are found by hand-made methods, which need more checking.';
  if (set === 'none') return none;
  for (const one of ['standard', 'light'] as const)
    if (set === one || (set === 'auto' && (await isInstalled(one)))) return `The ${one} networks are used.`;
  return fixturesFolder() === undefined ? none : 'The small networks of the development fixtures are used.';
}

export async function runPull({ bus }: HostCore, { task, signal, onProgress }: TaskControl): Promise<void> {
  const set = setOf(task.input);
  try {
    await pullSet(set, {
      signal,
      onProgress: ({ bytes, total }) =>
        onProgress({
          fraction: total === 0 ? 0 : bytes / total,
          sentence: `Fetching the ${set} networks: ${Math.round(bytes / MEGABYTE)} of ${Math.round(total / MEGABYTE)} MB`,
        }),
    });
  } finally {
    // Cancelled or failed, it has left parts that the page shows too.
    bus.emit({ type: 'models' });
  }
  onProgress({ fraction: 1, sentence: `The ${set} networks are here and verified.` });
}

export async function runVerify({ bus }: HostCore, { task, onProgress }: TaskControl): Promise<void> {
  const set = setOf(task.input);
  onProgress({ fraction: 0, sentence: `Reading the ${set} networks` });
  const bad = (await verifySet(set)).filter(({ state }) => state !== 'complete');
  const damaged = bad.filter(({ state }) => state === 'damaged').map(({ file }) => file);
  // A wrong file is worth nothing, and while it lies there it passes for the network.
  for (const file of damaged) await rm(join(modelFolder(), file), { force: true });
  bus.emit({ type: 'models' });
  if (damaged.length > 0)
    throw new PicaividError(
      'model_damaged',
      `${damaged.join(' and ')} ${damaged.length === 1 ? 'was' : 'were'} damaged and ${damaged.length === 1 ? 'is' : 'are'} deleted. Download fetches ${damaged.length === 1 ? 'it' : 'them'} again.`,
    );
  const missing = bad.length === 1 ? '1 file is' : `${bad.length} files are`;
  onProgress({
    fraction: 1,
    sentence: bad.length === 0 ? `The ${set} networks are whole.` : `${missing} missing: fetch the ${set} networks.`,
  });
}

function setOf(input: unknown): 'standard' | 'light' {
  return typeof input === 'object' && input !== null && 'set' in input && input.set === 'light' ? 'light' : 'standard';
}

export async function storage(
  core: Pick<HostCore, 'home' | 'database' | 'tasks' | 'store' | 'log'>,
): Promise<StorageSummary> {
  const { home } = core;
  const part = async (name: string, paths: readonly string[], clearable: boolean) => {
    let bytes = 0;
    for (const path of paths) bytes += await bytesIn(join(home.dir, path));
    return { name, bytes, clearable };
  };
  let unneeded = 0;
  for (const { paths } of await leftovers(core)) for (const path of paths) unneeded += await bytesIn(path);
  const less = (part: StorageSummary['parts'][number]) => ({ ...part, bytes: Math.max(0, part.bytes - unneeded) });
  const { bavail, bsize } = await statfs(home.dir);
  return {
    home: home.dir,
    parts: [
      await part('Library', ['studio.db', 'studio.db-wal'], false),
      await part('Backups of the library', ['backups'], false),
      await part('Analyses: proxies and depth', ['listings'], false),
      less(await part('Rendered clips and voice-overs', ['takes', 'voices'], false)),
      { name: 'Clips and voice-overs that nothing has needed for a month', bytes: unneeded, clearable: true },
      await part('Photos sent by a browser', ['uploads'], false),
      await part('Music and logos', ['music', 'logos'], false),
      await part('Cache', ['cache'], true),
      await part('Logs and diagnostics', ['logs', 'diagnostics'], false),
    ],
    freeBytes: bavail * bsize,
  };
}

async function bytesIn(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.size;
  const names = await readdir(path).catch(() => []);
  let bytes = 0;
  // In groups: a library holds some hundred thousand files.
  for (let i = 0; i < names.length; i += 64)
    for (const size of await Promise.all(names.slice(i, i + 64).map((name) => bytesIn(join(path, name)))))
      bytes += size;
  return bytes;
}

export async function clearCaches(core: HostCore): Promise<StorageSummary> {
  await rm(core.home.cacheDir, { recursive: true, force: true }).catch((error: unknown) => {
    throw toPicaividError(error, 'output_unwritable', core.home.cacheDir);
  });
  await clearLeftovers(core);
  return storage(core);
}

/** Characters of the log that go along. */
const LOG_TAIL = 60_000;

/** One text file for support: versions, counts, the end of the log; secrets and the user's name are blanked. */
export async function diagnostics(
  core: HostCore,
  info: SystemInfo,
  models: ModelsState,
): Promise<{ readonly file: string; readonly text: string }> {
  const listings = await core.store.listings({ deleted: true });
  const tasks = await core.tasks.views();
  const space = await storage(core);
  const log = await readFile(core.home.logFile, 'utf8').catch(() => '');
  const facts = {
    version: info.version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    madeAt: new Date().toISOString(),
    uptimeSeconds: Math.round(process.uptime()),
    memoryMegabytes: Math.round(process.memoryUsage().rss / MEGABYTE),
    listings: listings.length,
    deleted: listings.filter(({ deletedAt }) => deletedAt !== null).length,
    photos: listings.reduce((sum, { photoCount }) => sum + photoCount, 0),
    tasks: tasks.map(({ kind, state, sentence, error }) => ({ kind, state, sentence, code: error?.code ?? null })),
    models: models.rows.map(({ name, state }) => `${name}: ${state}`),
    inUse: models.inUse,
    storage: space.parts.map(({ name, bytes }) => `${name}: ${Math.round(bytes / MEGABYTE)} MB`),
    freeMegabytes: Math.round(space.freeBytes / MEGABYTE),
    notices: info.notices.map(({ text }) => text),
  };
  const text = redactText(
    `Picaivid Studio diagnostics\n\n${JSON.stringify(facts, null, 2)}\n\nEnd of the log:\n${log.slice(-LOG_TAIL)}`,
  ).replaceAll(/((?:\/home|\/Users|[A-Z]:\\+Users)[/\\]+)[^/\\"\s]+/g, '$1***');
  const name = `picaivid-diagnostics-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.txt`;
  await writeFileAtomic(join(core.home.diagnosticsDir, name), text);
  return { file: join('diagnostics', name), text };
}
