/**
 * An analysis as a file that any machine can read: paths are left out, depth maps are named by their content. Where
 * photos and depth maps lie on a machine is put in again when it is read there.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PicaividError } from '../../../base/errors.ts';
import { sha256File } from '../../../base/files.node.ts';
import { type BlobRef, blobRefSchema } from '../../../db/sync/protocol.ts';
import type { Analysis, AnalyzedPhoto } from '../../../pipeline/domain.ts';
import { analyzedPhotoSchema, roomClusterSchema } from '../../../pipeline/schemas.ts';

const VERSION = 1;
const NO_PROXIES = { 320: '', 1280: '', 2560: '' };

const portableSchema = z.object({
  version: z.literal(VERSION),
  photos: z.array(analyzedPhotoSchema.extend({ depthBlob: blobRefSchema.nullable() })),
  clusters: z.array(roomClusterSchema),
  rejected: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
  models: z.record(z.string(), z.string()),
});

/** Depth maps by photo id, with their path here. */
export type DepthFiles = ReadonlyMap<string, BlobRef & { readonly path: string }>;

/** Hashes the depth maps of an analysis. One that is not on the disk any more is left out. */
export async function depthFiles(analysis: Analysis): Promise<DepthFiles> {
  const found = new Map<string, BlobRef & { readonly path: string }>();
  for (const { id, depth } of analysis.photos) {
    if (depth === undefined) continue;
    const info = await stat(depth.path).catch(() => undefined);
    if (info === undefined) continue;
    found.set(id, { sha256: await sha256File(depth.path), bytes: info.size, path: depth.path });
  }
  return found;
}

/** The analysis as JSON text: equal analyses give equal text on every machine. */
export function portableAnalysis(analysis: Analysis, depths: DepthFiles): string {
  const photos = analysis.photos.map(({ depth, ...photo }) => {
    const file = depths.get(photo.id);
    const kept = depth === undefined || file === undefined ? {} : { depth: { ...depth, path: '' } };
    const depthBlob = file === undefined ? null : { sha256: file.sha256, bytes: file.bytes };
    return { ...photo, path: '', proxies: NO_PROXIES, ...kept, depthBlob };
  });
  const { clusters, rejected, models } = analysis;
  return JSON.stringify({ version: VERSION, photos, clusters, rejected, models });
}

/** Where files of a listing lie, or will lie, on this machine. */
export interface AnalysisPlaces {
  /** Of the photos. */
  readonly folder: string;
  depth(photo: AnalyzedPhoto, blob: BlobRef): string;
  proxy(photo: AnalyzedPhoto, side: 320 | 1280 | 2560): string;
}

/** Reads it with this machine's paths. Errors: `bad_usage` for text that is no analysis, or a newer one. */
export function localAnalysis(text: string, places: AnalysisPlaces): Analysis {
  let parsed: z.infer<typeof portableSchema>;
  try {
    parsed = portableSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PicaividError(
      'bad_usage',
      'This analysis was written by another version of the studio. Update this one.',
      {
        cause: error,
      },
    );
  }
  const { clusters, rejected, models } = parsed;
  const photos = parsed.photos.map(({ depthBlob, depth, ...photo }): AnalyzedPhoto => {
    const proxies = {
      320: places.proxy(photo, 320),
      1280: places.proxy(photo, 1280),
      2560: places.proxy(photo, 2560),
    };
    const file = safePhotoFile(photo.file, photo.id);
    const here = { ...photo, file, path: join(places.folder, file), proxies };
    if (depth === undefined || depthBlob === null) return here;
    return { ...here, depth: { ...depth, path: places.depth(photo, depthBlob) } };
  });
  return { photos, clusters, rejected, models } as Analysis;
}

/** Names that a system keeps for itself, whatever stands after the dot. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A photo's name in its listing's folder, as it may be used on this machine: the name itself where that stays in the
 * folder on every system, else one made of the photo's id. Names come from other machines, and are never trusted.
 */
export function safePhotoFile(file: string, photoId: string): string {
  const parts = file.split('/');
  const plain = parts.every(
    (part) =>
      part !== '' &&
      part.length <= 120 &&
      !/[\p{Cc}\\:*?"<>|]/u.test(part) &&
      !/^\.|[. ]$/.test(part) &&
      !RESERVED.test(part),
  );
  if (plain && parts.length <= 8 && file.length <= 255) return file;
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(file)?.[1] ?? 'jpg';
  return `${photoId.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.${extension.toLowerCase()}`;
}
