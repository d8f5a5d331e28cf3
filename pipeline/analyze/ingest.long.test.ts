import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutatedFiles } from './hostile-corpus.node.ts';
import { ingestFolder } from './ingest.node.ts';

describe('ingest, at length', () => {
  it('survives 10,000 mutated files in bounded memory', { timeout: 1_800_000 }, async () => {
    const base = await mkdtemp(join(tmpdir(), 'picaivid-mutated-'));
    try {
      for (let batch = 0; batch < 20; batch++) {
        const folder = join(base, `${batch}`);
        await mkdir(folder);
        for await (const { name, bytes } of mutatedFiles(500, 1000 + batch)) await writeFile(join(folder, name), bytes);
        const { photos, rejected } = await ingestFolder(folder, { proxyDir: join(base, `p${batch}`) });
        expect(photos.length + rejected.length).toBe(500);
        expect(rejected.filter(({ code }) => code === 'internal')).toEqual([]);
        await rm(folder, { recursive: true });
        await rm(join(base, `p${batch}`), { recursive: true });
      }
      expect(process.memoryUsage().rss).toBeLessThan(1.2e9);
    } finally {
      await rm(base, { recursive: true, force: true });
    }
  });
});
