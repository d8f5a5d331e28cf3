/** The service's parts over the team's tables (db/team). */
import type { Logger } from 'pino';
import { type PicaividError, toPicaividError } from '../../base/errors.ts';
import type { Database } from '../../db/open.node.ts';
import { appendSystem, applyOperations } from '../../db/team/apply.node.ts';
import { addBlob, knownBlobs } from '../../db/team/blobs.node.ts';
import { conflicts, feed, listingCards, resolveConflict, snapshot } from '../../db/team/feed.node.ts';
import { announce } from '../../db/team/presence.node.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { followPush } from '../jobs/flow.node.ts';
import { jobsService } from '../jobs/jobs.node.ts';
import type { Queue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';
import { keyLookup } from './key-lookup.node.ts';
import type { BlobLedger, ServiceParts, SyncServer } from './parts.ts';

/** What is not there, or of another team, as undefined; every other error goes on. */
async function ifThere<T>(run: Promise<T>): Promise<T | undefined> {
  try {
    return await run;
  } catch (error) {
    const known: PicaividError = toPicaividError(error);
    if (known.code === 'file_not_found') return undefined;
    throw error;
  }
}

function syncServer(database: Database, log: Logger | undefined): SyncServer {
  return {
    push: async ({ teamId, keyName, role }, clientId, operations) => {
      const actor = { name: keyName, role };
      const outcomes = await applyOperations(database, { teamId, clientId, actor }, operations);
      // What was pushed is kept by now: a job that does not follow now does with the next push, run or start.
      await followPush(database.db, teamId, operations).catch((error: unknown) =>
        log?.warn({ err: error }, 'jobs do not follow what was reviewed'),
      );
      return outcomes;
    },
    feed: (teamId, after, limit) => feed(database, teamId, after, limit),
    heads: async (teamIds) => {
      const rows = await database.db
        .selectFrom('teams')
        .select(['id', 'seq'])
        .where('id', 'in', [...teamIds])
        .execute();
      return new Map(rows.map(({ id, seq }) => [id, Number(seq)]));
    },
    listings: async (teamId, after, limit) => {
      const { listings, next, head } = await listingCards(database, teamId, after, limit);
      return { listings: [...listings], next, head };
    },
    snapshot: (teamId, listingId) => ifThere(snapshot(database, teamId, listingId)),
    conflicts: (teamId, listingId) => conflicts(database, teamId, listingId),
    resolveConflict: async ({ teamId }, id) => (await ifThere(resolveConflict(database, teamId, id))) !== undefined,
    presence: ({ teamId, role }, seen) =>
      announce(database, teamId, {
        clientId: seen.clientId,
        name: seen.name,
        role,
        listingId: seen.listingId,
        place: seen.place,
      }),
  };
}

function blobLedger(database: Database): BlobLedger {
  return {
    held: async (teamId, sha256) =>
      new Map((await knownBlobs(database, teamId, sha256)).map((blob) => [blob.sha256, blob.bytes])),
    add: (teamId, blob) => addBlob(database, teamId, blob),
  };
}

/** All parts of a service on this database, with this storage and queue. */
export function teamParts(database: Database, storage: Storage, queue: Queue, log?: Logger): ServiceParts {
  const { db, dialect } = database;
  return {
    db,
    keys: keyLookup(database),
    sync: syncServer(database, log),
    blobs: blobLedger(database),
    storage,
    queue,
    fleet: (on) => fleetStore(on),
    jobs: jobsService({
      db,
      storage,
      queue,
      fleet: (on) => fleetStore(on),
      append: async (trx, teamId, listingId, actor, body) => {
        await appendSystem({ db: trx, dialect }, teamId, listingId, actor, body);
      },
    }),
  };
}
