/**
 * Files of the storage that a worker needs again and again (photos, depth maps), by their content, up to a size. The
 * least lately used go first; what is in use stays.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../../db/sync/protocol.ts';

export type Fetch = (blob: BlobRef, path: string, signal: AbortSignal) => Promise<void>;

export class BlobCache {
  private readonly dir: string;
  private readonly mostBytes: number;
  private readonly fetch: Fetch;
  private readonly uses = new Map<string, number>();
  private readonly coming = new Map<string, Promise<void>>();

  /** `fetch` writes the checked file whole to the path it is given. */
  constructor(dir: string, mostBytes: number, fetch: Fetch) {
    this.dir = dir;
    this.mostBytes = mostBytes;
    this.fetch = fetch;
  }

  /** Runs with the paths of these files, which stay until it ends. One that is asked for twice is fetched once. */
  async use<T>(
    blobs: readonly BlobRef[],
    signal: AbortSignal,
    run: (paths: readonly string[]) => Promise<T>,
  ): Promise<T> {
    const names = [...new Set(blobs.map(({ sha256 }) => sha256))];
    for (const name of names) this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
    try {
      const paths: string[] = [];
      for (const blob of blobs) paths.push(await this.there(blob, signal));
      return await run(paths);
    } finally {
      for (const name of names) {
        const left = (this.uses.get(name) ?? 1) - 1;
        if (left === 0) this.uses.delete(name);
        else this.uses.set(name, left);
      }
      await this.trim();
    }
  }

  private async there(blob: BlobRef, signal: AbortSignal): Promise<string> {
    const path = join(this.dir, blob.sha256.slice(0, 2), blob.sha256);
    const known = await stat(path).catch(() => undefined);
    if (known?.size === blob.bytes) {
      const now = new Date();
      await utimes(path, now, now);
      return path;
    }
    let coming = this.coming.get(blob.sha256);
    if (coming === undefined) {
      coming = mkdir(join(this.dir, blob.sha256.slice(0, 2)), { recursive: true })
        .then(() => this.fetch(blob, path, signal))
        .finally(() => this.coming.delete(blob.sha256));
      this.coming.set(blob.sha256, coming);
    }
    await coming;
    return path;
  }

  /** Removes the least lately used until what is left fits. */
  private async trim(): Promise<void> {
    const files: { readonly path: string; readonly name: string; readonly bytes: number; readonly usedMs: number }[] =
      [];
    for (const folder of await readdir(this.dir).catch(() => []))
      for (const name of await readdir(join(this.dir, folder)).catch(() => [])) {
        const path = join(this.dir, folder, name);
        const info = await stat(path).catch(() => undefined);
        if (info?.isFile()) files.push({ path, name, bytes: info.size, usedMs: info.mtimeMs });
      }
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.mostBytes) return;
      if (this.uses.has(file.name)) continue;
      await rm(file.path, { force: true });
      total -= file.bytes;
    }
  }
}
