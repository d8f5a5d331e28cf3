/** A job's film as the team has it now: what each clip asks for, the take that answers it, and whether it is signed. */
import type { Kysely, Selectable } from 'kysely';
import { loadAnalysis, loadTimeline } from '../../db/results.node.ts';
import { currentTake, RenderStore, type TakeRow } from '../../db/studio/renders.node.ts';
import type { Tables } from '../../db/tables.ts';
import type { PhotoBlobsTable } from '../../db/tables-team.ts';
import type { ClipSpec, Timeline, TimelineClip } from '../../pipeline/domain.ts';
import type { JobFacts } from '../../pipeline/job-machine.ts';
import { specHash } from '../../pipeline/render/clip.node.ts';
import { clipSpec } from '../clip-spec.node.ts';
import type { JobRow } from './job-row.node.ts';

export interface ClipNow {
  readonly clip: TimelineClip;
  /** Undefined where the photo is not in the team's storage. */
  readonly asked:
    | { readonly spec: ClipSpec; readonly hash: string; readonly photo: Selectable<PhotoBlobsTable> }
    | undefined;
  readonly take: TakeRow | undefined;
  readonly approved: boolean;
}

export interface FilmNow {
  readonly timeline: Timeline;
  readonly clips: readonly ClipNow[];
}

/** Undefined before phases 1 and 3 have run on the team's server. */
export async function filmNow(db: Kysely<Tables>, job: JobRow): Promise<FilmNow | undefined> {
  const database = { db, dialect: 'postgres', path: undefined, close: async () => {} } as const;
  const stored = await loadTimeline(database, job.id);
  if (stored === undefined) return undefined;
  const analysis = await loadAnalysis(database, job.id);
  if (analysis === undefined) return undefined;
  const { timeline } = stored;
  const blobs = await db.selectFrom('photo_blobs').selectAll().where('listing_id', '=', job.listingId).execute();
  const blobOf = new Map(blobs.map((row) => [row.photo_key, row]));
  const photoOf = new Map(analysis.photos.map((photo) => [photo.id, photo]));
  const facts = await new RenderStore(database).facts(timeline.clips.map(({ id }) => id));
  const clips = timeline.clips.map((clip): ClipNow => {
    const analysed = photoOf.get(clip.photoId);
    const photo = blobOf.get(clip.photoId);
    if (analysed === undefined || photo === undefined)
      return { clip, asked: undefined, take: undefined, approved: false };
    const known = facts(clip.id);
    const spec = clipSpec(clip, analysed, timeline, photo.depth_sha256, known.seed);
    const hash = specHash(spec);
    const take = currentTake(known, hash);
    const approved = take !== undefined && known.reviews.get(take.specHash) === 'approved';
    return { clip, asked: { spec, hash, photo }, take, approved };
  });
  return { timeline, clips };
}

export function jobFacts(film: FilmNow | undefined): JobFacts {
  return {
    hasTimeline: film !== undefined,
    unapprovedClips: film?.clips.filter(({ approved }) => !approved).length ?? 0,
  };
}
