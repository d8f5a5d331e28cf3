/** The service's own way to Postgres: a pool with limits, statements with an end, and one connection that listens. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../../db/open.node.ts';
import type { Tables } from '../../db/tables.ts';
import { FEED_CHANNEL } from '../../db/team/apply.node.ts';
import type { FeedHub } from './feed-hub.ts';
import type { PoolState } from './metrics.node.ts';

export interface PoolOptions {
  readonly max?: number;
  /** Milliseconds. */
  readonly statementTimeoutMs?: number;
}

export interface ServiceDatabase extends Database {
  readonly pool: () => PoolState;
}

/** As the settings have it: feeds hold no connection while they wait; Postgres allows 100 to all processes. */
const MAX_CONNECTIONS = 12;
/** The longest statement, the operations of one push, takes under a second. */
const STATEMENT_MS = 15_000;
const CONNECT_MS = 5_000;
const IDLE_MS = 30_000;

/** Opens a pool; nothing is connected before the first query. */
export function openServiceDatabase(url: string, options: PoolOptions = {}): ServiceDatabase {
  const statementMs = options.statementTimeoutMs ?? STATEMENT_MS;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'picaivid-service',
    max: options.max ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: 2 * statementMs,
    // A connection whose other end vanished without a word answers nothing: the client gives up by itself.
    query_timeout: 2 * statementMs,
  });
  // A connection that breaks while nobody uses it is made anew by the next query; without a listener it ends the process.
  pool.on('error', () => {});
  // The pool listens only to idle ones: a transaction's connection that is cut between two statements would end the
  // process too. Its next statement fails, and says so.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    dialect: 'postgres',
    path: undefined,
    close: () => db.destroy(),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

const RECONNECT_MS = 500;
/** A connection whose other end vanished without a word listens to nothing: it is asked now and then. Milliseconds. */
const PING_MS = 15_000;
const PING_WITHIN_MS = 5_000;
/** Should a notification be lost: how long a waiting reader may be behind, milliseconds. */
const LOOK_MS = 1_000;

export interface FeedListener {
  /** Tells the other processes; a notification that fails is made up for by their looks. */
  announce(teamId: string): void;
  close(): Promise<void>;
}

/** Listens for teams' news on a connection of its own, comes back after a break, and looks at the heads as well. */
export function listenForNews(
  url: string,
  hub: FeedHub,
  heads: (teamIds: readonly string[]) => Promise<ReadonlyMap<string, number>>,
  log: Logger,
): FeedListener {
  let client: pg.Client | undefined;
  let closed = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let looking = false;

  const connect = async (): Promise<void> => {
    const made = new pg.Client({ connectionString: url, application_name: 'picaivid-service-feed', connectionTimeoutMillis: CONNECT_MS, query_timeout: PING_WITHIN_MS, keepAlive: true }); // biome-ignore format: one call
    let lost = false;
    const onLost = (): void => {
      if (lost) return;
      lost = true;
      if (client === made) client = undefined;
      made.end().catch(() => {});
      if (closed) return;
      again = setTimeout(() => void connect(), RECONNECT_MS);
    };
    made.on('error', onLost);
    made.on('end', onLost);
    made.on('notification', ({ payload }) => {
      if (payload !== undefined && payload !== '') hub.news(payload);
    });
    try {
      await made.connect();
      await made.query(`listen ${FEED_CHANNEL}`);
      if (closed) return void (await made.end());
      client = made;
      // What was told while nobody listened.
      hub.newsForAll();
    } catch (error) {
      log.debug({ err: error instanceof Error ? error.message : String(error) }, 'the feed cannot listen yet');
      onLost();
    }
  };

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    hub
      .look(heads)
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, LOOK_MS);
  const ping = setInterval(() => {
    const asked = client;
    asked?.query('select 1').catch(() => asked.emit('end'));
  }, PING_MS);
  timer.unref();
  ping.unref();
  void connect();

  return {
    announce: (teamId) => {
      client?.query('select pg_notify($1, $2)', [FEED_CHANNEL, teamId]).catch(() => {});
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      clearInterval(ping);
      clearTimeout(again);
      await client?.end().catch(() => {});
    },
  };
}
