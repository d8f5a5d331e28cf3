/** A rendered clip on disk, read picture by picture without decoding. */
import { type FileHandle, open } from 'node:fs/promises';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { sampleToAnnexB } from './annexb.ts';
import { type Mp4Video, parseMoov } from './mp4.ts';

/** Pictures that lie together are read in one go up to this many bytes. */
const READ_BYTES = 4 << 20;
/** A sample table of ten hours at 60 fps is below this; more is not a clip of ours. */
const MAX_MOOV_BYTES = 64 << 20;

export interface ClipFile extends Mp4Video {
  readonly path: string;
  readonly frames: number;
  /** Moov lies before the media data: players can start before the whole file is there. */
  readonly faststart: boolean;
  /** Size, time and place of the file as it was read: another stamp later means another file. */
  readonly stamp: string;
}

async function stampOf(handle: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeMs } = await handle.stat();
  return [dev, ino, size, mtimeMs].join(':');
}

async function mustBeSame(handle: FileHandle, clip: ClipFile): Promise<void> {
  if ((await stampOf(handle)) === clip.stamp) return;
  throw new PicaividError(
    'clip_invalid',
    `${clip.path} was changed while the film was being made from it. Run the same command again.`,
    { file: clip.path },
  );
}

async function openClip(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const mapped = toPicaividError(error, 'file_unreadable', path);
    if (mapped.code !== 'file_not_found') throw mapped;
    throw new PicaividError('clip_missing', `The clip ${path} is not there (any more). Render it again.`, {
      file: path,
    });
  }
}

/** Reads a clip's sample table. Errors: `clip_missing`, `clip_invalid`, `file_unreadable`. */
export async function readClipFile(path: string): Promise<ClipFile> {
  const handle = await openClip(path);
  try {
    const { moov, faststart } = await findMoov(handle, path);
    const video = parseMoov(moov, path);
    return { ...video, path, frames: video.sizes.length, faststart, stamp: await stampOf(handle) };
  } catch (error) {
    if (error instanceof RangeError) {
      throw new PicaividError('clip_invalid', `${path} is damaged. Render this clip again.`, {
        cause: error,
        file: path,
      });
    }
    throw toPicaividError(error, 'clip_invalid', path);
  } finally {
    await handle.close();
  }
}

/**
 * Encoded pictures [from, to) of a clip as Annex B, in order, a few megabytes in memory at a time. Errors:
 * `clip_missing`, `clip_invalid` also when the file is not the one that was read: its tables would point anywhere.
 */
export async function* clipPictures(clip: ClipFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  const handle = await openClip(clip.path);
  try {
    await mustBeSame(handle, clip);
    let frame = from;
    while (frame < to) {
      const start = clip.offsets[frame] as number;
      let next = frame;
      let end = start;
      while (next < to && clip.offsets[next] === end && end - start < READ_BYTES) end += clip.sizes[next++] as number;
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) {
        throw new PicaividError('clip_invalid', `${clip.path} ends too early. Render this clip again.`, {
          file: clip.path,
        });
      }
      for (let at = 0; frame < next; frame++) {
        const size = clip.sizes[frame] as number;
        yield sampleToAnnexB(bytes.subarray(at, at + size), clip.lengthSize);
        at += size;
      }
    }
    await mustBeSame(handle, clip);
  } finally {
    await handle.close();
  }
}

async function findMoov(handle: FileHandle, path: string): Promise<{ moov: Uint8Array; faststart: boolean }> {
  const { size: fileSize } = await handle.stat();
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  let sawMedia = false;
  for (let at = 0; at + 8 <= fileSize; ) {
    await handle.read(header, 0, 16, at);
    const type = String.fromCharCode(...header.subarray(4, 8));
    let size = view.getUint32(0);
    let head = 8;
    if (size === 1) {
      size = Number(view.getBigUint64(8));
      head = 16;
    } else if (size === 0) size = fileSize - at;
    if (size < head || at + size > fileSize) break;
    if (type === 'mdat') sawMedia = true;
    if (type === 'moov' && size <= MAX_MOOV_BYTES) {
      const moov = new Uint8Array(size - head);
      await handle.read(moov, 0, moov.length, at + head);
      return { moov, faststart: !sawMedia };
    }
    at += size;
  }
  throw new PicaividError('clip_invalid', `${path} is not a complete MP4 file. Render this clip again.`, {
    file: path,
  });
}
