/** `bench analyze`: 40 photos of 24 megapixels through Phase 1, against the sum of the ONNX inference alone. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { z } from 'zod';
import { openModels } from '../models/open.node.ts';
import { analyze } from '../pipeline/analyze/analyze.node.ts';
import { testPicture } from '../pipeline/analyze/hostile-corpus.node.ts';
import { NO_DECISIONS } from '../pipeline/domain.ts';
import type { BenchResult } from './types.ts';

const PHOTOS = 40;
const WIDTH = 6000;
const HEIGHT = 4000;

const runSchema = z.object({
  seconds: z.number(),
  inferenceSeconds: z.number(),
  /** Bytes, the whole life of the process: Node itself, the sessions and both pixel threads. */
  peakBytes: z.number(),
  photos: z.int(),
  set: z.string(),
});
type Run = z.infer<typeof runSchema>;

/** All of Phase 1 (ingest to motion plan), each run in a process of its own: cold, one photo more, nothing new. */
export async function benchAnalyze(count = PHOTOS): Promise<BenchResult> {
  const work = await mkdtemp(join(tmpdir(), 'picaivid-bench-analyze-'));
  try {
    const folder = join(work, 'photos');
    await mkdir(folder);
    const source = await makePhotos(folder, count);
    const first = await runApart(work);
    await makePhoto(folder, count, undefined);
    const added = await runApart(work);
    const again = await runApart(work);
    const ratio = first.inferenceSeconds > 0 ? first.seconds / first.inferenceSeconds : Number.POSITIVE_INFINITY;
    const more = added.seconds / first.seconds;
    const peak = first.peakBytes / 1e9;
    return {
      name: 'analyze',
      rows: [
        { what: `first run, ${count} photos of 24 MP`, value: first.seconds, unit: 's' },
        { what: 'ONNX inference alone', value: first.inferenceSeconds, unit: 's' },
        { what: 'wall / inference', value: ratio, unit: '×', goal: '≤ 1.25', met: ratio <= 1.25 },
        { what: 'one photo added / first run', value: more, unit: '×', goal: '≤ 0.05', met: more <= 0.05 },
        { what: 'nothing new', value: again.seconds, unit: 's' },
        { what: 'peak memory of the first run', value: peak, unit: 'GB', goal: '≤ 1.2', met: peak <= 1.2 },
      ],
      notes: [
        `Networks: ${first.set}. Photos: ${source}; ${first.photos} accepted.`,
        'All of Phase 1: ingest, quality, labels, grouping, depth, motion plan. Starting Node is not counted, opening the networks is.',
      ],
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One analysis in a fresh process, so that the peak is that of the analysis and not of making the photos. */
async function runApart(work: string): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    import.meta.filename,
    work,
  ]);
  return runSchema.parse(JSON.parse(stdout));
}

async function runHere(work: string): Promise<Run> {
  const start = performance.now();
  const models = await openModels();
  try {
    const input = { folder: join(work, 'photos'), decisions: NO_DECISIONS };
    const { photos } = await analyze(input, models, { workDir: join(work, 'work'), ltxEnabled: false });
    return {
      seconds: (performance.now() - start) / 1000,
      inferenceSeconds: models.inferenceSeconds(),
      peakBytes: process.resourceUsage().maxRSS * 1024,
      photos: photos.length,
      set: models.set,
    };
  } finally {
    await models.close();
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

const [, script, childWork] = process.argv;
if (script === import.meta.filename && childWork !== undefined)
  process.stdout.write(JSON.stringify(await runHere(childWork)));
