/** Near-duplicates: two photos of one view, of which the film needs one. */
import { dot } from './labels.ts';
import type { DescribedPhoto, NearDuplicate, PairOverlap } from './types.ts';

/** Mean corner shift, in parts of the longest side, below which two frames are the same view. */
const MAX_VIEW_CHANGE = 0.06;
/** Share of the matches that one homography explains, and of the picture that it covers. */
const MIN_EXPLAINED = 0.5;
const MIN_COVERAGE = 0.4;
const MIN_DUPLICATE_INLIERS = 40;
/** Least cosine of any network: 0.97 measured on a pair with another sky, 0.83 to 0.89 on different rooms of one style. */
const MIN_COSINE = 0.92;

/** Is the pair the same view? `overlap` must be of these two. */
export function isNearDuplicate(a: DescribedPhoto, b: DescribedPhoto, overlap: PairOverlap): boolean {
  if (!overlap.verified || overlap.inliers < MIN_DUPLICATE_INLIERS) return false;
  if (overlap.viewChange > MAX_VIEW_CHANGE || overlap.coverage < MIN_COVERAGE) return false;
  if (overlap.inliers < MIN_EXPLAINED * overlap.matches) return false;
  return a.embeddings.every((own) => {
    const other = b.embeddings.find(({ network }) => network === own.network);
    return other === undefined || own.kind === 'hand_made' || dot(own.vector, other.vector) >= MIN_COSINE;
  });
}

/**
 * Best photo first (base score, then id), each later one that repeats a kept one points to it: chains cannot form.
 * `preferred` ids (a person's heroes) are kept before all others.
 */
export function findDuplicates(
  photos: readonly DescribedPhoto[],
  overlaps: readonly PairOverlap[],
  preferred: ReadonlySet<string>,
): NearDuplicate[] {
  const byPair = new Map(overlaps.flatMap((o) => [[`${o.a} ${o.b}`, o] as const, [`${o.b} ${o.a}`, o] as const]));
  const order = [...photos].sort(
    (a, b) =>
      Number(preferred.has(b.photo.id)) - Number(preferred.has(a.photo.id)) ||
      b.scores.baseScore - a.scores.baseScore ||
      (a.photo.id < b.photo.id ? -1 : 1),
  );
  const kept: DescribedPhoto[] = [];
  const out: NearDuplicate[] = [];
  for (const photo of order) {
    const original = kept.find((other) => {
      const overlap = byPair.get(`${photo.photo.id} ${other.photo.id}`);
      return overlap !== undefined && isNearDuplicate(photo, other, overlap);
    });
    if (original === undefined || preferred.has(photo.photo.id)) kept.push(photo);
    else
      out.push({
        photoId: photo.photo.id,
        duplicateOf: original.photo.id,
        reason: `The same view as ${original.photo.file}, which scores better.`,
      });
  }
  return out;
}
