/** Films that can be delivered, and a delivery through kills of the host, for tests. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { seededRandom } from '../../../base/seeded-random.ts';
import { runFfprobe } from '../../../pipeline/media/ffmpeg.node.ts';
import { clipStarts } from '../../../pipeline/timeline/clip-math.ts';
import type { DeliverDocument } from '../review-contract.ts';
import { type HostChild, hostChild, until } from './host.node.ts';
import { rendersDone, SMALL_FRAMES, smallFilm } from './renders.node.ts';

/** Frames of the film of `renderedFilm`. */
export const FILM_FRAMES = 3 * SMALL_FRAMES;

/** A film of three short clips at the size of its delivery, rendered. */
export async function renderedFilm(
  host: HostChild,
  photos: string,
  options: Parameters<typeof smallFilm>[2] & {
    readonly music?: boolean;
    /** Of each clip in turn, in place of one for all. */
    readonly renderers?: readonly ('ken_burns' | 'depth_parallax')[];
  } = {},
): Promise<{ id: string; clipIds: string[] }> {
  const { id, clips } = await smallFilm(host, photos, options);
  const { timeline, revision } = await host.studio.timeline.get.query({ id });
  if (timeline === null) throw new Error('no film');
  const { template, frameRate, beats, titles, markers, leftOut } = timeline;
  const filmEndFrame = clipStarts(clips).at(-1) ?? 0;
  const segments = [{ filmStartFrame: 0, filmEndFrame, musicStartSeconds: 12 }];
  const music = options.music === true ? { segments, fadeInFrames: 0, fadeOutFrames: 0 } : null;
  const edit = { type: 'setTemplate' as const, template, frameRate, width: 1920, height: 1080, clips: timeline.clips.map((clip, at) => ({ ...clip, renderer: options.renderers?.[at] ?? clip.renderer })), beats, music, titles, markers, leftOut }; // biome-ignore format: one film
  await host.studio.timeline.edit.mutate({ id, revision, label: 'Full size', edit: edit as never });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  await rendersDone(host, id);
  return { id, clipIds: clips.map((clip) => clip.id) };
}

export async function approveAll(host: HostChild, id: string): Promise<void> {
  for (const clip of (await host.studio.review.get.query({ id })).clips) {
    const take = clip.takes.find(({ current }) => current);
    const decision = { clipId: clip.clipId, specHash: take?.specHash ?? '', state: 'approved' as const };
    await host.studio.review.decide.mutate({ id, decision });
  }
}

/** Waits until nothing of the listing is being delivered. */
export const delivered = (host: HostChild, id: string): Promise<DeliverDocument> =>
  until(async () => {
    const document = await host.studio.delivery.get.query({ id });
    return document.task === null && document.deliveries.length > 0 ? document : undefined;
  });

const probed = z.object({
  streams: z.array(z.object({ width: z.number(), height: z.number(), nb_read_frames: z.string() })),
});
/** Size and number of frames that a film decodes to. */
export async function framesOf(path: string): Promise<{ width: number; height: number; frames: number }> {
  const args = ['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=width,height,nb_read_frames', '-of', 'json', path]; // biome-ignore format: one list
  const [stream] = probed.parse(await runFfprobe(args)).streams;
  if (stream === undefined) throw new Error('no picture');
  return { width: stream.width, height: stream.height, frames: Number(stream.nb_read_frames) };
}

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const provenance = z.object({ films: z.array(z.object({ file: z.string(), sha256: z.string() })) });

/** What is wrong with a delivery folder at any moment: a film that is not whole, a provenance that tells of others. */
export async function wrongIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const wrong: string[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.mp4'))) {
    const frames = await framesOf(join(folder, name)).then(
      (found) => found.frames,
      () => 0,
    );
    if (frames !== FILM_FRAMES) wrong.push(`${name} has ${frames} frames`);
  }
  const told = join(folder, 'provenance.json');
  if (existsSync(told))
    for (const { file, sha256: hash } of provenance.parse(JSON.parse(readFileSync(told, 'utf8'))).films)
      if (!existsSync(join(folder, file)) || sha256(join(folder, file)) !== hash)
        wrong.push(`${file} is not the one of the provenance`);
  return wrong;
}

export interface KilledDeliveries {
  readonly wrong: readonly string[];
  /** Kills while a delivery was being made. */
  readonly inTheMidst: number;
  readonly done: number;
}

/** Deliveries of one film, each at another loudness, until the host was killed so many times at random moments. */
export async function killedDeliveries(
  home: string,
  photos: string,
  kills: number,
  seed: number,
): Promise<KilledDeliveries> {
  const random = seededRandom(seed);
  const wrong: string[] = [];
  let inTheMidst = 0;
  let done = 0;
  let host = await hostChild({ home });
  try {
    await host.studio.person.set.mutate({ name: 'Ada', role: 'producer' });
    const { id } = await renderedFilm(host, photos);
    await approveAll(host, id);
    for (let killed = 0; killed < kills; ) {
      await host.studio.delivery.set.mutate({ id, changes: { loudnessLufs: -14 - (done % 8) } });
      await host.studio.delivery.start.mutate({ id, override: null });
      // Some deliveries are killed twice.
      for (const again = killed + 1 + Math.floor(2 * random()); killed < Math.min(kills, again); killed++) {
        await sleep(200 + 5_000 * random() * random());
        const before = await host.studio.delivery.get.query({ id });
        if (before.task !== null) inTheMidst += 1;
        await host.kill('SIGKILL');
        const folder = before.deliveries[0]?.folder ?? '';
        for (const what of await wrongIn(folder)) wrong.push(`after kill ${killed + 1}: ${what}`);
        host = await hostChild({ home });
      }
      const ended = await delivered(host, id);
      done += 1;
      const [last] = ended.deliveries;
      if (last?.state !== 'done') wrong.push(`delivery ${done}: ${last?.state} ${last?.error?.message ?? ''}`);
      const folder = last?.folder ?? '';
      if (!existsSync(join(folder, 'provenance.json'))) wrong.push(`delivery ${done}: no provenance`);
      for (const what of await wrongIn(folder)) wrong.push(`delivery ${done}: ${what}`);
      const left = readdirSync(join(home, 'assembly'));
      if (left.length > 0) wrong.push(`delivery ${done}: ${left.join(', ')} is left over`);
    }
    return { wrong, inTheMidst, done };
  } finally {
    await host.kill('SIGKILL');
  }
}
