/** Phase 4 of a job: assembles the film from its clips, verifies it, and fills the delivery folder. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { PicaividError } from '../base/errors.ts';
import { readJsonFile, sha256File, sha256Text, writeFileAtomic } from '../base/files.node.ts';
import { loadDecisions, transitionJob } from '../db/jobs.node.ts';
import { loadAnalysis, loadRenderedClips, loadTimeline, type StoredTimeline } from '../db/results.node.ts';
import { type DeliveryClip, deliver } from '../pipeline/assemble/delivery.node.ts';
import { assembleFilm } from '../pipeline/assemble/film.node.ts';
import type { Analysis, OnProgress, OutputSpec, RenderedClip, Verification } from '../pipeline/domain.ts';
import { roomName } from '../pipeline/rooms/view.ts';
import { deliveryClip, filmOtio, posterFrame, TRUE_PEAK_DBTP, WEB_LOUDNESS_LUFS } from './hand-over.ts';
import { PROJECT_ROOT } from './paths.node.ts';
import { guardedPhase, type JobContext, theJob } from './phases.node.ts';

export interface Delivered {
  readonly path: string;
  readonly deliveryDir: string;
  readonly verification: Verification;
  readonly copiedFrames: number;
  readonly encodedFrames: number;
}

const deliveredSchema = z.object({
  key: z.string(),
  sizeBytes: z.number(),
  mtimeMs: z.number(),
  delivered: z.object({
    path: z.string(),
    deliveryDir: z.string(),
    verification: z.object({
      pass: z.boolean(),
      lines: z.array(z.object({ name: z.string(), expected: z.string(), measured: z.string(), pass: z.boolean() })),
    }),
    copiedFrames: z.number(),
    encodedFrames: z.number(),
  }),
});

const COMMAND = {
  name: 'picaivid film',
  reason: 'made by one command: every take validated by measurement, none reviewed by a person',
};

/** Phase 4. The same film at the same place is not made again. */
export function runPhase4(context: JobContext, onProgress: OnProgress): Promise<Delivered> {
  return guardedPhase(context, 4, async () => {
    const { work, jobId, signal } = context;
    const job = await theJob(context);
    const analysis = await loadAnalysis(work.database, jobId);
    const stored = await loadTimeline(work.database, jobId);
    if (analysis === undefined || stored === undefined)
      throw new PicaividError('transition_refused', 'Run phases 1 and 3 first: there is no timeline to assemble.');
    const { timeline } = stored;
    const rendered = await loadRenderedClips(
      work.database,
      timeline.clips.map((clip) => clip.id),
    );
    const lacking = timeline.clips.filter((clip) => !rendered.has(clip.id)).length;
    if (lacking > 0)
      throw new PicaividError(
        'clip_missing',
        `${lacking} of ${timeline.clips.length} clips are not rendered yet. Run phase 2 first.`,
      );

    const output: OutputSpec = {
      width: timeline.width,
      height: timeline.height,
      frameRate: timeline.frameRate,
      loudnessLufs: WEB_LOUDNESS_LUFS,
      truePeakDbtp: TRUE_PEAK_DBTP,
    };
    const takes = timeline.clips.map((clip) => rendered.get(clip.id)?.chosen.specHash);
    const musicHash = job.musicPath === null ? null : await sha256File(job.musicPath);
    const key = sha256Text(JSON.stringify([timeline, takes, musicHash, output, job.options.out]));
    const record = join(work.dir, 'delivered.json');
    const before = deliveredSchema.safeParse(await readJsonFile(record).catch(() => undefined));
    if (before.success && before.data.key === key && (await isSameFile(before.data)) && job.status === 'delivered')
      return before.data.delivered;

    const signed = new Set(context.approvals?.map(({ clipId }) => clipId));
    // Clips that nobody signed: each take was validated by measurement, the command vouches, and says so.
    const open = timeline.clips.map(({ id }) => id).filter((id) => !signed.has(id));
    const override = open.length === 0 ? undefined : COMMAND;
    const facts = { hasTimeline: true, unapprovedClips: open.length, ...(override === undefined ? {} : { override }) };
    if (job.status !== 'approved' && job.status !== 'assembling') {
      if (job.status !== 'in_review') await transitionJob(work.database, jobId, 'submit_review', facts);
      await transitionJob(work.database, jobId, 'approve', facts, override);
    }
    await transitionJob(work.database, jobId, 'start_assembly', facts);
    const film = await assembleFilm({
      timeline,
      clips: new Map(
        timeline.clips.map((clip) => {
          const photo = analysis.photos.find((candidate) => candidate.id === clip.photoId);
          return [
            clip.id,
            { path: rendered.get(clip.id)?.chosen.path ?? '', ...(photo === undefined ? {} : { focus: photo.focus }) },
          ];
        }),
      ),
      music: job.musicPath === null || timeline.music === null ? null : { path: job.musicPath, plan: timeline.music },
      output,
      outPath: job.options.out,
      workDir: work.assemblyDir,
      logoOf: (id) => join(work.dir, 'logos', `${id}.png`),
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    });
    const deliveryDir = await fillDeliveryFolder(context, job.options.out, analysis, stored, rendered, {
      approvals: context.approvals ?? [],
      not_approved: open,
      vouched_for: override ?? null,
    });
    const delivered: Delivered = {
      path: film.path,
      deliveryDir,
      verification: film.verification,
      copiedFrames: film.copiedFrames,
      encodedFrames: film.encodedFrames,
    };
    const info = await stat(film.path);
    await transitionJob(work.database, jobId, 'delivered', facts);
    await writeFileAtomic(record, JSON.stringify({ key, sizeBytes: info.size, mtimeMs: info.mtimeMs, delivered }));
    return delivered;
  });
}

async function isSameFile({ sizeBytes, mtimeMs, delivered }: z.infer<typeof deliveredSchema>): Promise<boolean> {
  const info = await stat(delivered.path).catch(() => undefined);
  return info !== undefined && info.size === sizeBytes && info.mtimeMs === mtimeMs;
}

/** `film.mp4` → `film.delivery` beside it. */
export const deliveryDirFor = (out: string): string => join(dirname(out), `${basename(out, extname(out))}.delivery`);

async function fillDeliveryFolder(
  context: JobContext,
  out: string,
  analysis: Analysis,
  { timeline }: StoredTimeline,
  rendered: ReadonlyMap<string, RenderedClip>,
  overrides: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { work, jobId, signal } = context;
  const job = await theJob(context);
  const decisions = await loadDecisions(work.database, jobId);
  const folder = deliveryDirFor(out);
  const photos = new Map(analysis.photos.map((photo) => [photo.id, photo]));
  const clips = timeline.clips.map((clip): DeliveryClip => {
    const photo = photos.get(clip.photoId);
    const take = rendered.get(clip.id);
    if (photo === undefined || take === undefined)
      throw new PicaividError(
        'clip_missing',
        `The clip ${clip.id} has lost its photo or its take. Run the film again.`,
      );
    return deliveryClip({
      clipId: clip.id,
      title: roomName(decisions.roomOverride[photo.id] ?? photo.roomLabel),
      take: take.chosen,
      clipPath: take.chosen.path,
      clipSha256: null,
      photo,
      depthSource: photo.depth?.source,
      downgradeReason: take.downgradeReason ?? null,
    });
  });
  const name = context.handedOn?.listing ?? basename(job.options.folder);
  await deliver({
    folder,
    listing: name,
    films: [{ path: out, name: basename(out) }],
    posterFrame: posterFrame(null, timeline.frameRate, timeline.frameRate),
    frameRate: timeline.frameRate,
    clips,
    otio: filmOtio(timeline, {
      name,
      clips,
      musicPath: job.musicPath,
      folder: context.handedOn === undefined ? folder : null,
    }),
    programVersion: await programVersion(),
    titles: timeline.titles,
    overrides: { ...overrides, job: jobId, decisions, networks: analysis.models },
    ...(signal === undefined ? {} : { signal }),
  });
  return folder;
}

async function programVersion(): Promise<string> {
  return z.object({ version: z.string() }).parse(await readJsonFile(join(PROJECT_ROOT, 'package.json'))).version;
}
