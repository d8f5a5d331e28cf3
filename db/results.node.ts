/** What the phases produced, stored whole and read back whole: analysis, timeline with its clips, takes. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Analysis, BeatTrack, HumanDecisions, RenderedClip, Timeline } from '../pipeline/domain.ts';
import { analyzedPhotoSchema, beatTrackSchema, roomClusterSchema, takeSchema } from '../pipeline/schemas.ts';
import { clipSchema, timelineSchema } from '../pipeline/timeline/schema.ts';
import { readJson, writeFlag, writeJson } from './codec.ts';
import { newId } from './id.node.ts';
import { loadDecisions } from './jobs.node.ts';
import type { Database } from './open.node.ts';
import type { Tables } from './tables.ts';
import { insertTimeline, type Writer } from './timeline-rows.node.ts';

/** What of an Analysis has no table of its own. */
const analysisRestSchema = z.object({
  rejected: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
  models: z.record(z.string(), z.string()),
});

/** Replaces a job's analysis in one transaction; overrides and exclusions are laid over the new rows again. */
export async function saveAnalysis(database: Database, jobId: string, analysis: Analysis): Promise<void> {
  const { db, dialect } = database;
  const decisions = await loadDecisions(database, jobId);
  await db.transaction().execute((trx) => writeAnalysis({ db: trx, dialect }, jobId, analysis, decisions));
}

/** The same inside the caller's transaction. */
export async function writeAnalysis(
  { db: trx, dialect }: Writer,
  jobId: string,
  analysis: Analysis,
  decisions: HumanDecisions,
): Promise<void> {
  await trx.deleteFrom('analysis_results').where('job_id', '=', jobId).execute();
  await trx.deleteFrom('room_clusters').where('job_id', '=', jobId).execute();
  await trx.deleteFrom('photos').where('job_id', '=', jobId).execute();
  const photoRow = new Map<string, string>();
  for (const photo of analysis.photos) {
    const id = newId();
    photoRow.set(photo.id, id);
    await trx
      .insertInto('photos')
      .values({
        id,
        job_id: jobId,
        photo_key: photo.id,
        s3_uri: photo.file,
        room_label: photo.roomLabel,
        room_override: decisions.roomOverride[photo.id] ?? null,
        exclude: writeFlag(decisions.excluded.includes(photo.id), dialect),
        manual_metadata: null,
        sharpness: photo.sharpness,
        exposure_score: photo.exposureScore,
        composition_score: photo.compositionScore,
        base_score: photo.baseScore,
        final_score: photo.finalScore,
        sha256: photo.sha256,
        cluster_key: photo.clusterId,
        duplicate_of: photo.duplicateOf ?? null,
        details: writeJson(photo),
      })
      .execute();
  }
  for (const [order, cluster] of analysis.clusters.entries()) {
    const clusterRow = newId();
    const { shots, ...rest } = cluster;
    await trx
      .insertInto('room_clusters')
      .values({
        id: clusterRow,
        job_id: jobId,
        cluster_key: rest.id,
        room_type: rest.roomType,
        confidence_tier: rest.confidenceTier,
        sfm_eligible: writeFlag(rest.sfmEligible, dialect),
        image_count: rest.imageCount,
        overlap_score: rest.overlapScore,
        depth_variance: rest.depthVariance,
        hero_photo_key: rest.heroPhotoId,
        photo_keys: writeJson(rest.photoIds),
        debug_metrics: writeJson(rest.debugMetrics),
        order_index: order,
      })
      .execute();
    for (const [shotOrder, shot] of shots.entries()) {
      const heroRow = photoRow.get(shot.photoId);
      if (heroRow === undefined) continue;
      await trx
        .insertInto('analysis_results')
        .values({
          id: newId(),
          job_id: jobId,
          room_cluster_id: clusterRow,
          hero_photo_id: heroRow,
          recommended_motion: shot.recommendedMotion,
          allowed_motion_types: writeJson(shot.allowedMotions),
          recommended_duration: shot.recommendedDurationSeconds,
          tier: shot.tier,
          model_recommendation: shot.modelRecommendation,
          debug_metrics: writeJson({}),
          order_index: shotOrder,
          amount: shot.amount,
          value: shot.value,
          reason: shot.reason,
        })
        .execute();
    }
  }
  await trx
    .updateTable('jobs')
    .set({ analysis_summary: writeJson({ rejected: analysis.rejected, models: analysis.models }) })
    .where('id', '=', jobId)
    .execute();
}

/** The stored analysis, or undefined before phase 1. */
export async function loadAnalysis({ db }: Database, jobId: string): Promise<Analysis | undefined> {
  const job = await db.selectFrom('jobs').select('analysis_summary').where('id', '=', jobId).executeTakeFirst();
  if (job === undefined || job.analysis_summary === null) return undefined;
  const photoRows = await db.selectFrom('photos').select('details').where('job_id', '=', jobId).execute();
  const clusterRows = await db
    .selectFrom('room_clusters')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('order_index')
    .execute();
  const shotRows = await db
    .selectFrom('analysis_results')
    .innerJoin('photos', 'photos.id', 'analysis_results.hero_photo_id')
    .selectAll('analysis_results')
    .select('photos.photo_key')
    .where('analysis_results.job_id', '=', jobId)
    .orderBy('analysis_results.order_index')
    .execute();
  // Row ids sort by insertion only to the millisecond: the photos' own order is that of their files.
  const photos = photoRows
    .map((row) => readJson(analyzedPhotoSchema, row.details))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const clusters = clusterRows.map((row) =>
    roomClusterSchema.parse({
      id: row.cluster_key,
      roomType: row.room_type,
      confidenceTier: row.confidence_tier,
      photoIds: readJson(z.array(z.string()), row.photo_keys),
      heroPhotoId: row.hero_photo_key,
      imageCount: row.image_count,
      overlapScore: row.overlap_score,
      depthVariance: row.depth_variance,
      sfmEligible: row.sfm_eligible === true || row.sfm_eligible === 1,
      debugMetrics: readJson(z.record(z.string(), z.union([z.number(), z.string()])), row.debug_metrics),
      shots: shotRows
        .filter((shot) => shot.room_cluster_id === row.id)
        .map((shot) => ({
          photoId: shot.photo_key,
          recommendedMotion: shot.recommended_motion,
          allowedMotions: readJson(z.array(z.string()), shot.allowed_motion_types),
          recommendedDurationSeconds: shot.recommended_duration,
          tier: shot.tier,
          modelRecommendation: shot.model_recommendation,
          amount: shot.amount,
          value: shot.value,
          reason: shot.reason,
        })),
    }),
  );
  return { photos, clusters, ...readJson(analysisRestSchema, job.analysis_summary) };
}

export const timelineSettingsSchema = z.object({
  timeline: timelineSchema.omit({ clips: true, beats: true }),
  track: beatTrackSchema.nullable(),
  inputsKey: z.string(),
});

export interface StoredTimeline {
  readonly timeline: Timeline;
  readonly track: BeatTrack | null;
  /** Hash of everything the timeline was built from: equal inputs need no new one. */
  readonly inputsKey: string;
}

/** Stores a new version of the timeline with a clip row for each of its clips, in one transaction. */
export async function saveTimeline({ db, dialect }: Database, jobId: string, stored: StoredTimeline): Promise<void> {
  await db.transaction().execute((trx) => insertTimeline({ db: trx, dialect }, jobId, stored));
}

/** The newest version of the timeline, or undefined before phase 3. */
export async function loadTimeline({ db }: Database, jobId: string): Promise<StoredTimeline | undefined> {
  const row = await db
    .selectFrom('timeline')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const clipRows = await db
    .selectFrom('timeline_clips')
    .select('details')
    .where('timeline_id', '=', row.id)
    .orderBy('order_index')
    .execute();
  const settings = readJson(timelineSettingsSchema, row.settings);
  const timeline = timelineSchema.parse({
    ...settings.timeline,
    clips: clipRows.map((clip) => readJson(clipSchema, clip.details)),
    beats: readJson(z.array(z.unknown()), row.beat_grid),
  });
  return { timeline, track: settings.track, inputsKey: settings.inputsKey };
}

/** A take's file as it was rendered. */
export interface TakeFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/**
 * Stores all takes of a clip and which one was chosen for what was asked; the same take twice changes nothing but what
 * is recorded of its file. A take that an earlier wish made too stays its take; the newer wish then names it as choice.
 */
export async function saveRenderedClip(
  { db }: Database,
  rendered: RenderedClip,
  made: { readonly askedHash: string; readonly files: ReadonlyMap<string, TakeFile> },
): Promise<void> {
  await db.transaction().execute((trx) => writeRenderedClip(trx, rendered, made));
}

/** The same inside the caller's transaction. */
export async function writeRenderedClip(
  trx: Kysely<Tables>,
  rendered: RenderedClip,
  made: { readonly askedHash: string; readonly files: ReadonlyMap<string, TakeFile> },
): Promise<void> {
  const { clipId, chosen } = rendered;
  // In the order they were made, also within one millisecond.
  const started = Date.now();
  for (const [index, take] of rendered.takes.entries()) {
    const file = made.files.get(take.specHash);
    const facts = {
      details: writeJson({ ...take, ...(file === undefined ? {} : { mtimeMs: file.mtimeMs }) }),
      verdict: take.verdict,
      validation_score: take.validationScore,
      ...(file === undefined ? {} : { sha256: file.sha256, bytes: file.bytes }),
    };
    await trx
      .insertInto('takes')
      .values({
        id: newId(),
        clip_id: clipId,
        spec_hash: take.specHash,
        renderer: take.spec.renderer,
        created_at: new Date(started + index).toISOString(),
        asked_hash: made.askedHash,
        downgrade_reason: take.specHash === chosen.specHash ? (rendered.downgradeReason ?? null) : null,
        ...facts,
      })
      .onConflict((conflict) => conflict.columns(['clip_id', 'spec_hash']).doUpdateSet(facts))
      .execute();
    // Clips that ask for the same frames share the file.
    if (file !== undefined)
      await trx
        .updateTable('takes')
        .set({ sha256: file.sha256, bytes: file.bytes })
        .where('spec_hash', '=', take.specHash)
        .where('clip_id', '!=', clipId)
        .execute();
  }
  const last = await trx
    .selectFrom('takes')
    .select('spec_hash')
    .where('clip_id', '=', clipId)
    .where('asked_hash', '=', made.askedHash)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last?.spec_hash !== chosen.specHash)
    await trx
      .insertInto('take_choices')
      .values({
        clip_id: clipId,
        asked_hash: made.askedHash,
        spec_hash: chosen.specHash,
        created_at: new Date().toISOString(),
      })
      .onConflict((conflict) => conflict.columns(['clip_id', 'asked_hash']).doNothing())
      .execute();
  await trx
    .updateTable('clips')
    .set({
      s3_uri: chosen.path,
      validation_score: chosen.validationScore,
      status: 'rendered',
      model_used: chosen.spec.renderer,
      spec_hash: chosen.specHash,
      downgrade_reason: rendered.downgradeReason ?? null,
    })
    .where('id', '=', clipId)
    .execute();
}

/** The rendered clips of a timeline by clip id; a clip without a chosen take is not in it. */
export async function loadRenderedClips(
  { db }: Database,
  clipIds: readonly string[],
): Promise<ReadonlyMap<string, RenderedClip>> {
  const found = new Map<string, RenderedClip>();
  for (const clipId of clipIds) {
    const clip = await db
      .selectFrom('clips')
      .select(['spec_hash', 'downgrade_reason'])
      .where('id', '=', clipId)
      .executeTakeFirst();
    if (clip === undefined || clip.spec_hash === null) continue;
    const rows = await db
      .selectFrom('takes')
      .select('details')
      .where('clip_id', '=', clipId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    const takes = rows.map((row) => readJson(takeSchema, row.details));
    const chosen = takes.find((take) => take.specHash === clip.spec_hash);
    if (chosen === undefined) continue;
    found.set(clipId, {
      clipId,
      takes,
      chosen,
      ...(clip.downgrade_reason === null ? {} : { downgradeReason: clip.downgrade_reason }),
    });
  }
  return found;
}
