/** What a studio remembers of its team between starts, in `sync_state`: its server, its own id, how far the first sync is. */
import { sql } from 'kysely';
import { z } from 'zod';
import { newId } from '../../../db/id.node.ts';
import type { Database } from '../../../db/open.node.ts';
import { KEY_ROLES } from '../../../db/sync/protocol.ts';
import { dropState, dropStates, getState, PUT_RIGHT, partialName, putState } from '../../../db/sync/state.node.ts';

const serverSchema = z.object({
  url: z.string(),
  teamId: z.string(),
  teamName: z.string(),
  keyName: z.string(),
  role: z.enum(KEY_ROLES),
});
export type Server = z.infer<typeof serverSchema>;

/** Cards up to `after` are here; the feed is read from `head` on once all are. */
const firstSchema = z.object({
  after: z.string().nullable(),
  head: z.int(),
  /** The server was set back: listings that it does not have any more are looked for. */
  setBack: z.boolean().exactOptional(),
});
export type FirstSync = z.infer<typeof firstSchema>;

const SERVER = 'team:server';
const CLIENT = 'team:client';
const FIRST = 'team:first';
const LAST = 'team:last';
const TEAM = 'team:id';
const uploadName = (sha256: string): string => `upload:${sha256}`;
const loadedName = (listingId: string): string => `loaded:${listingId}`;
const analysedName = (listingId: string): string => `analysed:${listingId}`;
const text = z.object({ value: z.string() });

export class TeamMemory {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  server(): Promise<Server | undefined> {
    return getState(this.database, SERVER, serverSchema);
  }
  async setServer(server: Server | null): Promise<void> {
    if (server === null) return dropState(this.database, SERVER);
    await putState(this.database, TEAM, { value: server.teamId });
    await putState(this.database, SERVER, server);
  }
  /** The team whose listings are here, also while no server is set. */
  async teamId(): Promise<string | undefined> {
    return (await getState(this.database, TEAM, text))?.value;
  }

  /** This studio, as others know it. */
  async clientId(): Promise<string> {
    const known = await getState(this.database, CLIENT, text);
    if (known !== undefined) return known.value;
    const value = newId();
    await putState(this.database, CLIENT, { value });
    return value;
  }

  firstSync(): Promise<FirstSync | undefined> {
    return getState(this.database, FIRST, firstSchema);
  }
  setFirstSync(first: FirstSync | null): Promise<void> {
    return first === null ? dropState(this.database, FIRST) : putState(this.database, FIRST, first);
  }

  async lastSyncAt(): Promise<string | null> {
    return (await getState(this.database, LAST, text))?.value ?? null;
  }
  setLastSyncAt(value: string): Promise<void> {
    return putState(this.database, LAST, { value });
  }

  /** Of a file that is sent in parts: it goes on where it was cut. */
  async upload(sha256: string): Promise<string | undefined> {
    return (await getState(this.database, uploadName(sha256), text))?.value;
  }
  setUpload(sha256: string, id: string | null): Promise<void> {
    return id === null
      ? dropState(this.database, uploadName(sha256))
      : putState(this.database, uploadName(sha256), { value: id });
  }

  /** Hash of the analysis file that the listing's tables hold. */
  async loaded(listingId: string): Promise<string | undefined> {
    return (await getState(this.database, loadedName(listingId), text))?.value;
  }
  setLoaded(listingId: string, sha256: string): Promise<void> {
    return putState(this.database, loadedName(listingId), { value: sha256 });
  }

  /** A shared listing was analysed here, and the team has not been told yet. */
  setAnalysed(listingId: string, due: boolean): Promise<void> {
    const name = analysedName(listingId);
    return due ? putState(this.database, name, { value: '' }) : dropState(this.database, name);
  }
  async analysed(): Promise<readonly string[]> {
    const rows = await this.database.db
      .selectFrom('sync_state')
      .select('name')
      .where('name', '>=', 'analysed:')
      .where('name', '<', 'analysed;')
      .execute();
    return rows.map(({ name }) => name.slice('analysed:'.length));
  }

  /**
   * The server has an older state than this studio has seen: everything is fetched anew from its head on. What waits is
   * kept, and what was answered and not yet heard of again is sent again.
   */
  async serverWentBack(head: number): Promise<void> {
    const { db, dialect } = this.database;
    await db.transaction().execute(async (trx) => {
      const writer = { db: trx, dialect };
      const rows = await trx.selectFrom('listings').select('id').where('team_id', 'is not', null).execute();
      for (const { id } of rows) await putState(writer, partialName(id), PUT_RIGHT);
      await trx.updateTable('listings').set({ sync_seq: 0 }).where('team_id', 'is not', null).execute();
      await trx.updateTable('outbox').set({ state: 'waiting', outcome: null }).where('state', '=', 'applied').execute();
      await dropStates(writer, 'film:');
      await dropState(writer, 'position');
      await putState(writer, FIRST, { after: null, head, setBack: true } satisfies FirstSync);
    });
  }

  /** Listings of the team that its server does not have, this machine's alone from now on. Gives them. */
  async keepAlone(known: ReadonlySet<string>): Promise<readonly string[]> {
    const { db, dialect } = this.database;
    return db.transaction().execute(async (trx) => {
      const rows = await trx.selectFrom('listings').select('id').where('team_id', 'is not', null).execute();
      // One that is just being shared is on its way to the server.
      const sharing = await trx
        .selectFrom('outbox')
        .select('listing_id')
        .where(sql<boolean>`json_extract(operation, '$.body.kind') = 'listing.create'`)
        .execute();
      const kept = new Set([...known, ...sharing.map(({ listing_id }) => listing_id)]);
      const gone = rows.map(({ id }) => id).filter((id) => !kept.has(id));
      for (const id of gone) {
        await trx.updateTable('listings').set({ team_id: null, sync_seq: 0 }).where('id', '=', id).execute();
        await trx.deleteFrom('outbox').where('listing_id', '=', id).execute();
        await trx.deleteFrom('film_shadows').where('listing_id', '=', id).execute();
        await dropState({ db: trx, dialect }, partialName(id));
      }
      return gone;
    });
  }

  /** Another team's server is set: what is here of the old one is this machine's alone from now on. */
  async leaveTeam(): Promise<void> {
    const { db, dialect } = this.database;
    await db.transaction().execute(async (trx) => {
      const writer = { db: trx, dialect };
      await trx.updateTable('listings').set({ team_id: null, sync_seq: 0 }).where('team_id', 'is not', null).execute();
      await trx.deleteFrom('outbox').execute();
      await trx.deleteFrom('film_shadows').execute();
      for (const prefix of ['shadow:', 'film:', 'partial:', 'upload:', 'loaded:', 'analysed:'])
        await dropStates(writer, prefix);
      for (const name of ['position', FIRST, LAST]) await dropState(writer, name);
    });
  }
}
