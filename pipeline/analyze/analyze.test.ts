import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModels } from '../../models/open.node.ts';
import type { Models } from '../../models/types.ts';
import { type Analysis, type HumanDecisions, NO_DECISIONS, type Progress } from '../domain.ts';
import { analysisToJson, analyze } from './analyze.node.ts';
import { ingestFolder } from './ingest.node.ts';
import { writeScene } from './scene-testing.node.ts';

const here = spawnSync('colmap', ['-h']).status === 0;

describe('a listing of one room seen six times', () => {
  let work: string;
  let folder: string;
  let models: Models;
  let decisions: HumanDecisions;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'picaivid-analyze-test-'));
    folder = join(work, 'photos');
    await writeScene(folder, { width: 640 });
    models = await openModels({ set: 'none' });
    // The scene is no photo: a person says what it is.
    const { photos } = await ingestFolder(folder, { proxyDir: join(work, 'work/proxies') });
    decisions = { ...NO_DECISIONS, roomOverride: Object.fromEntries(photos.map(({ id }) => [id, 'living_room'])) };
  });
  afterAll(async () => {
    await models.close();
    await rm(work, { recursive: true, force: true });
  });

  const analysis = (colmapPath: string | undefined, progress: Progress[] = []): Promise<Analysis> =>
    analyze({ folder, decisions }, models, {
      workDir: join(work, 'work'),
      ltxEnabled: false,
      ...(colmapPath === undefined ? {} : { colmapPath }),
      onProgress: (one) => progress.push(one),
    });
  const tiers = ({ clusters }: Analysis): readonly string[] => [
    ...new Set(clusters.flatMap(({ shots }) => shots.map(({ tier }) => tier))),
  ];

  it('may travel but not go around without COLMAP, and with one that fails', async () => {
    const progress: Progress[] = [];
    const none = await analysis(join(work, 'nowhere'), progress);
    expect(none.clusters).toHaveLength(1);
    expect(none.clusters[0]).toMatchObject({
      sfmEligible: true,
      imageCount: 6,
      debugMetrics: { reconstruction: 'no colmap: COLMAP_PATH names no program' },
    });
    expect(tiers(none)).toEqual(['2.5d']);
    expect(none.clusters[0]?.shots.flatMap(({ allowedMotions }) => allowedMotions)).not.toContain('orbit_left');
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    const grouping = progress.filter(({ sentence }) => sentence.startsWith('Grouping'));
    expect(
      new Set(grouping.map(({ fraction }) => fraction)).size,
      'the bar moves while photos are grouped',
    ).toBeGreaterThan(1);

    const failing = join(work, 'failing-fake-colmap');
    await writeFile(failing, '#!/bin/sh\n[ "$1" = -h ] && echo "COLMAP 3.8 fake" || exit 3\n');
    await chmod(failing, 0o755);
    const failed = await analysis(failing);
    expect(failed.clusters[0]?.debugMetrics.reconstruction).toBe('failed: feature_extractor ended with exit code 3');
    expect(failed.clusters[0]?.shots).toEqual(none.clusters[0]?.shots);
  });

  it.skipIf(!here)('orbits with COLMAP (skipped where it is not on the PATH)', { timeout: 120_000 }, async () => {
    const progress: Progress[] = [];
    const with3d = await analysis(undefined, progress);
    const cluster = with3d.clusters[0];
    expect(cluster?.debugMetrics).toMatchObject({
      reconstruction: 'registered 6 of 6',
      reconstruction_registered_share: 1,
    });
    expect(cluster?.debugMetrics.reconstruction_error_px).toBeLessThan(1);
    expect(tiers(with3d)).toEqual(['3d']);
    expect(cluster?.shots[0]).toMatchObject({ recommendedMotion: 'orbit_left', modelRecommendation: 'depth_parallax' });
    expect(cluster?.shots[0]?.reason).toBe(
      'Orbit left: the room is known from several sides. The room was reconstructed from overlapping photos, so the camera may go around things.',
    );
    for (const shot of cluster?.shots ?? [])
      expect(shot.allowedMotions).toEqual(expect.arrayContaining(['orbit_left', 'orbit_right']));
    expect(progress.map(({ sentence }) => sentence)).toContain('Reconstructing the living room, 6 photos');
    expect(analysisToJson(with3d).clusters).toEqual([expect.objectContaining({ reconstruction: 'registered 6 of 6' })]);
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    // From the kept files: equal to the last digit.
    progress.length = 0;
    expect(await analysis(undefined, progress)).toEqual(with3d);
    expect(progress.map(({ sentence }) => sentence)).not.toContain('Reconstructing the living room, 6 photos');
  });
});
