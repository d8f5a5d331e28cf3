/**
 * Clips and voice-overs that nothing needs any more: takes drawn for one delivery's size, takes of clips that are in no
 * film, no undo step and no version, files of voices that were removed. They go a month after they were last used.
 */
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toPicaividError } from '../../base/errors.ts';
import { DeliveryStore } from '../../db/studio/deliveries.node.ts';
import { unneeded } from '../../db/studio/leftovers.node.ts';
import type { HostCore } from './core.ts';

/** How long what nothing names is kept after it was made or used last. */
export const KEPT_MS = 30 * 24 * 3_600_000;
const HASH = /^[0-9a-f]{64}$/;
const VOICE = /^([0-9a-f]{64})\.[a-z0-9]{2,5}$/;
/** What was being deleted when a host ended. */
const GOING = '.going';
/** Milliseconds after the start until a quiet studio looks: the first screens are drawn by then. */
const FIRST_LOOK_MS = 60_000;
const USES_TAKES: ReadonlySet<string> = new Set(['render', 'deliver']);
const UNFINISHED: ReadonlySet<string> = new Set(['waiting', 'running', 'paused']);

type Core = Pick<HostCore, 'home' | 'database' | 'tasks' | 'store' | 'log'>;
interface Leftover {
  readonly hash: string;
  /** A take's folder, or the files of a voice-over. */
  readonly paths: readonly string[];
}

/** What could be deleted now. Reads rows and names only; nothing while clips are rendered or films delivered. */
export async function leftovers(core: Core, now: number = Date.now()): Promise<readonly Leftover[]> {
  const old = [...(await oldTakes(core, now)), ...(await oldVoices(core, now))];
  if (old.length === 0 || (await inUse(core))) return [];
  const free = await unneeded(
    core.database,
    old.map(({ hash }) => hash),
  );
  const named = await namedByDeliveries(core);
  return old.filter(({ hash }) => free.has(hash) && !named.some((text) => text.includes(hash)));
}

/** Deletes them. Gives what was deleted. Errors: those of the database; a file that cannot be deleted stays. */
export async function clearLeftovers(core: Core, now: number = Date.now()): Promise<readonly string[]> {
  for (const name of await readdir(core.home.takesDir).catch(() => []))
    if (name.endsWith(GOING)) await rm(join(core.home.takesDir, name), { recursive: true, force: true });
  const gone: string[] = [];
  for (const { hash, paths } of await leftovers(core, now)) {
    // A render or delivery may have begun meanwhile: it finds takes whole or not at all.
    if (await inUse(core)) break;
    try {
      for (const path of paths) {
        await rename(path, `${path}${GOING}`);
        await rm(`${path}${GOING}`, { recursive: true, force: true });
      }
      gone.push(hash);
    } catch (error) {
      core.log.warn({ err: toPicaividError(error), hash }, 'what nothing needs was not deleted');
    }
  }
  if (gone.length > 0) core.log.info({ count: gone.length }, 'clips and voices that nothing needs were deleted');
  return gone;
}

/** Looks once after the start of the host, when it is quiet; `signal` ends it. */
export function clearLeftoversSoon(core: Core, signal: AbortSignal): void {
  const timer = setTimeout(() => {
    clearLeftovers(core).catch((error: unknown) => core.log.warn({ err: error }, 'leftovers were not looked for'));
  }, FIRST_LOOK_MS);
  timer.unref();
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

async function inUse({ tasks, store }: Core): Promise<boolean> {
  const rows = await store.tasks();
  return tasks.busy || rows.some(({ kind, state }) => USES_TAKES.has(kind) && UNFINISHED.has(state));
}

async function oldTakes({ home }: Core, now: number): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const hash of await readdir(home.takesDir).catch(() => [])) {
    if (!HASH.test(hash)) continue;
    const folder = join(home.takesDir, hash);
    const times = await Promise.all([folder, join(folder, 'clip.mp4')].map(usedAt));
    if (Math.max(...times) <= now - KEPT_MS) found.push({ hash, paths: [folder] });
  }
  return found;
}

async function oldVoices({ home }: Core, now: number): Promise<Leftover[]> {
  const folder = join(home.dir, 'voices');
  const byHash = new Map<string, string[]>();
  for (const name of await readdir(folder).catch(() => [])) {
    const hash = VOICE.exec(name)?.[1];
    if (hash !== undefined) byHash.set(hash, [...(byHash.get(hash) ?? []), join(folder, name)]);
  }
  const found: Leftover[] = [];
  for (const [hash, paths] of byHash)
    if (Math.max(...(await Promise.all(paths.map(usedAt)))) <= now - KEPT_MS) found.push({ hash, paths });
  return found;
}

/** Milliseconds; 0 for what is not there. */
const usedAt = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;

/** What the folders of deliveries say they were made from. */
async function namedByDeliveries({ database, store }: Core): Promise<readonly string[]> {
  const deliveries = new DeliveryStore(database);
  const folders = new Set<string>();
  for (const { id } of await store.listings({ deleted: true }))
    for (const { folder } of await deliveries.list(id)) folders.add(folder);
  const told = await Promise.all(
    [...folders].map((folder) => readFile(join(folder, 'provenance.json'), 'utf8').catch(() => '')),
  );
  return told.filter((text) => text !== '');
}
