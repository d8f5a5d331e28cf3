/** The networks on disk: where they lie, in what state, fetching, verifying, removing. */
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled } from '../base/errors.ts';
import { readJsonFile, sha256File, writeFileAtomic } from '../base/files.node.ts';
import { CATALOGUE, type CatalogueEntry, type ModelFile } from './catalogue.ts';
import { type DownloadOptions, downloadFile } from './download.node.ts';
import type { ModelRole, ModelSet } from './types.ts';

export type FileState = 'missing' | 'partial' | 'complete' | 'damaged';
export type UserSet = 'standard' | 'light';

export interface StoreOptions {
  /** Folder of all networks; default MODEL_CACHE_DIR, else below the user's cache folder. */
  readonly modelDir?: string;
  /** Address of the hub; default MODEL_MIRROR, else HF_ENDPOINT, else the hub itself. */
  readonly mirror?: string;
  readonly entries?: readonly CatalogueEntry[];
}

export interface ListedModel {
  readonly name: string;
  readonly roles: readonly ModelRole[];
  readonly sets: readonly ModelSet[];
  readonly licence: string;
  readonly bytes: number;
  readonly state: FileState;
  readonly folder: string;
}

export interface ListedFile {
  readonly model: string;
  readonly file: string;
  readonly state: FileState;
}

export interface PullOptions extends StoreOptions, Pick<DownloadOptions, 'attempts' | 'backoffSeconds'> {
  /** Bytes over all files of the set. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

const HUB = 'https://huggingface.co';
/** Sizes and hashes as first fetched, for files whose catalogue entry names none. */
const PINS = 'pins.json';
const pinsSchema = z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() }));
type Pins = z.infer<typeof pinsSchema>;

function userCache(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
}

export function modelFolder(modelDir?: string): string {
  const set = modelDir ?? process.env.MODEL_CACHE_DIR;
  return set === undefined || set === '' ? join(userCache(), 'picaivid', 'models') : resolve(set);
}

/** Where a network's files lie. */
export function entryFolder(entry: CatalogueEntry, modelDir?: string): string {
  return join(modelFolder(modelDir), entry.name);
}

async function readPins(folder: string): Promise<Pins> {
  try {
    const parsed = pinsSchema.safeParse(await readJsonFile(join(folder, PINS)));
    return parsed.success ? parsed.data : {};
  } catch {
    // Not JSON: as good as none, the files are then fetched and pinned anew.
    return {};
  }
}

function expected(file: ModelFile, pins: Pins): { readonly bytes?: number; readonly sha256?: string } {
  const bytes = file.bytes ?? pins[file.path]?.bytes;
  const sha256 = file.sha256 ?? pins[file.path]?.sha256;
  return { ...(bytes === undefined ? {} : { bytes }), ...(sha256 === undefined ? {} : { sha256 }) };
}

/** By size, or also by hash when `thorough`. A whole file that nothing vouches for counts as partial. */
async function fileState(folder: string, file: ModelFile, pins: Pins, thorough: boolean): Promise<FileState> {
  const path = join(folder, file.path);
  if (!existsSync(path)) return existsSync(`${path}.part`) ? 'partial' : 'missing';
  const { bytes, sha256 } = expected(file, pins);
  if (bytes === undefined) return 'partial';
  if ((await stat(path)).size !== bytes) return 'damaged';
  return thorough && sha256 !== undefined && (await sha256File(path)) !== sha256 ? 'damaged' : 'complete';
}

/** The state of a network: `complete` only when each file is; sizes only, so it is quick. */
export async function entryState(entry: CatalogueEntry, modelDir?: string): Promise<FileState> {
  const folder = entryFolder(entry, modelDir);
  const pins = await readPins(folder);
  const states = await Promise.all(entry.files.map((file) => fileState(folder, file, pins, false)));
  if (states.includes('damaged')) return 'damaged';
  const [first] = states;
  return first !== undefined && states.every((state) => state === first) ? first : 'partial';
}

function bytesOf(entry: CatalogueEntry): number {
  return entry.files.reduce((sum, file) => sum + (file.bytes ?? file.aboutBytes ?? 0), 0);
}

/** Every network that users can have, with its state; the fixtures are never among them. */
export async function listModels(options: StoreOptions = {}): Promise<ListedModel[]> {
  const entries = (options.entries ?? CATALOGUE).filter((entry) => entry.repository !== undefined);
  return Promise.all(
    entries.map(async (entry) => ({
      name: entry.name,
      roles: entry.roles,
      sets: entry.sets,
      licence: entry.licence,
      bytes: bytesOf(entry),
      state: await entryState(entry, options.modelDir),
      folder: entryFolder(entry, options.modelDir),
    })),
  );
}

function setEntries(set: UserSet, options: StoreOptions): readonly CatalogueEntry[] {
  return (options.entries ?? CATALOGUE).filter((entry) => entry.sets.includes(set) && entry.repository !== undefined);
}

/** True when every network of the set is complete. */
export async function isInstalled(set: UserSet, options: StoreOptions = {}): Promise<boolean> {
  const states = await Promise.all(setEntries(set, options).map((entry) => entryState(entry, options.modelDir)));
  return states.length > 0 && states.every((state) => state === 'complete');
}

/**
 * Fetches what is missing of a set, going on where an earlier call stopped. A damaged file is fetched again.
 * Errors: those of `downloadFile`.
 */
export async function pullSet(set: UserSet, options: PullOptions = {}): Promise<void> {
  const hub = (options.mirror || process.env.MODEL_MIRROR || process.env.HF_ENDPOINT || HUB).replace(/\/+$/, '');
  const jobs = setEntries(set, options).flatMap((entry) => entry.files.map((file) => ({ entry, file })));
  const total = jobs.map(({ file }) => file.bytes ?? file.aboutBytes ?? 0);
  const done = jobs.map(() => 0);
  const report = (): void =>
    options.onProgress?.({ bytes: done.reduce((a, b) => a + b, 0), total: total.reduce((a, b) => a + b, 0) });
  for (const [i, { entry, file }] of jobs.entries()) {
    throwIfCancelled(options.signal);
    const folder = entryFolder(entry, options.modelDir);
    const path = join(folder, file.path);
    const pins = await readPins(folder);
    if ((await fileState(folder, file, pins, true)) !== 'complete') {
      await rm(path, { force: true });
      // Only the catalogue's own figures bind a new download: a pin says what was fetched before, not what is right.
      const got = await downloadFile(`${hub}/${entry.repository}/resolve/main/${file.path}`, path, {
        ...expected(file, {}),
        ...(file.aboutBytes === undefined ? {} : { aboutBytes: file.aboutBytes }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
        ...(options.backoffSeconds === undefined ? {} : { backoffSeconds: options.backoffSeconds }),
        onProgress: ({ bytes, total: known }) => {
          done[i] = bytes;
          total[i] = Math.max(bytes, known ?? total[i] ?? 0);
          report();
        },
      });
      await writeFileAtomic(join(folder, PINS), JSON.stringify({ ...pins, [file.path]: got }, null, 2));
    }
    done[i] = (await stat(path)).size;
    total[i] = done[i] ?? 0;
    report();
  }
}

/** Each file of a set with its state, hashes included. Nothing is changed. */
export async function verifySet(set: UserSet, options: StoreOptions = {}): Promise<ListedFile[]> {
  const out: ListedFile[] = [];
  for (const entry of setEntries(set, options)) {
    const folder = entryFolder(entry, options.modelDir);
    const pins = await readPins(folder);
    for (const file of entry.files)
      out.push({
        model: entry.name,
        file: `${entry.name}/${file.path}`,
        state: await fileState(folder, file, pins, true),
      });
  }
  return out;
}

/** Removes one network's folder. Throws `bad_usage` for a name that is not in the catalogue. */
export async function removeModel(name: string, options: StoreOptions = {}): Promise<void> {
  const entry = (options.entries ?? CATALOGUE).find((one) => one.name === name && one.repository !== undefined);
  if (entry === undefined) throw new PicaividError('bad_usage', `There is no network "${name}".`);
  await rm(entryFolder(entry, options.modelDir), { recursive: true, force: true });
}
