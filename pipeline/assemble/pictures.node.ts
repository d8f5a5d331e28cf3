/** Decoded pictures out of encoded ones: ffmpeg is fed the pictures themselves, so every frame is exact by index. */
import { PicaividError } from '../../base/errors.ts';
import { type FfmpegProcess, startFfmpeg, writeFully } from '../media/ffmpeg.node.ts';
import { type FrameRate, rateToString } from '../time.ts';
import { sameBytes } from './annexb.ts';
import { type ClipFile, clipPictures } from './clipfile.node.ts';

/** Wanted frames of one clip, [from, to), in order. */
export interface FrameRequest {
  readonly clip: ClipFile;
  readonly from: number;
  readonly to: number;
  /** ffmpeg filters that make the clip's picture fit the film's frame; empty when it already does. */
  readonly filter: string;
}

/** A fixed-size frame reader over a byte stream; frames are copied into the buffer that is given. */
export class FrameReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Fills `frame`; false when the stream has ended (or ends inside the frame). */
  async read(frame: Uint8Array): Promise<boolean> {
    let filled = 0;
    while (filled < frame.length) {
      if (this.#at >= this.#chunk.length) {
        const next = await this.#chunks.next();
        if (next.done === true) return false;
        this.#chunk = next.value;
        this.#at = 0;
      }
      const n = Math.min(frame.length - filled, this.#chunk.length - this.#at);
      frame.set(this.#chunk.subarray(this.#at, this.#at + n), filled);
      filled += n;
      this.#at += n;
    }
    return true;
  }
}

/**
 * Delivers the frames of a list of requests one after the other through as few decoders as possible: requests with the
 * same parameter sets and filter share one. Frames are 4:2:0 at `width` × `height`.
 */
export class Lane {
  readonly #requests: readonly FrameRequest[];
  readonly #frameBytes: number;
  readonly #rate: FrameRate;
  readonly #signal: AbortSignal | undefined;
  #request = 0;
  #frame = 0;
  #decoder: { process: FfmpegProcess; reader: FrameReader; feeding: Promise<void>; until: number } | undefined;
  readonly #scratch: Uint8Array;

  constructor(requests: readonly FrameRequest[], width: number, height: number, rate: FrameRate, signal?: AbortSignal) {
    this.#requests = requests;
    this.#frameBytes = (width * height * 3) / 2;
    this.#rate = rate;
    this.#signal = signal;
    this.#scratch = new Uint8Array(this.#frameBytes);
  }

  /** Copies the next frame into `out`. */
  async next(out: Uint8Array): Promise<void> {
    const request = this.#requests[this.#request];
    if (request === undefined)
      throw new PicaividError('internal', 'More frames were asked of a lane than it was given.');
    if (this.#decoder === undefined) this.#start();
    const decoder = this.#decoder;
    if (decoder === undefined) throw new PicaividError('internal', 'A lane has no decoder.');
    if (this.#frame === 0) {
      for (let skip = request.from - keyframeAtOrBefore(request.clip, request.from); skip > 0; skip--) {
        await this.#read(decoder.reader, this.#scratch, request);
      }
    }
    await this.#read(decoder.reader, out, request);
    this.#frame++;
    if (this.#frame >= request.to - request.from) {
      this.#frame = 0;
      this.#request++;
      if (this.#request >= decoder.until) await this.close();
    }
  }

  /** Ends the decoder; safe at any time. */
  async close(): Promise<void> {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    if (decoder === undefined) return;
    decoder.process.kill();
    // Unread frames would keep its pipe open, and its end would never be reported.
    decoder.process.stdout.destroy();
    await Promise.allSettled([decoder.feeding, decoder.process.done]);
  }

  async #read(reader: FrameReader, into: Uint8Array, request: FrameRequest): Promise<void> {
    if (await reader.read(into)) return;
    await this.#decoder?.process.done;
    throw new PicaividError('clip_invalid', `${request.clip.path} could not be decoded to its end. Render it again.`, {
      file: request.clip.path,
    });
  }

  #start(): void {
    const first = this.#requests[this.#request] as FrameRequest;
    let until = this.#request + 1;
    for (; until < this.#requests.length; until++) {
      const other = this.#requests[until] as FrameRequest;
      if (other.filter !== first.filter || !sameBytes(other.clip.parameterSets, first.clip.parameterSets)) break;
    }
    const process = startFfmpeg(
      [
        '-v', 'error', '-probesize', '32', '-analyzeduration', '0', '-f', 'h264', '-framerate', rateToString(this.#rate), '-i', 'pipe:0',
        ...(first.filter === '' ? [] : ['-vf', first.filter]),
        '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1',
      ], // biome-ignore format: options pair up
      this.#signal === undefined ? {} : { signal: this.#signal },
    );
    const batch = this.#requests.slice(this.#request, until);
    const feeding = feed(process, batch);
    feeding.catch(() => {});
    this.#decoder = { process, reader: new FrameReader(process.stdout), feeding, until };
  }
}

async function feed(process: FfmpegProcess, requests: readonly FrameRequest[]): Promise<void> {
  for (const { clip, from, to } of requests) {
    await writeFully(process, clip.parameterSets);
    for await (const picture of clipPictures(clip, keyframeAtOrBefore(clip, from), to))
      await writeFully(process, picture);
  }
  process.stdin.end();
}

/** The last keyframe at or before a frame. */
export function keyframeAtOrBefore(clip: ClipFile, frame: number): number {
  let found = 0;
  for (const key of clip.keyframes) {
    if (key > frame) break;
    found = key;
  }
  return found;
}
