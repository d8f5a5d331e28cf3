/**
 * The four phases of one job on this machine: each reads what it needs from the work folder, runs the pipeline's
 * function, stores the result and moves the job on. Each can be killed and run again; what is there is not made again.
 */
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import { PicaividError, throwIfCancelled, toPicaividError } from '../base/errors.ts';
import { readJsonFile, sha256File, sha256Text, writeFileAtomic } from '../base/files.node.ts';
import { newId } from '../db/id.node.ts';
import { findJob, type Job, loadDecisions, setJobBeats, transitionJob } from '../db/jobs.node.ts';
import {
  loadAnalysis,
  loadRenderedClips,
  loadTimeline,
  type StoredTimeline,
  saveAnalysis,
  saveRenderedClip,
  saveTimeline,
} from '../db/results.node.ts';
import type { Approval } from '../db/studio/reviews.node.ts';
import type { Models } from '../models/types.ts';
import { analyze } from '../pipeline/analyze/analyze.node.ts';
import type {
  Analysis,
  BeatTrack,
  OnProgress,
  Phase,
  RenderedClip,
  Timeline,
  TimelineClip,
} from '../pipeline/domain.ts';
import { type JobFacts, missingBefore } from '../pipeline/job-machine.ts';
import { specHash } from '../pipeline/render/clip.node.ts';
import { ltxOptions } from '../pipeline/render/ltx/render.node.ts';
import { findTake, renderWithLadder } from '../pipeline/render/take.node.ts';
import { beatTrackSchema } from '../pipeline/schemas.ts';
import { frameToSeconds } from '../pipeline/time.ts';
import { analyzeMusic } from '../pipeline/timeline/beats/music.node.ts';
import { buildTimeline } from '../pipeline/timeline/builder.ts';
import { TEMPLATES } from '../pipeline/timeline/templates.ts';
import { clipSpec } from './clip-spec.node.ts';
import { beatsKey, requireAudibleMusic } from './music-beats.node.ts';
import type { Settings } from './settings.ts';
import { takeFiles } from './take-files.node.ts';
import type { WorkFolder } from './work-folder.node.ts';

export interface JobContext {
  readonly work: WorkFolder;
  readonly jobId: string;
  readonly models: Models;
  readonly settings: Settings;
  readonly log: Logger;
  readonly signal: AbortSignal | undefined;
  /** Who signed the film's clips, where people did: phase 4 records them. Without it the command vouches for them. */
  readonly approvals?: readonly Approval[];
  /** The delivery folder is handed on to another place, under the listing's name: its files name each other as from within. */
  readonly handedOn?: { readonly listing: string };
}

export async function theJob({ work, jobId }: Pick<JobContext, 'work' | 'jobId'>): Promise<Job> {
  const job = await findJob(work.database);
  if (job === undefined || job.id !== jobId)
    throw new PicaividError('internal', `The job ${jobId} is not in ${work.dir}.`);
  return job;
}

const facts = (patch: Partial<JobFacts> = {}): JobFacts => ({ hasTimeline: true, unapprovedClips: 0, ...patch });

/** Runs a phase's body; a failure is written to the job with its code, a cancellation leaves the job as it is. */
export async function guardedPhase<T>(context: JobContext, phase: Phase, body: () => Promise<T>): Promise<T> {
  const { log, work, jobId, signal } = context;
  const started = performance.now();
  log.info({ phase, jobId }, 'phase started');
  try {
    throwIfCancelled(signal);
    const result = await body();
    log.info({ phase, jobId, seconds: (performance.now() - started) / 1000 }, 'phase done');
    return result;
  } catch (cause) {
    const error = toPicaividError(cause);
    log.error({ phase, jobId, err: error, cause: error.cause }, 'phase failed');
    if (error.code !== 'cancelled')
      // A full disk may refuse this note too; the first error is the one that counts.
      await transitionJob(work.database, jobId, 'fail', facts(), error.toJSON()).catch(() => {});
    throw error;
  }
}

/** Phase 1: analyse and plan. */
export function runPhase1(context: JobContext, onProgress: OnProgress): Promise<Analysis> {
  return guardedPhase(context, 1, async () => {
    const { work, jobId, models, settings, signal } = context;
    const job = await theJob(context);
    const decisions = await loadDecisions(work.database, jobId);
    const before = await loadAnalysis(work.database, jobId);
    const analysis = await analyze({ folder: job.options.folder, decisions }, models, {
      workDir: work.analysisDir,
      ltxEnabled: settings.LTX_ENABLED,
      ...(settings.COLMAP_PATH === undefined ? {} : { colmapPath: settings.COLMAP_PATH }),
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    });
    // An unchanged analysis is left alone, and with it the state of a job that was further on.
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(analysis) && job.status !== 'draft')
      return analysis;
    await transitionJob(work.database, jobId, 'start_analysis', facts());
    await saveAnalysis(work.database, jobId, analysis);
    await transitionJob(work.database, jobId, 'analysis_done', facts());
    return analysis;
  });
}

/** The beats of the job's music, from the work folder when the same file was tracked before. Null without music. */
export async function musicBeats(
  context: JobContext,
  musicPath: string | null,
  onProgress: OnProgress,
): Promise<BeatTrack | null> {
  if (musicPath === null) return null;
  const { work, models, settings, signal } = context;
  const key = beatsKey(await sha256File(musicPath), models.beats?.name, settings.DEFAULT_BPM);
  const cached = join(work.beatsDir, `${key}.json`);
  const stored = beatTrackSchema.safeParse(await readJsonFile(cached).catch(() => undefined));
  if (stored.success) return stored.data;
  const track = await analyzeMusic(musicPath, {
    models,
    defaultBpm: settings.DEFAULT_BPM,
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  });
  await writeFileAtomic(cached, JSON.stringify(track));
  return track;
}

/** Phase 3: beats and timeline. The same inputs keep the timeline that is there, with its clip ids and takes. */
export function runPhase3(context: JobContext, onProgress: OnProgress): Promise<StoredTimeline> {
  return guardedPhase(context, 3, async () => {
    const { work, jobId, settings, signal } = context;
    const job = await theJob(context);
    const analysis = await loadAnalysis(work.database, jobId);
    if (analysis === undefined)
      throw new PicaividError(
        'transition_refused',
        missingBefore(3, { analyzed: false, hasTimeline: false, rendered: false }) ?? '',
      );
    onProgress({ fraction: 0, sentence: 'Listening to the music' });
    const track = await musicBeats(context, job.musicPath, (p) => onProgress({ ...p, fraction: p.fraction * 0.9 }));
    if (track !== null && job.musicPath !== null) await requireUsableMusic(track, job.musicPath, settings, signal);
    const template = TEMPLATES[job.template];
    const [width, height] = settings.OUTPUT_RESOLUTION?.split('x').map(Number) ?? [];
    const size =
      width !== undefined && height !== undefined
        ? { width, height }
        : { width: template.width, height: template.height };
    const input = {
      analysis,
      decisions: await loadDecisions(work.database, jobId),
      track,
      template,
      targetSeconds: job.targetSeconds,
      frameRate: { num: settings.OUTPUT_FPS, den: 1 },
      size,
      defaultBpm: settings.DEFAULT_BPM,
      // Ken Burns was asked for: everywhere. Otherwise the plan's own choice: flat or mirrored views stay in 2D.
      ...(job.options.renderer === 'ken_burns' ? { renderer: job.options.renderer } : {}),
    };
    const inputsKey = sha256Text(JSON.stringify(input));
    const before = await loadTimeline(work.database, jobId);
    if (before?.inputsKey === inputsKey) return before;
    onProgress({ fraction: 0.95, sentence: 'Choosing shots and cuts' });
    const built = buildTimeline({ ...input, newId });
    requireEnoughFilm(built, job.targetSeconds, analysis.photos.length);
    const stored: StoredTimeline = {
      timeline: { ...built, version: (before?.timeline.version ?? 0) + 1 },
      track,
      inputsKey,
    };
    await saveTimeline(work.database, jobId, stored);
    if (track !== null) await setJobBeats(work.database, jobId, track.bpm, track.beatOffset);
    await transitionJob(work.database, jobId, 'timeline_built', facts());
    onProgress({ fraction: 1, sentence: 'Timeline ready' });
    return stored;
  });
}

/** Music that a film cannot be cut to is refused with the way on, before anything is rendered. */
async function requireUsableMusic(
  track: BeatTrack,
  path: string,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = basename(path);
  await requireAudibleMusic(track, path, name, 'leave out --music', signal);
  if (track.hasPulse) return;
  if (settings.ENABLE_BEAT_SYNC)
    throw new PicaividError(
      'plan_impossible',
      `No steady pulse was found in ${name}, so cuts cannot follow it. Choose another track, or turn beat sync off (--no-beat-sync; of a job, enable_beat_sync) to cut on an even grid of ${settings.DEFAULT_BPM} beats a minute.`,
      { file: path },
    );
}

/** A film of less than this share of the asked length is not what was asked for: better to say what the photos carry. */
const MIN_SHARE_OF_TARGET = 0.5;

function requireEnoughFilm({ clips, frameRate }: Timeline, targetSeconds: number, photos: number): void {
  const seconds = frameToSeconds(
    clips.reduce((sum, clip) => sum + clip.durationFrames, 0),
    frameRate,
  );
  if (seconds >= targetSeconds * MIN_SHARE_OF_TARGET) return;
  throw new PicaividError(
    'plan_impossible',
    `${photos === 1 ? 'One photo carries' : `${photos} photos carry`} a film of about ${Math.floor(seconds)} seconds, not ${targetSeconds}. Add photos, or ask for --length ${Math.floor(seconds)}.`,
  );
}

/** Phase 2: renders the clips of the timeline, exactly as long as the cut shows them. */
export function runPhase2(context: JobContext, onProgress: OnProgress): Promise<ReadonlyMap<string, RenderedClip>> {
  return guardedPhase(context, 2, async () => {
    const { work, jobId, models, settings, signal } = context;
    const ltx = ltxOptions(settings);
    const analysis = await loadAnalysis(work.database, jobId);
    const stored = await loadTimeline(work.database, jobId);
    if (analysis === undefined || stored === undefined)
      throw new PicaividError(
        'transition_refused',
        missingBefore(4, { analyzed: analysis !== undefined, hasTimeline: false, rendered: false }) ?? '',
      );
    const { timeline } = stored;
    const photos = new Map(analysis.photos.map((photo) => [photo.id, photo]));
    const rendered = new Map(await presentClips(work, timeline.clips));
    const missing = timeline.clips.filter((clip) => !rendered.has(clip.id));
    // A job that was killed between its last clip and this line still has to be told that it is rendered.
    const { status } = await theJob(context);
    if (missing.length === 0 && !['planned', 'timeline_ready', 'failed'].includes(status)) return rendered;
    await transitionJob(work.database, jobId, 'start_rendering', facts());
    const totalFrames = missing.reduce((sum, clip) => sum + clip.moveFrames, 0);
    let doneFrames = 0;
    for (const [index, clip] of missing.entries()) {
      const photo = photos.get(clip.photoId);
      if (photo === undefined)
        throw new PicaividError('internal', `The timeline shows a photo ${clip.photoId} that is not in the analysis.`);
      const depthPath = photo.depth?.path ?? null;
      const spec = clipSpec(clip, photo, timeline, depthPath === null ? null : await sha256File(depthPath));
      const sentence = `Rendering clip ${index + 1} of ${missing.length}: ${photo.roomLabel.replaceAll('_', ' ')}, ${clip.motion.replaceAll('_', ' ')}`;
      const result = await renderWithLadder(
        clip.id,
        spec,
        { photoPath: photo.path, depthPath },
        {
          dir: work.takesDir,
          models,
          ...(ltx === undefined ? {} : { ltx }),
          onProgress: (p) =>
            onProgress({ fraction: (doneFrames + clip.moveFrames * p.fraction) / totalFrames, sentence }),
          ...(signal === undefined ? {} : { signal }),
        },
      );
      const files = await takeFiles(result.takes);
      await saveRenderedClip(work.database, result, { askedHash: specHash(spec), files });
      rendered.set(clip.id, result);
      doneFrames += clip.moveFrames;
    }
    await transitionJob(work.database, jobId, 'rendering_done', facts());
    onProgress({ fraction: 1, sentence: 'All clips rendered' });
    return rendered;
  });
}

/** The stored takes of these clips whose files are still the rendered ones. */
async function presentClips(
  work: WorkFolder,
  clips: readonly TimelineClip[],
): Promise<ReadonlyMap<string, RenderedClip>> {
  const stored = await loadRenderedClips(
    work.database,
    clips.map((clip) => clip.id),
  );
  const present = new Map<string, RenderedClip>();
  for (const [id, clip] of stored)
    if ((await findTake(work.takesDir, clip.chosen.specHash)) !== undefined) present.set(id, clip);
  return present;
}
