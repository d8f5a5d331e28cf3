/**
 * Frames of an all-intra proxy, decoded in the page: mediabunny reads the packets by Range requests, WebCodecs decodes
 * one of them. Also right for clips that are not all-intra: then the pictures that lead to a frame are decoded too.
 */
import { type EncodedPacket, EncodedPacketSink, Input, type InputVideoTrack, MP4, UrlSource } from 'mediabunny';
import { PicaividError } from '../../base/errors.ts';
import type { FrameFeed } from './clip-frames.ts';
import type { NewPicture } from './frame-cache.ts';
import { FrameTable } from './frame-table.ts';

/** What is drawn in a page. */
export type PagePicture = VideoFrame | ImageBitmap;

/** Encoded bytes that are kept of a proxy; 4 s of 1280 × 720 are about 10 MB. */
const ENCODED_BYTES = 32 << 20;
/** A second is long for a host on the same machine. */
const RETRIES_SECONDS = [0.1, 0.4];
/**
 * A decoder keeps the memory of closed pictures to use it again, up to all that a cache held: ten clips that were left
 * took 2.2 GB. So one that rests is closed; a new one is there within milliseconds.
 */
const REST_MS = 700;
/** Half a second at 30 fps; decoded in less than 100 ms by one core. */
const AHEAD = 16;

/** How the host answered last. */
interface Link {
  refused: PicaividError | undefined;
  lost: boolean;
}

/** Errors: `clip_invalid` (this page cannot decode it, with the reason), `host_unreachable`, `cancelled`. */
export async function openProxyFeed(url: string, signal: AbortSignal): Promise<FrameFeed<PagePicture>> {
  if (typeof VideoDecoder === 'undefined' || typeof EncodedVideoChunk === 'undefined')
    throw new PicaividError('clip_invalid', 'This window has no WebCodecs.');
  const link: Link = { refused: undefined, lost: false };
  const input = new Input({
    formats: [MP4],
    source: new UrlSource(new URL(url, document.baseURI), {
      maxCacheSize: ENCODED_BYTES,
      getRetryDelay: (attempts) => (link.refused === undefined ? (RETRIES_SECONDS[attempts - 1] ?? null) : null),
      fetchFn: async (request, init) => {
        // Fetch rejects where nobody answers, whatever the reason.
        const response = await fetch(request, init).catch((error: unknown) => {
          link.lost = true;
          throw error;
        });
        link.lost = false;
        if (!response.ok)
          link.refused = new PicaividError(
            'clip_invalid',
            `The copy for review could not be had (${response.status}).`,
          );
        return response;
      },
      // Told when the next frame is asked for.
      handleUnhandledError: () => {},
    }),
  });
  const dispose = (): void => input.dispose();
  signal.addEventListener('abort', dispose, { once: true });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw new PicaividError('clip_invalid', 'The copy for review has no picture.');
    const config = await usableConfig(track);
    const sink = new EncodedPacketSink(track);
    const packets: EncodedPacket[] = [];
    for (let one = await sink.getFirstPacket({ metadataOnly: true }); one !== null; ) {
      packets.push(one);
      one = await sink.getNextPacket(one, { metadataOnly: true });
    }
    const table = new FrameTable(
      packets.map(({ timestamp, duration, type }) => ({ timestamp, duration, key: type === 'key' })),
    );
    return new ProxyFeed(input, sink, packets, table, config, link);
  } catch (error) {
    input.dispose();
    throw known(error, signal, link);
  } finally {
    signal.removeEventListener('abort', dispose);
  }
}

/**
 * By software first: the same picture on every machine, no pool of the graphics card that cached frames would empty,
 * and a single 720p picture is sooner decoded than a card answers.
 */
async function usableConfig(track: InputVideoTrack): Promise<VideoDecoderConfig> {
  const own = await track.getDecoderConfig();
  if (own === null) throw new PicaividError('clip_invalid', 'The copy for review has a codec nobody knows here.');
  for (const hardwareAcceleration of ['prefer-software', 'no-preference'] as const) {
    const config: VideoDecoderConfig = { ...own, hardwareAcceleration, optimizeForLatency: true };
    const support = await VideoDecoder.isConfigSupported(config).catch(() => undefined);
    if (support?.supported === true) return config;
  }
  throw new PicaividError('clip_invalid', `This window cannot decode ${own.codec}.`);
}

class ProxyFeed implements FrameFeed<PagePicture> {
  readonly table: FrameTable;
  readonly ahead = AHEAD;
  private readonly input: Input;
  private readonly sink: EncodedPacketSink;
  /** In decoding order, without their bytes. */
  private readonly packets: readonly EncodedPacket[];
  private readonly config: VideoDecoderConfig;
  private readonly link: Link;
  private decoder: VideoDecoder | undefined;
  private out: VideoFrame[] = [];
  private failure: unknown;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    input: Input,
    sink: EncodedPacketSink,
    packets: readonly EncodedPacket[],
    table: FrameTable,
    config: VideoDecoderConfig,
    link: Link,
  ) {
    this.input = input;
    this.sink = sink;
    this.packets = packets;
    this.table = table;
    this.config = config;
    this.link = link;
  }

  async decode(index: number, signal: AbortSignal): Promise<NewPicture<PagePicture>> {
    const frame = this.table.frames[index];
    if (frame === undefined) throw new PicaividError('bad_usage', `This take has no frame ${index}.`);
    const chunks: EncodedVideoChunk[] = [];
    try {
      for (let at = frame.from; at <= frame.packet; at++) chunks.push(await this.chunk(at));
    } catch (error) {
      throw known(error, signal, this.link);
    }
    if (signal.aborted) throw new PicaividError('cancelled', 'Another frame was asked for.');
    try {
      return await this.picture(await this.decodeChunks(chunks, frame.microseconds));
    } catch (error) {
      if (error instanceof PicaividError) throw error;
      // A browser takes decoders away from windows that lie idle (QuotaExceededError): a new one does it.
      this.dropDecoder();
      return this.picture(await this.decodeChunks(chunks, frame.microseconds).catch(undecodable));
    }
  }

  close(): void {
    this.dropDecoder();
    this.input.dispose();
  }

  private async chunk(at: number): Promise<EncodedVideoChunk> {
    const meta = this.packets[at] as EncodedPacket;
    const before = this.packets[at - 1];
    // By its place in the file, not by its time.
    const packet = await (before === undefined ? this.sink.getFirstPacket() : this.sink.getNextPacket(before));
    if (packet === null || packet.sequenceNumber !== meta.sequenceNumber || packet.timestamp !== meta.timestamp)
      throw new PicaividError('clip_invalid', 'The copy for review changed while it was read.');
    return new EncodedVideoChunk({
      type: packet.type === 'key' ? 'key' : 'delta',
      timestamp: Math.round(packet.timestamp * 1e6),
      data: packet.data,
    });
  }

  /** Decodes from a key frame to the end of what is given; exactly one picture must be of the wanted time. */
  private async decodeChunks(chunks: readonly EncodedVideoChunk[], microseconds: number): Promise<VideoFrame> {
    const decoder = this.makeDecoder();
    this.out = [];
    try {
      for (const chunk of chunks) decoder.decode(chunk);
      // Whatever a decoder holds back for reordering comes out, so no picture is mistaken for the next.
      await decoder.flush();
      if (this.failure !== undefined) throw this.failure;
      const wanted = this.out.filter(({ timestamp }) => timestamp === microseconds);
      const [one] = wanted;
      if (one === undefined || wanted.length > 1 || this.out.length !== chunks.length)
        throw new PicaividError(
          'clip_invalid',
          'The decoder of this window gave another frame than the one asked for.',
        );
      this.out = this.out.filter((other) => other !== one);
      return one;
    } finally {
      for (const other of this.out) other.close();
      this.out = [];
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.dropDecoder(), REST_MS);
    }
  }

  private async picture(frame: VideoFrame): Promise<NewPicture<PagePicture>> {
    const { displayWidth: width, displayHeight: height } = frame;
    if (frame.format !== null) {
      const bytes = frame.allocationSize();
      return { picture: frame, width, height, bytes, close: () => frame.close() };
    }
    // A picture in the graphics card's own pool: a copy, so that the pool does not run dry.
    try {
      const copy = await createImageBitmap(frame);
      return { picture: copy, width, height, bytes: width * height * 4, close: () => copy.close() };
    } finally {
      frame.close();
    }
  }

  private makeDecoder(): VideoDecoder {
    clearTimeout(this.resting);
    if (this.decoder?.state === 'configured') return this.decoder;
    this.dropDecoder();
    this.failure = undefined;
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (this.decoder === decoder) this.out.push(frame);
        else frame.close();
      },
      error: (error) => {
        if (this.decoder === decoder) this.failure = error;
      },
    });
    this.decoder = decoder;
    decoder.configure(this.config);
    return decoder;
  }

  private dropDecoder(): void {
    const { decoder } = this;
    this.decoder = undefined;
    clearTimeout(this.resting);
    if (decoder !== undefined && decoder.state !== 'closed') decoder.close();
  }
}

function undecodable(error: unknown): never {
  const words = error instanceof Error ? error.message : String(error);
  throw new PicaividError('clip_invalid', `A frame of the copy for review could not be decoded: ${words}`, {
    cause: error,
  });
}

function known(error: unknown, signal: AbortSignal, { refused, lost }: Link): PicaividError {
  if (error instanceof PicaividError) return error;
  if (signal.aborted) return new PicaividError('cancelled', 'This clip was closed.', { cause: error });
  if (refused !== undefined) return refused;
  if (lost)
    return new PicaividError('host_unreachable', 'The studio does not answer. Start it again.', { cause: error });
  const words = error instanceof Error ? error.message : String(error);
  return new PicaividError('clip_invalid', `The copy for review could not be read: ${words}`, { cause: error });
}
