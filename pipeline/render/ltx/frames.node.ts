/** Pictures that LTX is given, and the clip that is made of the film that it gives back. */
import { rm } from 'node:fs/promises';
import sharp from 'sharp';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../../base/errors.ts';
import { besidePath, commitFile } from '../../../base/files.node.ts';
import type { ClipSpec } from '../../domain.ts';
import { h264Args } from '../../media/encoder.ts';
import { runFfmpeg, runFfprobe } from '../../media/ffmpeg.node.ts';
import { rateToString } from '../../time.ts';
import { type ClipInputs, planClip } from '../prepare.node.ts';
import { decodeAt } from '../source.node.ts';
import { LtxFailure } from './failure.ts';
import type { LtxShape, LtxTiming } from './plan.ts';

const DENSITY = 2;

/**
 * The photo's view at the first or last frame of the move over a flat picture, as PNG of the model's sides: real pixels
 * of the photo and nothing else, the same view that validation compares the first frame with. The rim that is cropped
 * off again mirrors the picture. Errors: those of the photo.
 */
export async function viewPng(
  spec: ClipSpec,
  inputs: ClipInputs,
  shape: LtxShape,
  at: 'first' | 'last',
): Promise<Uint8Array<ArrayBuffer>> {
  const { plan, photoAspect } = await planClip({ ...spec, renderer: 'ken_burns' }, inputs);
  const { centreX, centreY, height: window } = plan.at(at === 'first' ? 0 : 1);
  const { contentWidth, contentHeight } = shape;
  // The whole photo at the size at which the window is twice the content: cut at whole pixels it is a quarter off at most.
  const scale = (DENSITY * contentHeight) / window;
  const [cutWidth, cutHeight] = [DENSITY * contentWidth, DENSITY * contentHeight];
  const height = Math.max(cutHeight, Math.round(scale));
  const width = Math.max(cutWidth, Math.round(scale * photoAspect));
  const left = (centreX / photoAspect + 0.5) * width - cutWidth / 2;
  const top = (centreY + 0.5) * height - cutHeight / 2;
  const photo = await decodeAt(inputs.photoPath, width, height);
  const inside = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
  const across = shape.width - contentWidth;
  const down = shape.height - contentHeight;
  try {
    const view = await sharp(photo.data, { raw: { width, height, channels: 3 } })
      .extract({
        left: inside(left, width - cutWidth),
        top: inside(top, height - cutHeight),
        width: cutWidth,
        height: cutHeight,
      })
      .resize(contentWidth, contentHeight, { fit: 'fill', kernel: 'lanczos3' })
      .toBuffer();
    const png = await sharp(view, { raw: { width: contentWidth, height: contentHeight, channels: 3 } })
      .extend({
        left: Math.floor(across / 2),
        right: Math.ceil(across / 2),
        top: Math.floor(down / 2),
        bottom: Math.ceil(down / 2),
        extendWith: 'mirror',
      })
      .png({ compressionLevel: 3 })
      .toBuffer();
    return new Uint8Array(png);
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', inputs.photoPath);
  }
}

const probed = z.object({
  streams: z.tuple([
    z.object({
      width: z.int(),
      height: z.int(),
      nb_read_frames: z.coerce.number(),
      color_space: z.string().exactOptional(),
    }),
  ]),
});

/** Checks that the film is what was asked for, by decoding all of it. Errors: `damaged`, `cancelled`. */
export async function checkFilm(
  path: string,
  shape: LtxShape,
  frames: number,
  signal?: AbortSignal,
): Promise<{ matrix: 'bt601' | 'bt709' }> {
  const cancel = signal === undefined ? {} : { signal };
  let stream: z.infer<typeof probed>['streams'][0];
  try {
    const found = await runFfprobe(
      [
        '-count_frames',
        '-select_streams',
        'v:0',
        '-show_entries',
        'stream=width,height,nb_read_frames,color_space',
        path,
      ],
      { file: path, timeoutSeconds: 600, ...cancel },
    );
    stream = probed.parse(found).streams[0];
  } catch (error) {
    if (error instanceof PicaividError && (error.code === 'cancelled' || error.code === 'ffmpeg_missing')) throw error;
    throw new LtxFailure('damaged', 'What ComfyUI sent is no film that can be decoded.', { cause: error });
  }
  const got = `${stream.nb_read_frames} frames of ${stream.width}×${stream.height}`;
  if (stream.width !== shape.width || stream.height !== shape.height || stream.nb_read_frames < frames)
    throw new LtxFailure('damaged', `ComfyUI sent ${got} instead of ${frames} of ${shape.width}×${shape.height}.`);
  // ComfyUI converts with swscale's default matrix, BT.601, and tags nothing; newer ones say bt709 where they use it.
  return { matrix: stream.color_space === 'bt709' ? 'bt709' : 'bt601' };
}

/**
 * Cuts the clip out of the film: the content without its rim, at the spec's size and rate, its first `spec.frames`
 * frames, encoded as every clip is. Errors: `ffmpeg_failed`, `disk_full`, `cancelled`; on any no file is left.
 */
export async function cutClip(
  filmPath: string,
  outPath: string,
  spec: ClipSpec,
  shape: LtxShape,
  timing: LtxTiming,
  matrix: 'bt601' | 'bt709',
  signal?: AbortSignal,
): Promise<void> {
  const { contentWidth, contentHeight } = shape;
  const left = Math.floor((shape.width - contentWidth) / 2);
  const top = Math.floor((shape.height - contentHeight) / 2);
  const filters = [
    `crop=${contentWidth}:${contentHeight}:${left}:${top}:exact=1`,
    `scale=${spec.width}:${spec.height}:flags=lanczos+accurate_rnd:in_color_matrix=${matrix}:in_range=tv:out_color_matrix=bt709:out_range=tv`,
    'setsar=1',
    'format=yuv420p',
    // Time stamps by count: containers round them, and the rates are known.
    `setpts=N/(${rateToString(timing.rate)})/TB`,
    ...retime(spec, timing),
  ];
  const part = besidePath(outPath);
  try {
    await runFfmpeg(
      ['-i', filmPath, '-map', '0:v:0', '-an', '-vf', filters.join(','), '-frames:v', String(spec.frames),
        ...h264Args(spec.frameRate), '-movflags', '+faststart', '-map_metadata', '-1', '-y', part],
      { file: outPath, ...(signal === undefined ? {} : { signal }) },
    ); // biome-ignore format: options pair up
    await commitFile(part, outPath);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw toPicaividError(error, 'output_unwritable', outPath);
  }
}

/** Filters from the model's rate to the spec's: whole multiples either way, so no frame is ever shown twice. */
function retime(spec: ClipSpec, { skip, fill }: LtxTiming): string[] {
  const rate = rateToString(spec.frameRate);
  if (skip > 1) return [`select='not(mod(n\\,${skip}))'`, `setpts=N/(${rate})/TB`];
  if (fill === 1) return [];
  // Motion-compensated frames between; it needs frames beyond the last one it fills up to, and no guess at cuts.
  return [
    'tpad=stop_mode=clone:stop=4',
    `minterpolate=fps=${rate}:mi_mode=mci:mc_mode=aobmc:vsbmc=1:scd=none`,
    `setpts=N/(${rate})/TB`,
  ];
}
