/** What a film asks of each of its clips, as the spec of a render, with the files that it needs. */
import { realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { PicaividError } from '../../base/errors.ts';
import { type ClipFacts, currentTake, type TakeRow } from '../../db/studio/renders.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { AnalyzedPhoto, ClipSpec, Timeline, TimelineClip } from '../../pipeline/domain.ts';
import { specHash } from '../../pipeline/render/clip.node.ts';
import type { ClipInputs } from '../../pipeline/render/prepare.node.ts';
import { clipSpec, type FileHashes } from '../clip-spec.node.ts';
import type { KnownAnalysis } from './analyses.node.ts';

export interface Wanted {
  readonly spec: ClipSpec;
  readonly hash: string;
  /** Null when the photo is not in the analysis any more: what was rendered stays, nothing can be made anew. */
  readonly photo: AnalyzedPhoto | null;
}

/**
 * The spec that the film wants of a clip. Where the photo is gone from the analysis, or its depth map from the disk, the
 * facts of them are taken from the clip's own takes. Undefined when nothing says them.
 */
export async function wantedOf(
  clip: TimelineClip,
  timeline: Timeline,
  {
    analysis,
    facts,
    hashes,
  }: { readonly analysis: KnownAnalysis | undefined; readonly facts: ClipFacts; readonly hashes: FileHashes },
): Promise<Wanted | undefined> {
  const photo = analysis?.photos.get(clip.photoId) ?? null;
  const wanted = (of: Pick<AnalyzedPhoto, 'sha256' | 'focus'>, depthSha256: string | null): Wanted => {
    const spec = clipSpec(clip, of, timeline, depthSha256, facts.seed);
    return { spec, hash: specHash(spec), photo };
  };
  const path = photo?.depth?.path;
  const depth =
    path === undefined || clip.renderer === 'ken_burns' ? null : await hashes.of(path).catch(() => contentName(path));
  if (photo !== null && depth !== undefined) return wanted(photo, depth);
  const remembered: Wanted[] = [];
  for (const { take } of facts.takes) {
    const { photoSha256, depthSha256, focus } = take.spec;
    if (photo === null ? !clip.photoId.endsWith(photoSha256.slice(0, 16)) : photo.sha256 !== photoSha256) continue;
    remembered.push(wanted(photo ?? { sha256: photoSha256, focus }, depthSha256));
  }
  return (
    remembered.findLast(({ hash }) => currentTake(facts, hash) !== undefined) ??
    remembered.at(-1) ??
    (photo === null ? undefined : wanted(photo, null))
  );
}

/** A depth map that comes from the team is named by its content: what it asks for is known before it is here. */
const contentName = (path: string): string | undefined => /^([0-9a-f]{64})\.png$/.exec(basename(path))?.[1];

/**
 * The photo and depth map of a spec on this disk, checked to be the ones that it names. Errors: `file_not_found`,
 * `path_outside_folder` with what can be done.
 */
export async function inputsOf(
  row: ListingRow,
  spec: ClipSpec,
  photo: AnalyzedPhoto | null,
  hashes: FileHashes,
): Promise<ClipInputs> {
  const again = 'Put it back, or read the folder again and give the clip another photo.';
  if (photo === null)
    throw new PicaividError('file_not_found', `The photo of this clip is not in the listing any more. ${again}`);
  const gone = new PicaividError('file_not_found', `${photo.file} is not in its folder (any more). ${again}`);
  const root = await realpath(row.folder).catch(() => {
    throw new PicaividError('file_not_found', 'The folder of this listing is not there. Say where it is now.');
  });
  const photoPath = await realpath(join(root, photo.file)).catch(() => {
    throw gone;
  });
  if (!photoPath.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new PicaividError('path_outside_folder', `${photo.file} leads out of the listing's folder.`);
  if ((await hashes.of(photoPath)) !== spec.photoSha256)
    throw new PicaividError(
      'file_not_found',
      `${photo.file} is another picture now than the one this clip shows. ${again}`,
    );
  const flat = spec.renderer === 'ken_burns' || (spec.depthSha256 === null && photo.depth === undefined);
  if (flat) return { photoPath, depthPath: null };
  const depthPath = photo.depth?.path ?? null;
  const depth = depthPath === null ? undefined : await hashes.of(depthPath).catch(() => undefined);
  if (depth !== spec.depthSha256)
    throw new PicaividError(
      'file_not_found',
      `The depth of ${photo.file} is not there any more. Read the folder again: it is measured anew.`,
    );
  return { photoPath, depthPath };
}

/** Frames of a clip's take that the film shows, transitions included; both are shown. */
export function usedFrames(
  { clips }: Pick<Timeline, 'clips'>,
  index: number,
): { readonly first: number; readonly last: number } {
  const clip = clips[index];
  if (clip === undefined) return { first: 0, last: 0 };
  const next = clips[index + 1]?.transitionIn.frames ?? 0;
  // The first clip fades from black inside itself.
  const before = index === 0 ? 0 : Math.floor(clip.transitionIn.frames / 2);
  const after = next - Math.floor(next / 2);
  return { first: clip.sourceInFrame - before, last: clip.sourceInFrame + clip.durationFrames + after - 1 };
}

/** Why an older take cannot stand in this place of the film; undefined when it can. */
export function unfit(take: TakeRow, wanted: ClipSpec, used: { readonly last: number }): string | undefined {
  const { spec } = take.take;
  if (spec.photoSha256 !== wanted.photoSha256) return 'It shows another photo than the film has here now.';
  if (spec.width !== wanted.width || spec.height !== wanted.height)
    return `It is ${spec.width}×${spec.height}, the film is ${wanted.width}×${wanted.height}.`;
  if (spec.frameRate.num * wanted.frameRate.den !== wanted.frameRate.num * spec.frameRate.den)
    return 'It has another frame rate than the film.';
  if (take.take.frames <= used.last)
    return `It has ${take.take.frames} frames, and the film shows ${used.last + 1} here.`;
  return undefined;
}
