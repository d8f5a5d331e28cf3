/** Takes for tests of the review: put into the studio's database and folder as a render would, painted with their frame numbers. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Database, openMigrated } from '../../../db/open.node.ts';
import { loadAnalysis, loadTimeline } from '../../../db/results.node.ts';
import { RenderStore } from '../../../db/studio/renders.node.ts';
import type { ClipSpec, Take } from '../../../pipeline/domain.ts';
import { startFfmpeg, writeFully } from '../../../pipeline/media/ffmpeg.node.ts';
import { encodeArgs, specHash } from '../../../pipeline/render/clip.node.ts';
import { clipSpec } from '../../clip-spec.node.ts';
import { takeFiles } from '../../take-files.node.ts';

/** Bars of a painted frame: bit `n` of the frame's number is bar `n`, white for 1, in the upper third of the picture. */
const BITS = 6;

/** A clip whose every frame shows its own number, encoded as renders are. At most 64 frames. */
export async function paintedClip(
  path: string,
  { width, height, frames, frameRate }: Pick<ClipSpec, 'width' | 'height' | 'frames' | 'frameRate'>,
): Promise<void> {
  const encoder = startFfmpeg(encodeArgs({ width, height, frameRate }, path), { file: path });
  const picture = new Uint8Array((width * height * 3) / 2).fill(128);
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < height / 3; y++)
      for (let x = 0; x < width; x++)
        picture[y * width + x] = ((frame >> Math.floor((x * BITS) / width)) & 1) === 1 ? 235 : 16;
    await writeFully(encoder, picture);
  }
  encoder.stdin.end();
  await encoder.done;
}

/** The number that a painted frame shows, read from an encoded picture of any size. */
export async function paintedNumber(picture: Uint8Array): Promise<number> {
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  const row = Math.floor(info.height / 8) * info.width;
  let number = 0;
  for (let bit = 0; bit < BITS; bit++)
    if ((data[row + Math.floor(((bit + 0.5) * info.width) / BITS)] ?? 0) > 128) number |= 1 << bit;
  return number;
}

export interface TakeOptions {
  /** How its spec differs from what the film asks for: a step down the ladder. */
  readonly vary?: Partial<ClipSpec>;
  readonly facts?: Partial<Pick<Take, 'figures' | 'reasons' | 'verdict' | 'validationScore'>>;
}

/** Stands in for the renderer of one listing, beside a host that runs on the same home. */
export class TakeMaker {
  readonly database: Database;
  private readonly home: string;
  private readonly listingId: string;

  private constructor(database: Database, home: string, listingId: string) {
    this.database = database;
    this.home = home;
    this.listingId = listingId;
  }

  static async open(home: string, listingId: string): Promise<TakeMaker> {
    return new TakeMaker(await openMigrated(join(home, 'studio.db')), home, listingId);
  }

  /** The take that the film wants of this clip now, or a variation of it; gives its hash. */
  async put(clipId: string, { vary = {}, facts = {} }: TakeOptions = {}): Promise<string> {
    const { db } = this.database;
    const { job_id: jobId } = await db
      .selectFrom('listings')
      .select('job_id')
      .where('id', '=', this.listingId)
      .executeTakeFirstOrThrow();
    const { seed } = await db.selectFrom('clips').select('seed').where('id', '=', clipId).executeTakeFirstOrThrow();
    const timeline = (await loadTimeline(this.database, jobId))?.timeline;
    const clip = timeline?.clips.find((one) => one.id === clipId);
    const photo = (await loadAnalysis(this.database, jobId))?.photos.find((one) => one.id === clip?.photoId);
    if (timeline === undefined || clip === undefined || photo === undefined) throw new Error('no such clip');
    const asked = clipSpec(clip, photo, timeline, null, seed);
    const spec = { ...asked, ...vary };
    const hash = specHash(spec);
    const path = join(this.home, 'takes', hash, 'clip.mp4');
    await mkdir(join(path, '..'), { recursive: true });
    await copyFile(await this.painted(spec), path);
    const take: Take = {
      specHash: hash,
      spec,
      path,
      frames: spec.frames,
      validationScore: 1,
      verdict: 'pass',
      figures: [{ name: 'first_frame_ssim', value: 0.98, limit: 0.9, pass: true }],
      reasons: [],
      renderSeconds: 1,
      ...facts,
    };
    const made = { askedHash: specHash(asked), files: await takeFiles([take]) };
    // As the host stores what it renders: a shared listing's team is told.
    const { askedHash, files } = made;
    await new RenderStore(this.database).saveRendered({ clipId, takes: [take], chosen: take }, askedHash, files);
    return hash;
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private readonly files = new Map<string, Promise<string>>();

  private painted(spec: ClipSpec): Promise<string> {
    const name = `painted-${spec.width}x${spec.height}-${spec.frames}-${spec.frameRate.num}.mp4`;
    const path = join(this.home, name);
    const made = this.files.get(name) ?? paintedClip(path, spec).then(() => path);
    this.files.set(name, made);
    return made;
  }
}
