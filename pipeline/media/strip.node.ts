/** Single frames of a clip, by their index and nothing else: encoded pictures are taken from the sample table, decoded. */
import sharp from 'sharp';
import { PicaividError } from '../../base/errors.ts';
import { type ClipFile, clipPictures, readClipFile } from '../assemble/clipfile.node.ts';
import { startFfmpeg, writeFully } from './ffmpeg.node.ts';

/** Frames that a strip shows of a clip: evenly from its first to its last, `count` numbers. */
export function stripFrames(frames: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (frames - 1)) / (count - 1))));
}

/** Pictures to be decoded for these frames (ascending): from the keyframe before each, none twice; and where they stand. */
export function picturesFor(
  clip: Pick<ClipFile, 'keyframes'>,
  frames: readonly number[],
): { readonly runs: readonly { readonly from: number; readonly to: number }[]; readonly places: readonly number[] } {
  const runs: { from: number; to: number }[] = [];
  const places: number[] = [];
  let count = 0;
  for (const frame of frames) {
    const key = clip.keyframes.findLast((one) => one <= frame) ?? 0;
    const last = runs.at(-1);
    if (last !== undefined && key < last.to) {
      count += Math.max(0, frame + 1 - last.to);
      last.to = Math.max(last.to, frame + 1);
    } else {
      runs.push({ from: key, to: frame + 1 });
      count += frame + 1 - key;
    }
    places.push(count - 1);
  }
  return { runs, places };
}

/**
 * Decodes these frames (ascending, each once) of an H.264 clip without B-frames, filtered and written by ffmpeg as
 * `output` says, one after the other. Errors: `clip_invalid`, `cancelled`.
 */
async function decoded(
  clip: ClipFile,
  frames: readonly number[],
  filter: string,
  output: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  // Places in the file are not numbers of frames then: refused, for a wrong frame must not be shown.
  if (clip.reordered)
    throw new PicaividError(
      'clip_invalid',
      'This clip has B-frames, which clips of the studio do not have. Render it again.',
      {
        file: clip.path,
      },
    );
  const { runs, places } = picturesFor(clip, frames);
  const chosen = places.map((place) => `eq(n\\,${place})`).join('+');
  const running = startFfmpeg(
    ['-v', 'error', '-f', 'h264', '-i', 'pipe:0', '-vf', `select=${chosen},${filter}`, '-fps_mode', 'passthrough', ...output, 'pipe:1'],
    { errorCode: 'clip_invalid', file: clip.path, timeoutSeconds: 120, ...(signal === undefined ? {} : { signal }) },
  ); // biome-ignore format: options pair up
  const chunks: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of running.stdout) chunks.push(chunk as Buffer);
  })();
  const feeding = (async () => {
    await writeFully(running, clip.parameterSets);
    for (const { from, to } of runs)
      for await (const picture of clipPictures(clip, from, to)) await writeFully(running, picture);
    running.stdin.end();
  })();
  try {
    await Promise.all([feeding, reading, running.done]);
  } catch (error) {
    running.kill();
    throw error;
  }
  return Buffer.concat(chunks);
}

/** To RGB as the clip's tags say: bt709, studio range. */
const TO_RGB = 'in_color_matrix=bt709:in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int+bicubic,format=rgb24';

/** Frame `frame` at full size as PNG; undefined when the clip has no such frame. Errors: `clip_missing`, `clip_invalid`. */
export async function framePng(path: string, frame: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  const clip = await readClipFile(path);
  if (!Number.isInteger(frame) || frame < 0 || frame >= clip.frames) return undefined;
  const data = await decoded(clip, [frame], `scale=${TO_RGB}`, ['-f', 'rawvideo'], signal);
  mustHave(data, clip.width * clip.height * 3, 1);
  return sharp(data, { raw: { width: clip.width, height: clip.height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toBuffer();
}

/** `count` frames beside each other, each `width` pixels wide, as JPEG. A clip of fewer frames shows some twice. */
export async function stripJpeg(path: string, count: number, width: number, signal?: AbortSignal): Promise<Buffer> {
  const clip = await readClipFile(path);
  const height = Math.max(1, Math.round((width * clip.height) / clip.width));
  const shown = stripFrames(clip.frames, count);
  const frames = [...new Set(shown)];
  const data = await decoded(clip, frames, `scale=${width}:${height}:${TO_RGB}`, ['-f', 'rawvideo'], signal);
  const bytes = width * height * 3;
  mustHave(data, bytes, frames.length);
  const strip = Buffer.alloc(bytes * count);
  for (const [place, frame] of shown.entries()) {
    const at = frames.indexOf(frame) * bytes;
    for (let y = 0; y < height; y++)
      data.copy(strip, (y * count + place) * width * 3, at + y * width * 3, at + (y + 1) * width * 3);
  }
  return sharp(strip, { raw: { width: width * count, height, channels: 3 } })
    .jpeg({ quality: 82 })
    .toBuffer();
}

function mustHave(data: Buffer, bytes: number, frames: number): void {
  if (data.length !== bytes * frames)
    throw new PicaividError('clip_invalid', 'Frames of this clip cannot be decoded. Render this clip again.');
}
