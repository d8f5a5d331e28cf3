/** Reading and writing of the columns that the two dialects hold differently. */
import type { z } from 'zod';

export type Dialect = 'sqlite' | 'postgres';

/** A JSON column's value, parsed where the dialect gives text, and validated. */
export function readJson<T>(schema: z.ZodType<T>, stored: unknown): T {
  return schema.parse(typeof stored === 'string' ? (JSON.parse(stored) as unknown) : stored);
}

export function writeJson(value: unknown): string {
  return JSON.stringify(value);
}

export function readFlag(stored: boolean | number): boolean {
  return stored === true || stored === 1;
}

/** SQLite cannot bind booleans. */
export function writeFlag(value: boolean, dialect: Dialect): boolean | number {
  return dialect === 'postgres' ? value : value ? 1 : 0;
}

/** ISO 8601 in UTC. */
export function readMoment(stored: Date | string): string {
  return stored instanceof Date ? stored.toISOString() : stored;
}
