/** `bench analyze`: 40 photos of 24 megapixels through Phase 1, against the sum of the ONNX inference alone. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { openModels } from '../models/open.node.ts';
import { groupPhotos } from '../pipeline/analyze/clustering.ts';
import { testPicture } from '../pipeline/analyze/hostile-corpus.node.ts';
import { ingestFolder } from '../pipeline/analyze/ingest.node.ts';
import { describePhotos } from '../pipeline/analyze/photos.node.ts';
import { NO_DECISIONS } from '../pipeline/domain.ts';
import type { BenchResult } from './types.ts';

const PHOTOS = 40;
const WIDTH = 6000;
const HEIGHT = 4000;
/** Milliseconds between two looks at the memory. */
const MEMORY_EVERY_MS = 50;

/** Measures steps 1 to 4 (ingest, quality, labels, grouping): cold, then with one photo added, then nothing new. */
export async function benchAnalyze(count = PHOTOS): Promise<BenchResult> {
  const work = await mkdtemp(join(tmpdir(), 'picaivid-bench-analyze-'));
  const models = await openModels();
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const timer = setInterval(look, MEMORY_EVERY_MS);
  try {
    const folder = join(work, 'photos');
    await mkdir(folder);
    const source = await makePhotos(folder, count);
    peak = 0;
    const run = async (): Promise<number> => {
      const start = performance.now();
      const { photos } = await ingestFolder(folder, { proxyDir: join(work, 'proxies') });
      const described = await describePhotos(photos, models, { cacheDir: join(work, 'described') });
      await groupPhotos(described, NO_DECISIONS);
      look();
      return (performance.now() - start) / 1000;
    };
    const before = models.inferenceSeconds();
    const first = await run();
    const inference = models.inferenceSeconds() - before;
    await makePhoto(folder, count, undefined);
    const added = await run();
    const again = await run();
    const ratio = inference > 0 ? first / inference : Number.POSITIVE_INFINITY;
    return {
      name: 'analyze',
      rows: [
        { what: `first run, ${count} photos of 24 MP`, value: first, unit: 's' },
        { what: 'ONNX inference alone', value: inference, unit: 's' },
        { what: 'wall / inference', value: ratio, unit: '×', goal: '≤ 1.25', met: ratio <= 1.25 },
        {
          what: 'one photo added / first run',
          value: added / first,
          unit: '×',
          goal: '≤ 0.05',
          met: added <= first / 20,
        },
        { what: 'nothing new', value: again, unit: 's' },
        { what: 'peak memory', value: peak / 1e9, unit: 'GB', goal: '≤ 1.2', met: peak <= 1.2e9 },
      ],
      notes: [
        `Networks: ${models.set}. Photos: ${source}.`,
        'Steps 1 to 4 of Phase 1 (ingest, quality, labels, grouping), without depth and motion planning.',
        'Peak memory includes making the photos’ decoder pages and the ONNX sessions of this process.',
      ],
    };
  } finally {
    clearInterval(timer);
    await models.close();
    await rm(work, { recursive: true, force: true });
  }
}

/** The sample listing's photos enlarged and varied; generated textures where it is absent. */
async function makePhotos(folder: string, count: number): Promise<string> {
  const listing = resolve(import.meta.dirname, '../samples/listing');
  const names = existsSync(listing) ? (await readdir(listing)).filter((name) => /\.jpe?g$/i.test(name)).sort() : [];
  for (let i = 0; i < count; i++) {
    const name = names[i % Math.max(1, names.length)];
    await makePhoto(folder, i, name === undefined ? undefined : join(listing, name));
  }
  return names.length === 0 ? 'generated textures' : 'the sample listing, enlarged';
}

async function makePhoto(folder: string, index: number, from: string | undefined): Promise<void> {
  const image = from === undefined ? testPicture(1500, 1000, 100 + index) : sharp(from).modulate({ hue: index * 3 });
  await image
    .resize(WIDTH, HEIGHT, { fit: 'fill' })
    .jpeg({ quality: 90 })
    .toFile(join(folder, `photo-${String(index).padStart(3, '0')}.jpg`));
}
