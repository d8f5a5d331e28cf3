/** Files that a team's storage holds, by their content: written down once they were checked there. */
import { type Database, databaseError } from '../open.node.ts';
import type { BlobRef } from '../sync/protocol.ts';

const AT_ONCE = 500;

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

/** Those of these that the team has. */
export function knownBlobs({ db }: Database, teamId: string, sha256s: readonly string[]): Promise<readonly BlobRef[]> {
  return guarded(async () => {
    const found: BlobRef[] = [];
    for (let i = 0; i < sha256s.length; i += AT_ONCE) {
      const rows = await db
        .selectFrom('blobs')
        .select(['sha256', 'bytes'])
        .where('team_id', '=', teamId)
        .where('sha256', 'in', sha256s.slice(i, i + AT_ONCE))
        .execute();
      found.push(...rows.map((row) => ({ sha256: row.sha256, bytes: Number(row.bytes) })));
    }
    return found;
  });
}

/** Hashes of those that the team has not, in their order, each once. */
export async function missingBlobs(database: Database, teamId: string, blobs: readonly BlobRef[]): Promise<string[]> {
  const wanted = [...new Set(blobs.map(({ sha256 }) => sha256))];
  const known = new Set((await knownBlobs(database, teamId, wanted)).map(({ sha256 }) => sha256));
  return wanted.filter((sha256) => !known.has(sha256));
}

/** The team has this file: its bytes were checked. Twice changes nothing. */
export async function addBlob({ db }: Database, teamId: string, blob: BlobRef): Promise<void> {
  await guarded(() =>
    db
      .insertInto('blobs')
      .values({ team_id: teamId, ...blob, created_at: new Date().toISOString() })
      .onConflict((conflict) => conflict.columns(['team_id', 'sha256']).doNothing())
      .execute(),
  );
}

/** A file was lost or found damaged in the storage: whoever has it sends it again. */
export async function dropBlob({ db }: Database, teamId: string, sha256: string): Promise<void> {
  await guarded(() => db.deleteFrom('blobs').where('team_id', '=', teamId).where('sha256', '=', sha256).execute());
}
