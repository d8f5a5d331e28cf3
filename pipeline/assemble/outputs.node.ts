/** The takes of a film for another frame than it was edited at, rendered from its photos by the same specs. */
import { utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import type { ClipSpec, OnProgress, Timeline } from '../domain.ts';
import { framePng } from '../media/strip.node.ts';
import { type GreyImage, ssim } from '../render/measure.ts';
import { renderTake } from '../render/take.node.ts';
import { comparedFrames, type OutputFrame, outputClipSpec, outputTimeline } from './outputs.ts';

export interface OutputClip {
  /** Of the approved take. */
  readonly spec: ClipSpec;
  readonly path: string;
  readonly photoPath: string;
  readonly depthPath: string | null;
  readonly focus?: { readonly x: number; readonly y: number };
  /** Pixels of the photo. */
  readonly photoSize: { readonly width: number; readonly height: number };
}

export interface OutputRequest {
  readonly timeline: Timeline;
  /** By timeline clip id. */
  readonly clips: ReadonlyMap<string, OutputClip>;
  readonly output: OutputFrame;
  /** Where all takes lie, each in a folder named by its spec's hash: what is there is not made again. */
  readonly takesDir: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface OutputTakes {
  /** The film at the output's rate. */
  readonly timeline: Timeline;
  readonly clips: ReadonlyMap<
    string,
    { readonly path: string; readonly focus?: { readonly x: number; readonly y: number } }
  >;
  /** What a person should know of the output, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Renders what the output needs. An approval is of the picture that was looked at: each new take is compared with the
 * approved one at the beginning, the middle and the end of the move, and one that looks otherwise stops the output.
 * Generated clips cannot be drawn again here and are scaled. Errors: `verification_failed`, `plan_impossible` for a generated clip at another
 * rate, those of rendering, `cancelled`; finished takes are kept.
 */
export async function makeOutputTakes(request: OutputRequest): Promise<OutputTakes> {
  const { clips, output, takesDir, onProgress, signal } = request;
  // The film shows frames of the take that stands in it: an older one may have another length than a new one would.
  const shown = request.timeline.clips.map((clip) => ({
    ...clip,
    moveFrames: clips.get(clip.id)?.spec.frames ?? clip.moveFrames,
  }));
  const timeline = outputTimeline({ ...request.timeline, clips: shown }, output);
  const total = timeline.clips.reduce((sum, clip) => sum + clip.moveFrames, 0);
  const made = new Map<string, { path: string; focus?: { readonly x: number; readonly y: number } }>();
  let scaled = 0;
  let doneFrames = 0;
  for (const [i, clip] of timeline.clips.entries()) {
    throwIfCancelled(signal);
    const source = clips.get(clip.id);
    if (source === undefined) throw new PicaividError('clip_missing', `Clip ${i + 1} of the film is not rendered.`);
    const { spec, path, photoPath, depthPath, focus } = source;
    const where = focus === undefined ? {} : { focus };
    if (spec.renderer === 'ltx') {
      if (clip.moveFrames !== spec.frames)
        throw new PicaividError(
          'plan_impossible',
          `Clip ${i + 1} was generated at the film's own frame rate and has no other. Deliver at that rate.`,
        );
      scaled += 1;
      made.set(clip.id, { path, ...where });
      continue;
    }
    const wanted = outputClipSpec(spec, clip, output, source.photoSize);
    const before = doneFrames;
    const take = await renderTake(wanted, { photoPath, depthPath }, {
      dir: takesDir,
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ fraction }) =>
        onProgress?.({
          fraction: (before + clip.moveFrames * fraction) / total,
          sentence: `Drawing clip ${i + 1} of ${timeline.clips.length} at ${wanted.width}×${wanted.height}`,
        }),
    }); // biome-ignore format: the inputs are one line
    const alike = await likeness(source.path, spec, take.path, wanted, signal);
    if (alike < LEAST_ALIKE)
      throw new PicaividError(
        'verification_failed',
        `Clip ${i + 1} does not look at ${wanted.width}×${wanted.height} as it was approved (likeness ${alike.toFixed(3)}, at least ${LEAST_ALIKE}). Render it again, look at it, then deliver.`,
      );
    // What was used counts as new: takes that nothing names are kept for a while, not for ever.
    const now = new Date();
    await utimes(dirname(take.path), now, now).catch(() => {});
    made.set(clip.id, { path: take.path, ...where });
    doneFrames += clip.moveFrames;
  }
  const notes =
    scaled === 0 ? [] : [`${scaled} generated ${scaled === 1 ? 'clip is' : 'clips are'} scaled to this size.`];
  return { timeline, clips: made, notes };
}

/** The least structural similarity (SSIM) of an output's take to the approved one at the same moments. */
const LEAST_ALIKE = 0.95;
/** Pixels of width at which they are compared: the encoder's grain is gone, and a moved edge is not. */
const LOOK_WIDTH = 320;

/** The least SSIM of two takes of one move at its beginning, middle and end. */
async function likeness(
  approved: string,
  spec: ClipSpec,
  made: string,
  wanted: ClipSpec,
  signal: AbortSignal | undefined,
): Promise<number> {
  const width = Math.min(LOOK_WIDTH, spec.width, wanted.width);
  const height = Math.round((width * spec.height) / spec.width);
  const look = async (path: string, frame: number): Promise<GreyImage> => {
    const png = await framePng(path, frame, signal);
    if (png === undefined) throw new PicaividError('clip_invalid', 'A clip has lost its last frames. Render it again.');
    const data = await sharp(png).greyscale().resize(width, height, { fit: 'fill' }).raw().toBuffer();
    return { width, height, data };
  };
  let least = 1;
  for (const [frame, same] of comparedFrames(spec.frames, wanted.frames)) {
    least = Math.min(least, ssim(await look(approved, frame), await look(made, same)));
  }
  return least;
}
