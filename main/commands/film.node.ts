/** `film` and `phase`: one job in a work folder, from photos to a verified film. */
import { join } from 'node:path';
import { PicaividError } from '../../base/errors.ts';
import { createJob, findJob, type NewJob, transitionJob, updateJob } from '../../db/jobs.node.ts';
import type { StoredTimeline } from '../../db/results.node.ts';
import { openModels } from '../../models/open.node.ts';
import type { ModelSet } from '../../models/types.ts';
import type { Analysis, OnProgress, Phase, RenderedClip, TemplateName } from '../../pipeline/domain.ts';
import { ffmpegPath, ffprobePath } from '../../pipeline/media/ffmpeg.node.ts';
import { describeTimeline } from '../../pipeline/timeline/report.ts';
import { TEMPLATES } from '../../pipeline/timeline/templates.ts';
import type { CommandResult } from '../cli.node.ts';
import { type Delivered, runPhase4 } from '../deliver.node.ts';
import { createLogger } from '../log.node.ts';
import { stagedProgress } from '../overall-progress.ts';
import { fromCaller, requireFile, requireFolder, requireWritable } from '../paths.node.ts';
import { type JobContext, runPhase1, runPhase2, runPhase3, theJob } from '../phases.node.ts';
import type { Settings } from '../settings.ts';
import { defaultWorkDir, openWorkFolder, type WorkFolder } from '../work-folder.node.ts';
import type { CommandContext } from './context.ts';

export interface FilmOptions {
  readonly music?: string;
  readonly out: string;
  readonly template: TemplateName;
  readonly length?: number;
  readonly renderer: 'depth_parallax' | 'ken_burns';
  readonly work?: string;
  readonly beatSync: boolean;
  readonly models: ModelSet | 'auto';
}

/** Shares of the time a film takes, measured on the fixtures' listing (two cores, 24 photos, 45 s). */
const PHASE_WEIGHTS = { analyze: 15, timeline: 5, render: 60, assemble: 20 };

const seconds = (): number => performance.now() / 1000;

/** Makes the film, or goes on with one that was begun: every step finds what is already there. */
export async function filmCommand(
  folder: string,
  options: FilmOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const listing = fromCaller(folder);
  const out = fromCaller(options.out);
  const music = options.music === undefined ? null : fromCaller(options.music);
  await requireFolder(listing);
  if (music !== null) await requireFile(music, 'music file');
  if (!/\.(mp4|mov|m4v)$/i.test(out))
    throw new PicaividError('bad_usage', `The film is an MP4: end ${options.out} with .mp4.`);
  ffmpegPath();
  ffprobePath();
  await requireWritable(out);

  const work = await openWorkFolder(options.work === undefined ? defaultWorkDir(out) : fromCaller(options.work));
  try {
    const wanted: NewJob = {
      listingId: listing,
      template: options.template,
      targetSeconds: options.length ?? TEMPLATES[options.template].targetSeconds,
      musicPath: music,
      options: {
        folder: listing,
        out,
        renderer: options.renderer,
        modelSet: options.models,
        beatSync: options.beatSync,
      },
    };
    const existing = await findJob(work.database);
    if (existing !== undefined) await updateJob(work.database, existing.id, wanted);
    const jobId = existing?.id ?? (await createJob(work.database, wanted));
    return await withJob(work, jobId, context, (job, settings) => wholeFilm(job, settings, context.onProgress));
  } finally {
    await work.close();
  }
}

/** `phase N --work DIR`: that phase again, with the job's own options and human decisions. */
export async function phaseCommand(
  phase: Phase,
  options: { readonly work: string },
  context: CommandContext,
): Promise<CommandResult> {
  const dir = fromCaller(options.work);
  await requireFolder(dir);
  const work = await openWorkFolder(dir);
  try {
    const job = await findJob(work.database);
    if (job === undefined)
      throw new PicaividError(
        'bad_usage',
        `There is no job in ${dir}. Begin one with the film command and --work ${options.work}.`,
      );
    return await withJob(work, job.id, context, async (jobContext) => {
      const started = seconds();
      const run = { 1: runPhase1, 2: runPhase2, 3: runPhase3, 4: runPhase4 }[phase];
      const result = await run(jobContext, context.onProgress);
      const elapsed = seconds() - started;
      const status = (await theJob(jobContext)).status;
      return {
        json: {
          job: job.id,
          phase,
          status,
          seconds: elapsed,
          ...(phase === 4 ? deliveredJson(result as Delivered) : {}),
        },
        text: `Phase ${phase} is done (${elapsed.toFixed(1)} s); the job is ${status.replaceAll('_', ' ')}.`,
      };
    });
  } finally {
    await work.close();
  }
}

async function withJob(
  work: WorkFolder,
  jobId: string,
  { settings, signal }: CommandContext,
  body: (context: JobContext, settings: Settings) => Promise<CommandResult>,
): Promise<CommandResult> {
  const job = await theJob({ work, jobId });
  const models = await openModels({ set: job.options.modelSet, signal });
  try {
    const log = createLogger(settings.LOG_LEVEL === 'warn' ? 'info' : settings.LOG_LEVEL, join(work.dir, 'log.jsonl'));
    // We hold the work folder's lock: whatever was under way here was killed.
    if (['analyzing', 'rendering', 'assembling'].includes(job.status))
      await transitionJob(work.database, jobId, 'interrupted', { hasTimeline: true, unapprovedClips: 0 });
    const jobSettings = { ...settings, ENABLE_BEAT_SYNC: settings.ENABLE_BEAT_SYNC && job.options.beatSync };
    return await body({ work, jobId, models, settings: jobSettings, log, signal }, jobSettings);
  } finally {
    await models.close();
  }
}

async function wholeFilm(context: JobContext, _settings: Settings, onProgress: OnProgress): Promise<CommandResult> {
  const stage = stagedProgress(PHASE_WEIGHTS, onProgress, seconds);
  const phaseSeconds: Record<string, number> = {};
  const timed = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const started = seconds();
    const result = await run();
    phaseSeconds[name] = seconds() - started;
    return result;
  };
  // Phase 3 before phase 2: clips are then rendered just as long as the cut shows them, and no others.
  const analysis = await timed('analyze', () => runPhase1(context, stage('analyze')));
  const stored = await timed('timeline', () => runPhase3(context, stage('timeline')));
  const clips = await timed('render', () => runPhase2(context, stage('render')));
  const delivered = await timed('assemble', () => runPhase4(context, stage('assemble')));
  const status = (await theJob(context)).status;
  return filmResult(context.jobId, status, analysis, stored, clips, delivered, phaseSeconds);
}

function deliveredJson(delivered: Delivered): Record<string, unknown> {
  return {
    output: delivered.path,
    delivery: delivered.deliveryDir,
    copied_frames: delivered.copiedFrames,
    encoded_frames: delivered.encodedFrames,
    verification: delivered.verification,
  };
}

function filmResult(
  jobId: string,
  status: string,
  analysis: Analysis,
  stored: StoredTimeline,
  clips: ReadonlyMap<string, RenderedClip>,
  delivered: Delivered,
  phaseSeconds: Readonly<Record<string, number>>,
): CommandResult {
  const { timeline, track } = stored;
  const fileOf = new Map(analysis.photos.map((photo) => [photo.id, photo.file]));
  const rows = describeTimeline(timeline).clips.map((row) => ({
    ...row,
    photo: fileOf.get(row.photoId) ?? row.photoId,
    renderer: clips.get(row.id)?.chosen.spec.renderer,
    validation_score: clips.get(row.id)?.chosen.validationScore,
    downgrade: clips.get(row.id)?.downgradeReason,
  }));
  const used = Object.entries(analysis.models).map(([role, name]) => `  ${role}: ${name}`);
  const beatsUsed =
    track === null
      ? 'an even grid (no music)'
      : track.source === 'default'
        ? 'an even grid (no pulse)'
        : `${track.bpm.toFixed(2)} BPM (${track.source})`;
  const lines = delivered.verification.lines.map(
    (line) => `  ${line.pass ? '✓' : '✗'} ${line.name}: ${line.measured} (wanted ${line.expected})`,
  );
  return {
    json: {
      job: { id: jobId, status },
      models: analysis.models,
      rejected: analysis.rejected,
      beats:
        track === null
          ? null
          : {
              bpm: track.bpm,
              beat_offset: track.beatOffset,
              beats: track.beats.length,
              beats_per_bar: track.beatsPerBar,
              source: track.source,
              confidence: track.confidence,
            },
      timeline: {
        ...describeTimeline(timeline),
        clips: rows,
        left_out: timeline.leftOut.map((left) => ({
          photo: fileOf.get(left.photoId) ?? left.photoId,
          reason: left.reason,
        })),
      },
      ...deliveredJson(delivered),
      seconds: phaseSeconds,
    },
    text: [
      `${delivered.path}`,
      `${timeline.clips.length} shots, cut on ${beatsUsed}. Delivery folder: ${delivered.deliveryDir}`,
      ...analysis.rejected.map((file) => `  not used: ${file.file}: ${file.message}`),
      'Made with',
      ...used,
      'Verified',
      ...lines,
    ].join('\n'),
  };
}
