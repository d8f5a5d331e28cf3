/**
 * The film that people signed, as it is at one moment: what phase 4 assembles, and what must be the same still when it is
 * done. People may have changed the music, the titles and the takes since the backend asked for the job.
 */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { sha256Text } from '../../base/files.node.ts';
import { readJson } from '../../db/codec.ts';
import { loadTimeline, type StoredTimeline } from '../../db/results.node.ts';
import type { TakeRow } from '../../db/studio/renders.node.ts';
import { type Approval, approvalsOf, ReviewStore } from '../../db/studio/reviews.node.ts';
import type { BlobRef } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import { knownBlobs } from '../../db/team/blobs.node.ts';
import { filmNow } from './film-now.node.ts';
import type { JobRow } from './job-row.node.ts';
import { asDatabase } from './local-job.node.ts';

export interface SignedFilm {
  /** The listing's name. */
  readonly listing: string;
  readonly stored: StoredTimeline;
  readonly takes: readonly { readonly clipId: string; readonly take: TakeRow }[];
  readonly approvals: readonly Approval[];
  readonly music: { readonly id: string; readonly name: string; readonly extension: string } | null;
  readonly logoIds: readonly string[];
  /** Hash of all that the film's pictures and sound depend on. */
  readonly key: string;
}

const musicOf = z.object({ musicId: z.string().nullable() }).catch({ musicId: null });

/** Errors: `transition_refused` without a film, or with a clip that is not signed (any more). */
export async function signedFilm(db: Kysely<Tables>, job: JobRow): Promise<SignedFilm> {
  const stored = await loadTimeline(asDatabase(db), job.id);
  const film = await filmNow(db, job);
  if (stored === undefined || film === undefined)
    throw new PicaividError('transition_refused', 'Phases 1 and 3 have not run yet.');
  const takes = film.clips.flatMap(({ clip, take, approved }) =>
    take === undefined || !approved ? [] : [{ clipId: clip.id, take }],
  );
  const unsigned = film.clips.length - takes.length;
  if (unsigned > 0)
    throw new PicaividError(
      'transition_refused',
      `${unsigned} of ${film.clips.length} clips are not approved (any more). Review them, then run phase 4 again.`,
    );
  const shown = new Map(takes.map(({ clipId, take }) => [clipId, take.specHash]));
  const approvals = approvalsOf(await new ReviewStore(asDatabase(db)).decisions(job.listingId), shown);
  const music = stored.timeline.music === null ? null : await filmMusic(db, job.listingId);
  const logoIds = [...new Set(stored.timeline.titles.flatMap(({ logoId }) => logoId ?? []))];
  const { name: listing } = await db
    .selectFrom('listings')
    .select('name')
    .where('id', '=', job.listingId)
    .executeTakeFirstOrThrow();
  const key = sha256Text(JSON.stringify([stored.timeline, [...shown], music?.id ?? null]));
  return { listing, stored, takes, approvals, music, logoIds, key };
}

async function filmMusic(db: Kysely<Tables>, listingId: string): Promise<SignedFilm['music']> {
  const film = await db.selectFrom('films').select('settings').where('listing_id', '=', listingId).executeTakeFirst();
  const { musicId } = film === undefined ? { musicId: null } : readJson(musicOf, film.settings);
  if (musicId === null) return null;
  const row = await db
    .selectFrom('music')
    .select(['id', 'name', 'extension'])
    .where('id', '=', musicId)
    .executeTakeFirst();
  if (row === undefined) throw absent('The music of this film');
  return row;
}

/** The team's copy of a file that the film names by its hash. Errors: `file_not_found`, with who can send it. */
export async function teamFile(db: Kysely<Tables>, teamId: string, sha256: string, what: string): Promise<BlobRef> {
  const [blob] = await knownBlobs(asDatabase(db), teamId, [sha256]);
  if (blob === undefined) throw absent(what);
  return blob;
}

const absent = (what: string): PicaividError =>
  new PicaividError(
    'file_not_found',
    `${what} is not in the team’s storage (yet). Open the listing in the studio that chose it, wait until everything is sent, then run phase 4 again.`,
  );
