import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModels } from '../../models/open.node.ts';
import { NO_DECISIONS } from '../domain.ts';
import { adjustedRandIndex, pairwiseF1 } from './cluster-metrics.ts';
import { groupPhotos } from './clustering.ts';
import { groupPhotosKept } from './grouping.node.ts';
import { ingestFolder } from './ingest.node.ts';
import { describePhotos } from './photos.node.ts';
import type { DescribedPhoto } from './types.ts';

const fixtures = resolve(import.meta.dirname, '../..', process.env.PICAIVID_FIXTURES ?? '../shared/fixtures');

describe.skipIf(!existsSync(join(fixtures, 'photos/photos.csv')))('the fixture photos (skipped where absent)', () => {
  let work: string;
  let described: DescribedPhoto[];
  let truth: Map<string, { room: string; place: string }>;
  const idOf = (part: string): string => {
    const found = described.find(({ photo }) => photo.file.startsWith(`listing/${part}`));
    if (found === undefined) throw new Error(`no photo ${part}`);
    return found.photo.id;
  };
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'picaivid-photos-'));
    const rows = (await readFile(join(fixtures, 'photos/photos.csv'), 'utf8')).trim().split('\n').slice(1);
    truth = new Map(
      rows.map((row) => {
        const [file = '', room = '', place = ''] = row.split(',');
        return [file, { room, place: place === '' ? file : place }];
      }),
    );
    const { photos } = await ingestFolder(join(fixtures, 'photos'), { proxyDir: join(work, 'proxies') });
    const models = await openModels({ set: 'fixture' });
    try {
      described = await describePhotos(photos, models, { cacheDir: join(work, 'described') });
      const spent = models.inferenceSeconds();
      expect(await describePhotos(photos, models, { cacheDir: join(work, 'described') })).toEqual(described);
      expect(models.inferenceSeconds(), 'the second run must come from the cache').toBe(spent);
    } finally {
      await models.close();
    }
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  it('labels at least 85 % of the rooms right', () => {
    const confusion = new Map<string, number>();
    let right = 0;
    for (const { photo, label } of described) {
      const room = truth.get(photo.file)?.room ?? '';
      if (room === label.roomLabel) right++;
      const key = `${room} → ${label.roomLabel}`;
      confusion.set(key, (confusion.get(key) ?? 0) + 1);
      expect(label.roomDistribution.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    }
    const table = [...confusion].sort().map(([key, count]) => `${key}: ${count}`);
    process.stdout.write(`${right} of ${described.length} right\n${table.join('\n')}\n`);
    expect(right / described.length).toBeGreaterThanOrEqual(0.85);
  });

  it('groups the listing into places, keeps bedrooms apart, finds the near-duplicates', async () => {
    const listing = described.filter(({ photo }) => photo.file.startsWith('listing/'));
    const groups = await groupPhotos(listing, NO_DECISIONS);
    const clusterOf = (id: string): string => groups.clusters.find(({ photoIds }) => photoIds.includes(id))?.id ?? '';
    const same = (...parts: string[]): number => new Set(parts.map((part) => clusterOf(idOf(part)))).size;
    expect(same('patio-01', 'patio-02', 'patio-03')).toBe(1);
    expect(same('kitchen-01', 'kitchen-02', 'kitchen-03')).toBe(1);
    expect(groups.clusters.find(({ id }) => id === clusterOf(idOf('kitchen-01')))?.roomType).toBe('kitchen');
    expect(same('bedroom-07', 'bedroom-09')).toBe(1);
    expect(same('bedroom-07', 'bedroom-15', 'bedroom-16')).toBe(3);
    expect(same('hallway-01', 'staircase-01')).toBe(2);
    expect(groups.duplicates.flatMap(({ photoId, duplicateOf }) => [photoId, duplicateOf]).sort()).toEqual(
      [idOf('bedroom-07'), idOf('bedroom-09')].sort(),
    );
    const places = listing.map(({ photo }) => truth.get(photo.file)?.place ?? '');
    const found = listing.map(({ photo }) => clusterOf(photo.id));
    const ari = adjustedRandIndex(places, found);
    process.stdout.write(`listing: ARI ${ari.toFixed(3)}, pairs ${JSON.stringify(pairwiseF1(places, found))}\n`);
    expect(ari).toBeGreaterThan(0.8);
  });

  it('groups the same with pairs kept on disk, reads a damaged file as none, and stops when cancelled', async () => {
    const listing = described.filter(({ photo }) => photo.file.startsWith('listing/'));
    const cacheDir = join(work, 'pairs');
    const plain = await groupPhotos(listing, NO_DECISIONS);
    const sentences: string[] = [];
    const onProgress = ({ sentence }: { sentence: string }): number => sentences.push(sentence);
    expect(await groupPhotosKept(listing, NO_DECISIONS, { cacheDir, onProgress })).toEqual(plain);
    expect(sentences.length).toBeGreaterThan(1);
    const stopped = groupPhotosKept(listing, NO_DECISIONS, { cacheDir, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    sentences.length = 0;
    expect(await groupPhotosKept(listing, NO_DECISIONS, { cacheDir, onProgress })).toEqual(plain);
    expect(sentences, 'nothing was compared again').toHaveLength(1);
    await writeFile(join(cacheDir, 'pairs.json'), '{"version":1,"pairs":[["x"');
    expect(await groupPhotosKept(listing, NO_DECISIONS, { cacheDir })).toEqual(plain);
  });

  it('never breaks what a person linked, split or labelled', async () => {
    const listing = described.filter(({ photo }) => photo.file.startsWith('listing/'));
    const [a, b, c] = [idOf('bedroom-15'), idOf('bathroom-01'), idOf('patio-02')];
    const groups = await groupPhotos(listing, {
      ...NO_DECISIONS,
      mustLink: [[a, b]],
      cannotLink: [[idOf('patio-01'), c]],
      roomOverride: { [c]: 'garden' },
      excluded: [idOf('garden-01')],
      heroes: [idOf('bedroom-09')],
    });
    const clusterOf = (id: string) => groups.clusters.find(({ photoIds }) => photoIds.includes(id));
    expect(clusterOf(a)?.id).toBe(clusterOf(b)?.id);
    expect(clusterOf(idOf('patio-01'))?.id).not.toBe(clusterOf(c)?.id);
    expect(clusterOf(idOf('garden-01'))).toBeUndefined();
    expect(clusterOf(idOf('bedroom-09'))?.heroPhotoId).toBe(idOf('bedroom-09'));
    expect(groups.clusters.flatMap(({ photoIds }) => photoIds)).toHaveLength(listing.length - 1);
  });
});
