/** What of a film is a file: its title cards as pictures, and its exports as downloads. By ids, as all media are. */
import type { Context, Handler } from 'hono';
import { z } from 'zod';
import { sha256Text } from '../../base/files.node.ts';
import type { Film } from '../../db/studio/films.node.ts';
import { titlePng } from '../../pipeline/assemble/titles.node.ts';
import type { TimelineClip, TitleCard } from '../../pipeline/domain.ts';
import { roomName } from '../../pipeline/rooms/view.ts';
import { editListCsv } from '../../pipeline/timeline/edit-list.ts';
import { toOtio } from '../../pipeline/timeline/otio.ts';
import { titleSchema } from '../../pipeline/timeline/schema.ts';
import { storyboardPdf, storyboardPng } from '../../pipeline/timeline/storyboard.node.ts';
import { idSchema } from './contract.ts';
import { mustListing } from './listings.node.ts';
import { logoOf } from './logos.node.ts';
import { failed, notThere } from './media.node.ts';
import type { FilmBuilder, FilmCore } from './timeline-build.node.ts';
import { FILM_EXPORTS, type FilmExport } from './timeline-contract.ts';

/** Longest side of a title's picture, pixels: 4K. */
const MAX_TITLE_SIDE = 3840;
/** Characters of a title's address: two lines of 120 letters in any script, its colours and logo. */
const MAX_TITLE_ADDRESS = 6_000;
/** Bytes of drawn titles that are kept in memory. */
const TITLES_KEPT_BYTES = 24_000_000;
/** Raised whenever the same title would be drawn differently. */
const TITLE_VERSION = 2;

const titleParams = z.object({
  listing: idSchema,
  size: z.string().regex(/^\d{1,4}x\d{1,4}$/),
  title: z
    .string()
    .max(MAX_TITLE_ADDRESS)
    .regex(/^[\w-]+\.png$/),
});

/** `/title/<listing id>/<width>x<height>/<title as base64url of JSON>.png` */
export function titleHandler({ core }: FilmCore): Handler {
  const kept = new Map<string, Buffer>();
  let bytes = 0;
  const keep = (key: string, png: Buffer): void => {
    kept.set(key, png);
    bytes += png.length;
    for (const [old, { length }] of kept) {
      if (bytes <= TITLES_KEPT_BYTES || kept.size === 1) break;
      kept.delete(old);
      bytes -= length;
    }
  };
  return async (c) => {
    try {
      const params = titleParams.safeParse(c.req.param());
      if (!params.success) return notThere(c, 'There is no such title.');
      const row = await mustListing(core, params.data.listing);
      const [width = 0, height = 0] = params.data.size.split('x').map(Number);
      const title = readTitle(params.data.title.slice(0, -'.png'.length));
      if (title === undefined || width < 2 || height < 2 || Math.max(width, height) > MAX_TITLE_SIDE)
        return notThere(c, 'There is no such title.');
      const key = sha256Text(JSON.stringify([TITLE_VERSION, title, width, height]));
      const headers = {
        'Content-Type': 'image/png',
        ETag: `"${key.slice(0, 32)}"`,
        'Cache-Control': 'private, no-cache',
      };
      if (c.req.header('if-none-match') === headers.ETag) return c.body(null, 304, headers);
      const png = kept.get(key) ?? (await titlePng(title, width, height, (id) => logoOf(core, row, id)));
      if (!kept.has(key)) keep(key, png);
      return c.body(new Uint8Array(png), 200, headers);
    } catch (error) {
      return failed(c, error);
    }
  };
}

/** What is drawn does not depend on when it is shown: a title may come without its place in the film. */
function readTitle(encoded: string): TitleCard | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    if (typeof json !== 'object' || json === null) return undefined;
    const parsed = titleSchema.safeParse({ ...json, id: 'title', startFrame: 0, durationFrames: 1 });
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // no JSON
  }
}

const exportParams = z.object({ listing: idSchema, what: z.enum(FILM_EXPORTS) });
const TYPES: Readonly<Record<FilmExport, string>> = {
  'film.otio': 'application/json; charset=utf-8',
  'edit-list.csv': 'text/csv; charset=utf-8',
  'storyboard.png': 'image/png',
  'storyboard.pdf': 'application/pdf',
};
const NAMES: Readonly<Record<FilmExport, string>> = {
  'film.otio': '.otio',
  'edit-list.csv': ' edit list.csv',
  'storyboard.png': ' storyboard.png',
  'storyboard.pdf': ' storyboard.pdf',
};

/** `/film/<listing id>/film.otio` and the other exports, as downloads named after the listing. */
export function exportHandler(
  film: FilmCore,
  builder: FilmBuilder,
  mustFilm: (listingId: string) => Promise<Film>,
): Handler {
  return async (c) => {
    try {
      const params = exportParams.safeParse(c.req.param());
      if (!params.success) return notThere(c, 'There is no such export.');
      const { listing, what } = params.data;
      const row = await mustListing(film.core, listing);
      const body = await exported(film, builder, await mustFilm(listing), listing, what);
      return download(c, body, TYPES[what], `${row.name}${NAMES[what]}`);
    } catch (error) {
      return failed(c, error);
    }
  };
}

async function exported(
  { core, music }: FilmCore,
  builder: FilmBuilder,
  { timeline, settings, track }: Film,
  listingId: string,
  what: FilmExport,
): Promise<string | Uint8Array> {
  const row = await mustListing(core, listingId);
  const source = await builder.source(row);
  const photos = new Map(source?.analysis.photos.map((photo) => [photo.id, photo]));
  const rooms = new Map(source?.analysis.clusters.map((cluster) => [cluster.id, roomName(cluster.roomType)]));
  const roomOf = (clip: TimelineClip): string => rooms.get(clip.clusterId) ?? '';
  const fileOf = (clip: TimelineClip): string => photos.get(clip.photoId)?.file ?? clip.photoId;
  if (what === 'edit-list.csv') return editListCsv(timeline, { roomOf, fileOf });
  if (what === 'film.otio') {
    const { musicId } = z.object({ musicId: z.string().nullable() }).catch({ musicId: null }).parse(settings);
    const sounding = musicId === null ? undefined : await music.fileName(musicId);
    return toOtio(timeline, {
      name: row.name,
      mediaFor: (clip) => ({ path: fileOf(clip), frames: clip.moveFrames }),
      ...(sounding === undefined ? {} : { musicPath: sounding }),
      ...(track === null ? {} : { musicSeconds: track.durationSeconds }),
    });
  }
  const input = {
    timeline,
    title: row.name,
    roomOf,
    pictureOf: (photoId: string) => photos.get(photoId)?.proxies[1280],
  };
  return what === 'storyboard.png' ? storyboardPng(input) : storyboardPdf(input);
}

/** RFC 6266: a plain name for old programs, the real one in UTF-8. */
export function downloadHeaders(type: string, name: string): Record<string, string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const safe = name.replaceAll(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '_').slice(0, 200);
  const plain =
    safe
      .normalize('NFKD')
      .replaceAll(/[^\x20-\x7e]/g, '')
      .replaceAll('%', '_')
      .trim() || 'film';
  const encoded = encodeURIComponent(safe).replaceAll(
    /['()*]/g,
    (x) => `%${x.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    'Cache-Control': 'no-store',
  };
}

function download(c: Context, body: string | Uint8Array, type: string, name: string): Response {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
  return c.body(bytes, 200, { ...downloadHeaders(type, name), 'Content-Length': String(bytes.length) });
}
