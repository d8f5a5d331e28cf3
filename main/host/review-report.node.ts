/** Reports of the review as downloads, and the pictures in them: exact frames of the takes that notes are about. */
import type { Handler } from 'hono';
import sharp from 'sharp';
import { z } from 'zod';
import { toPicaividError } from '../../base/errors.ts';
import { framePng } from '../../pipeline/media/strip.node.ts';
import type { Mark } from '../../pipeline/review.ts';
import { takeFileState } from '../take-files.node.ts';
import { idSchema } from './contract.ts';
import { downloadHeaders } from './film-files.node.ts';
import { mustListing } from './listings.node.ts';
import { failed, notThere } from './media.node.ts';
import type { RenderCore } from './renders.node.ts';
import { recordedFile } from './renders-parts.node.ts';
import { REPORTS, type ReportName } from './review-contract.ts';
import { marksSvg } from './review-marks.ts';
import { csvReport, jsonReport, type ReportInput, type ReportPicture } from './review-report.ts';
import { htmlReport } from './review-report-html.ts';
import { reviewDocument } from './reviews.node.ts';

/** Longest side of a note's picture and of a clip's, pixels. A note's is about 90 kB. */
const NOTE_SIDE = 960;
const CLIP_SIDE = 480;
const QUALITY = 82;

const params = z.object({ listing: idSchema, what: z.enum(REPORTS) });
const TYPES: Readonly<Record<ReportName, string>> = {
  'report.csv': 'text/csv; charset=utf-8',
  'report.json': 'application/json; charset=utf-8',
  'report.html': 'text/html; charset=utf-8',
};
const PIECES: Readonly<Record<ReportName, (input: ReportInput) => Iterable<string> | AsyncIterable<string>>> = {
  'report.csv': csvReport,
  'report.json': jsonReport,
  'report.html': htmlReport,
};

/** `/review/<listing id>/report.csv`, `.json`, `.html`: written while they are sent, one picture at a time. */
export function reportHandler(parts: RenderCore): Handler {
  return async (c) => {
    try {
      const asked = params.safeParse(c.req.param());
      if (!asked.success) return notThere(c, 'There is no such report.');
      const { listing, what } = asked.data;
      const { name } = await mustListing(parts.film.core, listing);
      const input = await reportInput(parts, listing);
      const body = streamOf(PIECES[what](input));
      return c.body(body, 200, downloadHeaders(TYPES[what], `${name} review${what.slice(what.indexOf('.'))}`));
    } catch (error) {
      return failed(c, error);
    }
  };
}

export async function reportInput(parts: RenderCore, listingId: string): Promise<ReportInput> {
  const { film, renders } = parts;
  const row = await mustListing(film.core, listingId);
  const known = await film.films.film(listingId);
  const document = await reviewDocument(parts, listingId);
  const placed = new Map(known?.timeline.clips.map((clip) => [clip.id, clip]));
  const starts = new Map(document.clips.map(({ clipId, startFrame }) => [clipId, startFrame]));
  const picture = async (
    clipId: string,
    specHash: string,
    frame: number,
    marks: readonly Mark[],
    side: number,
  ): Promise<ReportPicture> => {
    try {
      const take = await renders.parts.store.take(row.jobId, clipId, specHash);
      const file = take === undefined ? undefined : recordedFile(renders.parts, take);
      if (take !== undefined) await film.core.team.bringTake(row, take).catch(() => {}); // the report says that it is not there
      const state = file === undefined ? 'missing' : await takeFileState(file);
      if (file === undefined || state !== 'present')
        return {
          missing: `The file of this take is ${state === 'missing' ? 'gone' : 'not the one that was rendered'}.`,
        };
      const jpeg = await framePicture(file.path, frame, marks, side);
      if (jpeg === undefined) return { missing: 'This take has no such frame.' };
      return { url: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
    } catch (error) {
      // One picture less must not take the report away.
      film.core.log.info(
        { err: toPicaividError(error), listingId, clipId, frame },
        'a picture of a report was not made',
      );
      return { missing: 'This frame could not be read.' };
    }
  };
  return {
    document,
    madeAt: new Date().toISOString(),
    filmFrame: (clipId, frame) => {
      const clip = placed.get(clipId);
      const inside = clip === undefined ? -1 : frame - clip.sourceInFrame;
      return clip === undefined || inside < 0 || inside >= clip.durationFrames
        ? null
        : (starts.get(clipId) ?? 0) + inside;
    },
    pictureOf: (note) => picture(note.clipId, note.specHash, note.inFrame, note.marks, NOTE_SIDE),
    pictureOfClip: async (clip) => {
      const take = clip.takes.find(({ current }) => current);
      if (take === undefined) return { missing: 'Not rendered.' };
      return picture(clip.clipId, take.specHash, clip.usedFrames.first, [], CLIP_SIDE);
    },
  };
}

/**
 * One frame of a clip by its number from 0 as a JPEG, longest side at most `side` pixels, the marks over it. Undefined
 * when there is no such frame. Errors: `clip_missing`, `clip_invalid`.
 */
export async function framePicture(
  path: string,
  frame: number,
  marks: readonly Mark[],
  side: number,
): Promise<Buffer | undefined> {
  const png = await framePng(path, frame);
  if (png === undefined) return undefined;
  const { data, info } = await sharp(png)
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const picture = sharp(data, { raw: { width, height, channels } });
  const drawn =
    marks.length === 0 ? picture : picture.composite([{ input: Buffer.from(marksSvg(marks, width, height)) }]);
  return drawn.jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** Pulled piece by piece; a reader that goes away ends the writing. */
function streamOf(pieces: Iterable<string> | AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}
