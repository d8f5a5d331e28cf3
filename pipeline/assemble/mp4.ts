/**
 * Reads the sample table of one H.264 track from an MP4's `moov` box (ISO/IEC 14496-12), so that encoded pictures can be
 * taken from the file by frame index, without a decoder or a demuxer process.
 */
import { PicaividError } from '../../base/errors.ts';

export interface Mp4Video {
  readonly width: number;
  readonly height: number;
  /** Byte offset and size of each picture in decoding order, which is display order without B-frames. */
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  /** Frames that are sync samples, ascending. */
  readonly keyframes: readonly number[];
  /** Sequence and picture parameter sets as Annex B bytes. */
  readonly parameterSets: Uint8Array;
  /** Bytes of a picture's length prefixes. */
  readonly lengthSize: number;
  readonly timescale: number;
  /** The file's own colour tags (primaries/transfer/matrix by their numbers, range); undefined where it has none. */
  readonly colour: string | undefined;
  /** Decode durations as (count, delta in timescale units). */
  readonly durations: readonly { readonly count: number; readonly delta: number }[];
  /** True when a composition offset table is there with differing offsets: pictures are reordered. */
  readonly reordered: boolean;
}

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

/** Parses the content of a `moov` box (without its header). Throws `clip_invalid` with what is wrong. */
export function parseMoov(moov: Uint8Array, file: string): Mp4Video {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  for (const trak of boxes(view, 0, view.byteLength)) {
    if (trak.type !== 'trak') continue;
    const found = collect(view, trak);
    const hdlr = found.get('hdlr');
    if (hdlr !== undefined && text(view, hdlr.start + 8) === 'vide') return parseTrack(view, found, file);
  }
  throw invalid(file, 'has no picture track');
}

function parseTrack(view: DataView, found: ReadonlyMap<string, Box>, file: string): Mp4Video {
  const need = (type: string): Box => {
    const box = found.get(type);
    if (box === undefined) throw invalid(file, `has no ${type} table`);
    return box;
  };
  const stsd = need('stsd');
  const entry = stsd.start + 8;
  if (text(view, entry + 4) !== 'avc1') throw invalid(file, `is ${text(view, entry + 4)}, not H.264`);
  const inside = boxes(view, entry + 86, entry + view.getUint32(entry));
  const avcC = inside.find((box) => box.type === 'avcC');
  if (avcC === undefined) throw invalid(file, 'has no decoder configuration');

  const stsz = need('stsz');
  const uniform = view.getUint32(stsz.start + 4);
  const count = view.getUint32(stsz.start + 8);
  if (uniform === 0 && stsz.start + 12 + 4 * count > stsz.end) throw invalid(file, 'has a damaged size table');
  const sizes = new Uint32Array(count);
  for (let i = 0; i < count; i++) sizes[i] = uniform !== 0 ? uniform : view.getUint32(stsz.start + 12 + 4 * i);

  const stss = found.get('stss');
  const keyframes: number[] = [];
  if (stss === undefined) for (let i = 0; i < count; i++) keyframes.push(i);
  else
    for (let i = 0, n = view.getUint32(stss.start + 4); i < n; i++)
      keyframes.push(view.getUint32(stss.start + 8 + 4 * i) - 1);

  const mdhd = need('mdhd');
  const timescale = view.getUint32(mdhd.start + (view.getUint8(mdhd.start) === 1 ? 20 : 12));
  const stts = need('stts');
  const durations = Array.from({ length: view.getUint32(stts.start + 4) }, (_, i) => ({
    count: view.getUint32(stts.start + 8 + 8 * i),
    delta: view.getUint32(stts.start + 12 + 8 * i),
  }));
  const tkhd = need('tkhd');
  return {
    width: view.getUint16(entry + 32),
    height: view.getUint16(entry + 34),
    offsets: offsetsOf(view, found, sizes, need, file),
    sizes,
    keyframes,
    ...configuration(view, avcC),
    timescale,
    colour: colourOf(
      view,
      inside.find((box) => box.type === 'colr'),
    ),
    durations,
    reordered: reordered(view, found.get('ctts')) || tkhd.end <= tkhd.start,
  };
}

function colourOf(view: DataView, colr: Box | undefined): string | undefined {
  if (colr === undefined || text(view, colr.start) !== 'nclx') return undefined;
  const [primaries, transfer, matrix] = [4, 6, 8].map((at) => view.getUint16(colr.start + at));
  return `${primaries}/${transfer}/${matrix} ${view.getUint8(colr.start + 10) >= 128 ? 'full' : 'limited'}`;
}

function offsetsOf(
  view: DataView,
  found: ReadonlyMap<string, Box>,
  sizes: Uint32Array,
  need: (type: string) => Box,
  file: string,
): Float64Array {
  const wide = found.get('co64');
  const chunks = wide ?? need('stco');
  const chunkCount = view.getUint32(chunks.start + 4);
  const stsc = need('stsc');
  const runs = view.getUint32(stsc.start + 4);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  let run = 0;
  for (let chunk = 0; chunk < chunkCount && sample < sizes.length; chunk++) {
    while (run + 1 < runs && view.getUint32(stsc.start + 8 + 12 * (run + 1)) <= chunk + 1) run++;
    const perChunk = view.getUint32(stsc.start + 12 + 12 * run);
    let offset =
      wide === undefined
        ? view.getUint32(chunks.start + 8 + 4 * chunk)
        : Number(view.getBigUint64(chunks.start + 8 + 8 * chunk));
    for (let i = 0; i < perChunk && sample < sizes.length; i++) {
      offsets[sample] = offset;
      offset += sizes[sample] as number;
      sample++;
    }
  }
  if (sample < sizes.length) throw invalid(file, 'has a damaged chunk table');
  return offsets;
}

function configuration(view: DataView, avcC: Box): { parameterSets: Uint8Array; lengthSize: number } {
  const lengthSize = (view.getUint8(avcC.start + 4) & 3) + 1;
  const out: number[] = [];
  let at = avcC.start + 5;
  for (const mask of [0x1f, 0xff]) {
    const sets = view.getUint8(at++) & mask;
    for (let i = 0; i < sets; i++) {
      const size = view.getUint16(at);
      at += 2;
      // A unit never ends with a zero byte; a muxer fed with start codes may leave the next one's first zero behind it.
      let end = size;
      while (end > 0 && view.getUint8(at + end - 1) === 0) end--;
      out.push(0, 0, 0, 1);
      for (let j = 0; j < end; j++) out.push(view.getUint8(at + j));
      at += size;
    }
  }
  return { parameterSets: Uint8Array.from(out), lengthSize };
}

function reordered(view: DataView, ctts: Box | undefined): boolean {
  if (ctts === undefined) return false;
  const n = view.getUint32(ctts.start + 4);
  for (let i = 1; i < n; i++) {
    if (view.getInt32(ctts.start + 12 + 8 * i) !== view.getInt32(ctts.start + 12)) return true;
  }
  return false;
}

function boxes(view: DataView, from: number, to: number): Box[] {
  const out: Box[] = [];
  let at = from;
  while (at + 8 <= to) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > to) break;
    out.push({ type: text(view, at + 4), start: at + 8, end: at + size });
    at += size;
  }
  return out;
}

function collect(view: DataView, box: Box): Map<string, Box> {
  const found = new Map<string, Box>();
  for (const child of boxes(view, box.start, box.end)) {
    found.set(child.type, child);
    if (CONTAINERS.has(child.type)) for (const [type, deep] of collect(view, child)) found.set(type, deep);
  }
  return found;
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function invalid(file: string, what: string): PicaividError {
  return new PicaividError('clip_invalid', `${file} ${what}. Render this clip again.`, { file });
}
