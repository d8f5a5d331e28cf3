/** What a failure of Postgres means for a request: try again, later, or never. Pure. */
import { errnoOf, throwIfCancelled } from '../../base/errors.ts';

/**
 * `connection`: the server went away or is not there yet. `again`: it asked to try the transaction again. `busy`: it
 * took too long. `data`: a value that it cannot hold, which our own checks let through.
 */
export type DatabaseTrouble = 'connection' | 'again' | 'busy' | 'data';

const SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']); // biome-ignore format: one glance
/** Errors that `pg` makes itself have no code: these are its own words (pg 8.23, lib/client.js, pg-pool 3). */
const PG_WORDS = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Query read timeout)/; // biome-ignore format: one line

function ofCode(code: string): DatabaseTrouble | undefined {
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (code === '40001' || code === '40P01') return 'again';
  if (code === '57014' || code === '55P03' || code === '25P03') return 'busy';
  if (code.startsWith('08') || code.startsWith('57P') || code === '53300') return 'connection';
  if (code.length === 5 && code.startsWith('22')) return 'data';
  return SYSTEM.has(code) ? 'connection' : undefined;
}

/** What it is, looking into causes too; undefined for anything else than trouble with the database. */
export function databaseTrouble(error: unknown): DatabaseTrouble | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const found = ofCode(errnoOf(at) ?? '') ?? (PG_WORDS.test(at.message) ? 'connection' : undefined);
    if (found !== undefined) return found;
    if (at instanceof AggregateError) {
      const inner = at.errors.map(databaseTrouble).find((one) => one !== undefined);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** A restart of Postgres takes one to three seconds: these waits, milliseconds, add up to 3.9 s. */
const WAITS_MS = [100, 300, 700, 1200, 1600];

/** Runs it again where the connection broke or the transaction lost a race: only for what may be done twice. */
export async function withRetry<T>(run: () => Promise<T>, signal?: AbortSignal, waits = WAITS_MS): Promise<T> {
  for (let attempt = 0; ; attempt++)
    try {
      return await run();
    } catch (error) {
      const trouble = databaseTrouble(error);
      const wait = waits[attempt];
      if (wait === undefined || (trouble !== 'connection' && trouble !== 'again')) throw error;
      throwIfCancelled(signal);
      await new Promise((resolve) => setTimeout(resolve, wait));
      throwIfCancelled(signal);
    }
}
