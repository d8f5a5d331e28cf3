import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Analysis, RenderedClip, Timeline } from '../pipeline/domain.ts';
import { createJob, findJob, loadDecisions, saveDecisions, transitionJob } from './jobs.node.ts';
import { type Database, migrateDown, migrateUp, migrationStatus, openDatabase, openMigrated } from './open.node.ts';
import {
  loadAnalysis,
  loadRenderedClips,
  loadTimeline,
  saveAnalysis,
  saveRenderedClip,
  saveTimeline,
} from './results.node.ts';
import { startTestPostgres } from './testing/postgres.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'picaivid-db-'));
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const analysis: Analysis = {
  photos: ['a', 'b'].map((name) => ({
    id: `p_${name}`,
    file: `${name}.jpg`,
    path: `/listing/${name}.jpg`,
    sha256: name.repeat(64),
    width: 3000,
    height: 2000,
    orientation: 1,
    proxies: { 320: 's', 1280: 'm', 2560: 'l' },
    sharpness: 0.5,
    exposureScore: 0.25,
    compositionScore: 0.75,
    baseScore: 0.5,
    finalScore: 0.625,
    verticalTiltDegrees: 0,
    lineStrength: 0.5,
    focus: { x: 0.5, y: 0.5 },
    roomLabel: 'kitchen',
    roomProbability: 0.875,
    roomDistribution: [1, 0],
    clusterId: 'c_1',
    ...(name === 'b' ? { duplicateOf: 'p_a' } : {}),
  })),
  clusters: [
    {
      id: 'c_1',
      roomType: 'kitchen',
      confidenceTier: 'high',
      photoIds: ['p_a', 'p_b'],
      heroPhotoId: 'p_a',
      imageCount: 2,
      overlapScore: 1,
      depthVariance: 0.125,
      sfmEligible: false,
      debugMetrics: { silhouette: 0.5 },
      shots: [
        {
          photoId: 'p_a',
          recommendedMotion: 'push_in',
          allowedMotions: ['push_in', 'static'],
          recommendedDurationSeconds: 3.5,
          tier: '2.5d',
          modelRecommendation: 'depth_parallax',
          amount: 0.5,
          value: 0.75,
          reason: 'deep room',
        },
      ],
    },
  ],
  rejected: [{ file: 'x.txt', code: 'image_unsupported', message: 'not a picture' }],
  models: { depth: 'METER' },
};

const timeline = (id: string, clipId: string, version = 1): Timeline => ({
  id,
  version,
  status: 'draft',
  template: 'classic',
  frameRate: { num: 30, den: 1 },
  width: 1920,
  height: 1080,
  clips: [
    {
      id: clipId,
      orderKey: 'a0',
      photoId: 'p_a',
      clusterId: 'c_1',
      motion: 'push_in',
      amount: 0.5,
      renderer: 'depth_parallax',
      moveFrames: 70,
      sourceInFrame: 5,
      durationFrames: 60,
      transitionIn: { type: 'cut', frames: 0 },
      audioPolicy: 'mute',
      reason: 'opens',
    },
  ],
  beats: [{ frame: 0, beatInBar: 1, confidence: 1 }],
  music: {
    segments: [{ filmStartFrame: 0, filmEndFrame: 60, musicStartSeconds: 1.5 }],
    fadeInFrames: 0,
    fadeOutFrames: 15,
  },
  titles: [],
  markers: [],
  leftOut: [{ photoId: 'p_b', reason: 'nearly the same as a.jpg' }],
});

describe.each(['sqlite', 'postgres'] as const)('%s', (dialect) => {
  let database: Database;
  let count = 0;
  beforeEach(async () => {
    await database?.close();
    count++;
    database = await openDatabase(
      dialect === 'sqlite' ? join(folder, `db-${count}.sqlite`) : await postgres.createDatabase(),
    );
    await migrateUp(database);
  });
  afterAll(() => database.close());

  const aJob = () =>
    createJob(database, {
      listingId: 'listing-1',
      template: 'classic',
      targetSeconds: 45,
      musicPath: null,
      options: { folder: 'in', out: 'out.mp4', renderer: 'depth_parallax', modelSet: 'auto', beatSync: true },
    });

  test('migrations go up, tell their status, go down over data and up again', async () => {
    await aJob();
    expect((await migrationStatus(database)).every((state) => state.appliedAt !== undefined)).toBe(true);
    expect(await migrateUp(database)).toEqual([]);
    expect(await migrateDown(database)).toBe('006-fleet-turns');
    expect(await migrateDown(database)).toBe('005-team');
    expect(await migrateDown(database)).toBe('004-review');
    expect(await migrateDown(database)).toBe('003-films');
    expect(await migrateDown(database)).toBe('002-studio');
    expect(await migrateDown(database)).toBe('001-pipeline');
    expect((await migrationStatus(database)).every((state) => state.appliedAt === undefined)).toBe(true);
    expect(await migrateUp(database)).toEqual([
      '001-pipeline',
      '002-studio',
      '003-films',
      '004-review',
      '005-team',
      '006-fleet-turns',
    ]);
    expect(await findJob(database)).toBeUndefined();
  });

  test('a database of a newer program is refused with a sentence, untouched', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('999-future', '2030-01-01T00:00:00.000Z')`.execute(
      database.db,
    );
    await expect(migrateUp(database)).rejects.toMatchObject({ code: 'database_newer' });
    await expect(migrateDown(database)).rejects.toMatchObject({ code: 'database_newer' });
  });

  test('an analysis is read back as it was stored, and replaced whole', async () => {
    const id = await aJob();
    expect(await loadAnalysis(database, id)).toBeUndefined();
    await saveAnalysis(database, id, analysis);
    await saveAnalysis(database, id, analysis);
    expect(await loadAnalysis(database, id)).toEqual(analysis);
  });

  test('human decisions survive a new analysis and show in the seed’s columns', async () => {
    const id = await aJob();
    await saveAnalysis(database, id, analysis);
    await saveDecisions(database, id, [
      { kind: 'room_override', photoId: 'p_a', room: 'dining_room' },
      { kind: 'exclude', photoId: 'p_b', excluded: true },
      { kind: 'motion', photoId: 'p_a', motion: 'pan_left' },
      { kind: 'duration', photoId: 'p_a', seconds: 4 },
      { kind: 'hero', photoId: 'p_a', hero: true },
      { kind: 'link', pair: ['p_b', 'p_a'], link: 'cannot' },
    ]);
    await saveDecisions(database, id, [{ kind: 'motion', photoId: 'p_a', motion: null }]);
    await saveAnalysis(database, id, analysis);
    expect(await loadDecisions(database, id)).toEqual({
      roomOverride: { p_a: 'dining_room' },
      excluded: ['p_b'],
      mustLink: [],
      cannotLink: [['p_a', 'p_b']],
      heroes: ['p_a'],
      motions: {},
      durationsSeconds: { p_a: 4 },
    });
    const rows = await database.db
      .selectFrom('photos')
      .select(['photo_key', 'room_override', 'exclude'])
      .orderBy('photo_key')
      .execute();
    expect(rows.map((row) => [row.photo_key, row.room_override, Boolean(row.exclude)])).toEqual([
      ['p_a', 'dining_room', false],
      ['p_b', null, true],
    ]);
  });

  test('timeline versions and takes are read back; the same take twice is once', async () => {
    const id = await aJob();
    await saveAnalysis(database, id, analysis);
    await saveTimeline(database, id, { timeline: timeline('t1', 'k1'), track: null, inputsKey: 'i' });
    await saveTimeline(database, id, { timeline: timeline('t2', 'k2', 2), track: null, inputsKey: 'i' });
    expect((await loadTimeline(database, id))?.timeline).toEqual(timeline('t2', 'k2', 2));
    const take = {
      specHash: 'h',
      spec: {
        photoSha256: 'a',
        depthSha256: null,
        motion: 'push_in',
        amount: 0.5,
        renderer: 'ken_burns',
        frames: 70,
        frameRate: { num: 30, den: 1 },
        width: 1920,
        height: 1080,
        focus: { x: 0.5, y: 0.5 },
        seed: 1,
      },
      path: 'clip.mp4',
      frames: 70,
      validationScore: 0.9,
      verdict: 'pass',
      figures: [],
      reasons: [],
      renderSeconds: 2,
    } as const;
    const rendered: RenderedClip = { clipId: 'k2', takes: [take], chosen: take };
    const made = { askedHash: take.specHash, files: new Map() };
    await saveRenderedClip(database, rendered, made);
    await saveRenderedClip(database, rendered, made);
    expect(await loadRenderedClips(database, ['k1', 'k2'])).toEqual(new Map([['k2', rendered]]));
  });

  test('a refused transition changes nothing and an allowed one is written to the history', async () => {
    const id = await aJob();
    const facts = { hasTimeline: false, unapprovedClips: 0 };
    await expect(transitionJob(database, id, 'start_assembly', facts)).rejects.toMatchObject({
      code: 'transition_refused',
    });
    expect((await findJob(database))?.status).toBe('draft');
    await transitionJob(database, id, 'start_analysis', facts);
    await transitionJob(database, id, 'analysis_done', facts);
    expect(await findJob(database)).toMatchObject({ status: 'planned', currentPhase: 1 });
    expect(await database.db.selectFrom('job_events').select(['event', 'to_status']).execute()).toEqual([
      { event: 'start_analysis', to_status: 'analyzing' },
      { event: 'analysis_done', to_status: 'planned' },
    ]);
  });
});

test('SQLite is durable by setting, and a damaged file is named as such', async () => {
  const database = await openMigrated(join(folder, 'pragma.sqlite'));
  expect((await sql<{ synchronous: number }>`pragma synchronous`.execute(database.db)).rows[0]?.synchronous).toBe(2);
  expect((await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database.db)).rows[0]?.journal_mode).toBe(
    'wal',
  );
  await database.close();
  const damaged = join(folder, 'damaged.sqlite');
  writeFileSync(damaged, 'this is no database, though it is long enough to look like one'.repeat(100));
  await expect(openMigrated(damaged)).rejects.toMatchObject({ code: 'work_folder_damaged' });
});

test('the eight tables of the seed keep all their columns', async () => {
  const database = await openMigrated(join(folder, 'columns.sqlite'));
  const wanted: Record<string, string> = {
    jobs: 'id listing_id status current_phase template_type target_length music_uri bpm beat_offset enable_beat_sync',
    photos:
      'id job_id s3_uri room_label room_override exclude manual_metadata sharpness exposure_score composition_score base_score final_score',
    room_clusters: 'id job_id room_type confidence_tier sfm_eligible image_count overlap_score depth_variance',
    analysis_results:
      'id job_id room_cluster_id hero_photo_id recommended_motion allowed_motion_types recommended_duration tier model_recommendation debug_metrics',
    clips:
      'id job_id room_cluster_id source_photo_ids motion_type model_used is_3d duration s3_uri validation_score status',
    timeline: 'id job_id version status beat_grid total_duration',
    timeline_clips: 'id timeline_id clip_id order_index in_time out_time transition_type audio_policy',
    edits: 'id timeline_id user_id edit_type payload created_at',
  };
  const tables = await database.db.introspection.getTables();
  for (const [table, columns] of Object.entries(wanted))
    expect(tables.find((t) => t.name === table)?.columns.map((c) => c.name)).toEqual(
      expect.arrayContaining(columns.split(' ')),
    );
  await database.close();
});
