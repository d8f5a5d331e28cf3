/** Grouping for real jobs: the thread stays free between comparisons, and what was compared once is kept on disk. */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { throwIfCancelled } from '../../base/errors.ts';
import { readJsonFile, writeFileAtomic } from '../../base/files.node.ts';
import type { HumanDecisions, OnProgress } from '../domain.ts';
import { compareDescribed, groupPhotos, type PairComparer } from './clustering.ts';
import type { DescribedPhoto, PairOverlap, PhotoGroups } from './types.ts';

/** Raised whenever features or their comparison would come out differently. */
const PAIRS_VERSION = 1;
/** Pairs kept, about 150 bytes each: four jobs of 500 photos. The oldest go first. */
const MAX_PAIRS = 24_000;
/** Milliseconds of comparing between two turns of the event loop. */
const TURN_MS = 12;

export interface GroupKeptOptions {
  /** Holds `pairs.json`; made when absent. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** matches, inliers, coverage, verified (0 or 1), parallax, viewChange. */
const figures = z.tuple([z.int().min(0), z.int().min(0), z.number(), z.int().min(0).max(1), z.number(), z.number()]);
const keptSchema = z.object({ version: z.literal(PAIRS_VERSION), pairs: z.array(z.tuple([z.string(), figures])) });
type Kept = Map<string, z.infer<typeof figures>>;

/**
 * `groupPhotos` with progress, cancellation (`cancelled`, within some 20 ms) and a file of known pairs by the photos'
 * contents. A damaged file only costs the comparisons again. Also `disk_full`, `output_unwritable`.
 */
export async function groupPhotosKept(
  described: readonly DescribedPhoto[],
  decisions: HumanDecisions,
  { cacheDir, signal, onProgress }: GroupKeptOptions,
): Promise<PhotoGroups> {
  const path = join(cacheDir, 'pairs.json');
  const compare: PairComparer = async (photos, pairs) => {
    const kept = await readKept(path);
    let fresh = false;
    let turn = performance.now();
    const out: PairOverlap[] = [];
    try {
      for (const [k, [i, j]] of pairs.entries()) {
        const a = photos[i] as DescribedPhoto;
        const b = photos[j] as DescribedPhoto;
        const key = `${a.photo.sha256} ${b.photo.sha256}`;
        const known = kept.get(key);
        if (known === undefined) {
          const overlap = compareDescribed(a, b);
          out.push(overlap);
          kept.set(key, toFigures(overlap));
          fresh = true;
          if (performance.now() - turn > TURN_MS) {
            onProgress?.({ fraction: k / pairs.length, sentence: 'Grouping photos into rooms' });
            await nextTurn();
            throwIfCancelled(signal);
            turn = performance.now();
          }
        } else out.push(fromFigures(a.photo.id, b.photo.id, known));
      }
    } finally {
      // Cancelled work is kept too: the next run goes on from here.
      if (fresh) {
        const pairsKept = [...kept].slice(-MAX_PAIRS);
        await writeFileAtomic(path, JSON.stringify({ version: PAIRS_VERSION, pairs: pairsKept }));
      }
    }
    return out;
  };
  throwIfCancelled(signal);
  const groups = await groupPhotos(described, decisions, { compare });
  throwIfCancelled(signal);
  onProgress?.({ fraction: 1, sentence: 'Grouping photos into rooms' });
  return groups;
}

async function readKept(path: string): Promise<Kept> {
  try {
    return new Map(keptSchema.parse(await readJsonFile(path)).pairs);
  } catch {
    return new Map(); // absent or damaged
  }
}

function toFigures(o: PairOverlap): z.infer<typeof figures> {
  return [o.matches, o.inliers, o.coverage, o.verified ? 1 : 0, o.parallax, o.viewChange];
}

function fromFigures(a: string, b: string, known: z.infer<typeof figures>): PairOverlap {
  const [matches, inliers, coverage, verified, parallax, viewChange] = known;
  return { a, b, matches, inliers, coverage, verified: verified === 1, parallax, viewChange };
}
