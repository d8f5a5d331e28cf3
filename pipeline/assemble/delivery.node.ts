/** The folder that is handed over: films, poster, originals page with its pictures, provenance, timeline. */
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, readJsonFile, sha256File, writeFileAtomic } from '../../base/files.node.ts';
import type { TitleCard, VerificationLine } from '../domain.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { type FrameRate, frameToSeconds } from '../time.ts';
import { toSrt, toWebVtt } from './captions.ts';
import { readClipFile } from './clipfile.node.ts';
import { clipHref, disclosureLines, type OriginalsPage, originalsPage, photoHref } from './originals.ts';
import { type DeliveryClip, filmsLeftOver, provenanceOf } from './provenance.ts';

export type { DeliveryClip } from './provenance.ts';

/** Longest side of the photos on the originals page, pixels: full screen on a laptop, about 300 KB each. */
const ORIGINAL_SIDE = 2048;
const POSTER_QUALITY = 88;
export interface DeliveryRequest {
  readonly folder: string;
  readonly listing: string;
  /** Finished films; the first one gives the poster. */
  readonly films: readonly {
    readonly path: string;
    readonly name: string;
    /** As it was checked against the plan. */
    readonly verification?: readonly VerificationLine[];
    readonly notes?: readonly string[];
  }[];
  readonly posterFrame: number;
  readonly frameRate: FrameRate;
  readonly clips: readonly DeliveryClip[];
  readonly otio: string;
  readonly programVersion: string;
  /** Titles of the film, for the caption files, in frames of `titleRate`. */
  readonly titles?: readonly TitleCard[];
  readonly titleRate?: FrameRate;
  /** On the originals page, in `disclosure.txt` and in the provenance. */
  readonly disclosure?: string;
  readonly vouchedFor?: OriginalsPage['vouchedFor'];
  /** People's decisions and overrides, as they should be on record. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export interface Delivery {
  readonly folder: string;
  readonly films: readonly string[];
  readonly poster: string;
  readonly originals: string;
  readonly provenance: string;
  readonly otio: string;
}

/** Every clip is there, whole, with the frames and (where known) the hash it should have. Throws `clip_missing`, `clip_invalid`. */
export async function verifyClips(clips: readonly DeliveryClip[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const { clipId, clipPath, clipSha256, frames } of clips) {
    const file = await readClipFile(clipPath);
    const { size } = await stat(clipPath);
    const last = file.frames - 1;
    const whole = file.frames > 0 && (file.offsets[last] as number) + (file.sizes[last] as number) <= size;
    const sha256 = await sha256File(clipPath);
    if (!whole || file.frames < frames || (clipSha256 !== undefined && sha256 !== clipSha256)) {
      throw new PicaividError(
        'clip_invalid',
        `The file of clip ${clipId} is not the one that was rendered. Render it again.`,
        {
          file: clipPath,
        },
      );
    }
    hashes.set(clipId, sha256);
  }
  return hashes;
}

/** Writes the delivery folder; the provenance last, so that a folder with one is complete. */
export async function deliver(request: DeliveryRequest): Promise<Delivery> {
  const { folder, clips } = request;
  const film = request.films[0];
  if (film === undefined) throw new PicaividError('bad_usage', 'A delivery needs at least one film.');
  const clipHashes = await verifyClips(clips);
  try {
    await mkdir(join(folder, 'originals'), { recursive: true });
    const provenance = join(folder, 'provenance.json');
    const earlier = await readJsonFile(provenance).catch(() => undefined);
    await rm(provenance, { force: true });
    const films: string[] = [];
    for (const { path, name } of request.films) {
      const to = join(folder, safeName(name));
      if (to !== path) await copyBeside(path, to);
      films.push(to);
    }
    throwIfCancelled(request.signal);
    const poster = join(folder, 'poster.jpg');
    await writePoster(film.path, request, poster);
    const page = await copyOriginals(request);
    const originals = join(folder, 'originals.html');
    const { listing, disclosure, vouchedFor } = request;
    await writeFileAtomic(
      originals,
      originalsPage({
        listing,
        clips: page,
        ...(disclosure === undefined ? {} : { disclosure }),
        ...(vouchedFor === undefined ? {} : { vouchedFor }),
      }),
    );
    const said = disclosureLines(page, disclosure);
    await writeFileAtomic(join(folder, 'disclosure.txt'), `${said.join('\n')}\n`);
    await writeCaptions(request);
    const otio = join(folder, 'timeline.otio');
    await writeFileAtomic(otio, request.otio);
    const names = films.map((path) => basename(path));
    for (const name of filmsLeftOver(earlier, names)) await rm(join(folder, name), { force: true });
    const told = provenanceOf({
      version: request.programVersion,
      listing,
      disclosure: said.join('\n'),
      films: await Promise.all(
        request.films.map(async ({ verification, notes }, at) => ({
          file: names[at] ?? '',
          sha256: await sha256File(films[at] ?? ''),
          ...(verification === undefined ? {} : { verification }),
          ...(notes === undefined ? {} : { notes }),
        })),
      ),
      clips: clips.map((clip) => ({ ...clip, sha256: clipHashes.get(clip.clipId) ?? '' })),
      overrides: request.overrides ?? {},
    });
    await writeFileAtomic(provenance, `${JSON.stringify(told, null, 2)}\n`);
    return { folder, films, poster, originals, provenance, otio };
  } catch (error) {
    throwIfCancelled(request.signal);
    throw toPicaividError(error, 'output_unwritable', folder);
  }
}

/** A name from outside never becomes a path: only its last part, without what file systems refuse. */
function safeName(name: string): string {
  const cleaned = [...basename(name.replaceAll('\\', '/'))]
    .map((c) => (c < ' ' || '<>:"|?*'.includes(c) ? '_' : c))
    .join('');
  return cleaned === '' || /^\.+$/.test(cleaned) ? 'film.mp4' : cleaned.slice(0, 180);
}

async function copyBeside(from: string, to: string): Promise<void> {
  const part = besidePath(to);
  try {
    await copyFile(from, part);
    await commitFile(part, to);
  } finally {
    await rm(part, { force: true });
  }
}

async function writePoster(film: string, request: DeliveryRequest, to: string): Promise<void> {
  const seconds = frameToSeconds(request.posterFrame, request.frameRate).toFixed(6);
  const args = [
    '-v',
    'error',
    '-ss',
    seconds,
    '-i',
    film,
    '-frames:v',
    '1',
    '-f',
    'image2pipe',
    '-c:v',
    'png',
    'pipe:1',
  ];
  const { stdout } = await runFfmpeg(args, request.signal === undefined ? {} : { signal: request.signal });
  await writeFileAtomic(to, await sharp(stdout).jpeg({ quality: POSTER_QUALITY }).toBuffer());
}

/** Caption files of the titles; those of an earlier delivery with titles go where this one has none. */
async function writeCaptions({ folder, titles, titleRate, frameRate }: DeliveryRequest): Promise<void> {
  const rate = titleRate ?? frameRate;
  const srt = toSrt(titles ?? [], rate);
  const files = { 'captions.vtt': toWebVtt(titles ?? [], rate), 'captions.srt': srt };
  for (const [name, text] of Object.entries(files)) {
    const to = join(folder, name);
    if (srt === '') await rm(to, { force: true });
    else await writeFileAtomic(to, text);
  }
}

async function copyOriginals(request: DeliveryRequest): Promise<Parameters<typeof originalsPage>[0]['clips']> {
  const page: Parameters<typeof originalsPage>[0]['clips'][number][] = [];
  for (const [i, clip] of request.clips.entries()) {
    throwIfCancelled(request.signal);
    const hrefs = { clipHref: clipHref(i, clip.clipPath), photoHref: photoHref(i) };
    await copyBeside(clip.clipPath, join(request.folder, hrefs.clipHref));
    const small = sharp(clip.photoPath)
      .autoOrient()
      .resize(ORIGINAL_SIDE, ORIGINAL_SIDE, { fit: 'inside', withoutEnlargement: true });
    await writeFileAtomic(join(request.folder, hrefs.photoHref), await small.jpeg({ quality: 85 }).toBuffer());
    const seconds = frameToSeconds(clip.frames, request.frameRate).toFixed(1);
    page.push({
      title: clip.title,
      detail: `${clip.motion.replaceAll('_', ' ')}, ${seconds} s`,
      ...hrefs,
      photoName: clip.photoFile,
      generated: clip.renderer === 'ltx',
    });
  }
  // Of an earlier delivery of a longer film: nothing here shows them any more. Other files are somebody's own.
  const kept = new Set(page.flatMap((one) => [one.clipHref, one.photoHref]));
  for (const name of await readdir(join(request.folder, 'originals')))
    if (OWN_COPY.test(name) && !kept.has(`originals/${name}`))
      await rm(join(request.folder, 'originals', name), { force: true });
  return page;
}

const OWN_COPY = /^\d{2,}-(clip\.\w+|photo\.jpg)$/;
