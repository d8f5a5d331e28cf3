/** A test file's own folder with a small listing, and hosts that do not outlive their test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { smallListing } from '../../testing/listing.node.ts';
import { type ChildOptions, type HostChild, hostChild } from './host.node.ts';

export interface TestHosts {
  /** Taken away with everything in it when the file's tests are over. */
  readonly base: string;
  /** The folder of the small listing, in `base`. */
  readonly photos: string;
  /** Starts a host whose home is `home`, in `base` unless it is absolute. */
  start(home: string, options?: Omit<ChildOptions, 'home'>): Promise<HostChild>;
}

/** For the top of a test file: what it begins and ends is bound to that file's tests. */
export function testHosts(name: string, count: number, folder = '4_alder_court'): TestHosts {
  const base = mkdtempSync(join(tmpdir(), `${name}-`));
  const photos = join(base, folder);
  const open = new Set<HostChild>();
  beforeAll(() => smallListing(photos, count));
  afterEach(async () => {
    for (const host of open) await host.kill('SIGKILL');
    open.clear();
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  return {
    base,
    photos,
    start: async (home, options = {}) => {
      const host = await hostChild({ ...options, home: resolve(base, home) });
      open.add(host);
      return host;
    },
  };
}
