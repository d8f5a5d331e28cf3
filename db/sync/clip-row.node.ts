import { PicaividError } from '../../base/errors.ts';
import type { ClipSpec } from '../../pipeline/domain.ts';
import { frameToSeconds } from '../../pipeline/time.ts';
import { writeFlag, writeJson } from '../codec.ts';
import { NOT_RENDERED, type Writer } from '../timeline-rows.node.ts';

const UNKNOWN = { motion: 'static', renderer: 'ken_burns', frames: 0, frameRate: { num: 1, den: 1 } } as const;

/**
 * The row of a clip where no film has brought it: takes and seeds are of clips that may be in a version alone, or in a
 * film that is not written yet. A film that brings the clip sets what it says of it, and leaves takes and seed.
 * Throws `edit_refused` for a clip of another listing.
 */
export async function layClip(
  writer: Writer,
  listingId: string,
  clipId: string,
  spec: Pick<ClipSpec, 'motion' | 'renderer' | 'frames' | 'frameRate'> = UNKNOWN,
): Promise<void> {
  const { db, dialect } = writer;
  const clip = await db
    .selectFrom('clips')
    .innerJoin('jobs', 'jobs.id', 'clips.job_id')
    .select('jobs.listing_id')
    .where('clips.id', '=', clipId)
    .executeTakeFirst();
  if (clip !== undefined) {
    if (clip.listing_id === listingId) return;
    throw new PicaividError('edit_refused', 'This clip belongs to another film.');
  }
  const listing = await db
    .selectFrom('listings')
    .select('job_id')
    .where('id', '=', listingId)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('clips')
    .values({
      id: clipId,
      job_id: listing.job_id,
      room_cluster_id: null,
      source_photo_ids: writeJson([]),
      motion_type: spec.motion,
      model_used: spec.renderer,
      is_3d: writeFlag(spec.renderer !== 'ken_burns', dialect),
      duration: frameToSeconds(spec.frames, spec.frameRate),
      ...NOT_RENDERED,
    })
    .execute();
}
