/** Files of takes: what is recorded of one when it is made, and whether the one on disk is still that one. */
import { stat } from 'node:fs/promises';
import { sha256File } from '../base/files.node.ts';
import type { TakeFile } from '../db/results.node.ts';
import type { Take } from '../pipeline/domain.ts';
import { FileHashes } from './clip-spec.node.ts';

export type FileState = 'present' | 'missing' | 'altered';

/** What there is to compare with; null for takes of before it was recorded. */
export interface RecordedFile {
  readonly path: string;
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly mtimeMs: number | null;
}

/** Size, time and hash of each take's file, by spec hash. */
export async function takeFiles(takes: readonly Take[]): Promise<ReadonlyMap<string, TakeFile>> {
  const files = new Map<string, TakeFile>();
  for (const { specHash, path } of takes) {
    const { size, mtimeMs } = await stat(path);
    files.set(specHash, { sha256: await sha256File(path), bytes: size, mtimeMs });
  }
  return files;
}

const hashes = new FileHashes();

/**
 * Whether the take's file is the one that was rendered: by size and time at a glance; by hash only when these differ
 * from what was recorded, once for each such file (a library that was copied has other times).
 */
export async function takeFileState({ path, sha256, bytes, mtimeMs }: RecordedFile): Promise<FileState> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || !info.isFile()) return 'missing';
  if (bytes !== null && info.size !== bytes) return 'altered';
  if (sha256 === null) return info.size > 0 ? 'present' : 'altered';
  if (mtimeMs !== null && info.mtimeMs === mtimeMs) return 'present';
  return hashes.of(path).then(
    (hash) => (hash === sha256 ? 'present' : 'altered'),
    () => 'missing',
  );
}

/** The same by every byte: before a file goes into a film. */
export async function verifyTakeFile({ path, sha256, bytes }: RecordedFile): Promise<FileState> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || !info.isFile()) return 'missing';
  if (bytes !== null && info.size !== bytes) return 'altered';
  if (sha256 === null) return info.size > 0 ? 'present' : 'altered';
  return sha256File(path).then(
    (hash) => (hash === sha256 ? 'present' : 'altered'),
    () => 'missing',
  );
}
