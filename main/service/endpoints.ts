/**
 * What every address of `routes.ts` takes and answers: what requests are parsed by and the OpenAPI document is written
 * from. An address without an entry here, or without a handler, does not compile.
 */
import { z } from '@hono/zod-openapi';
import {
  conflictSchema,
  feedAnswerSchema,
  helloSchema,
  idSchema,
  listingsAnswerSchema,
  MAX_FEED,
  presenceSchema,
  pushAnswerSchema,
  pushRequestSchema,
  snapshotSchema,
} from '../../db/sync/protocol.ts';
import {
  blobCompleteSchema,
  blobDownloadAnswerSchema,
  blobDownloadSchema,
  blobsMissingAnswerSchema,
  blobsMissingSchema,
  blobUploadAnswerSchema,
  blobUploadSchema,
  estimateAnswerSchema,
  fleetAnswerSchema,
  fleetRenderAnswerSchema,
  fleetRenderSchema,
  taskIdsSchema,
} from './fleet-api.ts';
import { jobCreateSchema, jobRunSchema, jobStateSchema } from './jobs-api.ts';
import type { ROUTES } from './routes.ts';

type Row = (typeof ROUTES)[number];
type KeyOf<R extends Row> = R extends Row ? `${R['method']} ${R['path']}` : never;
export type RouteKey = KeyOf<Row>;
export type RowOf<K extends RouteKey> = Extract<Row, { method: K extends `${infer M} ${string}` ? M : never; path: K extends `${string} ${infer P}` ? P : never }>; // biome-ignore format: one line

export interface Endpoint {
  readonly tag: 'operations' | 'jobs' | 'sync' | 'files' | 'fleet';
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Bytes of the body; 256 KB where nothing is said. */
  readonly mostBytes?: number;
  readonly answer: z.ZodType;
  /** `text/event-stream` and `text/plain` answers are written by their handlers. */
  readonly media?: 'application/json' | 'text/plain' | 'text/event-stream';
  readonly status?: 200 | 201 | 202;
  /** May be done twice: it is tried again while Postgres restarts. */
  readonly again: boolean;
  /** How long it may take, seconds; 0 for streams. 30 where nothing is said. */
  readonly seconds?: number;
}

const MEGABYTE = 1_000_000;
/** The longest wait of the feed; proxies cut at 30 or 60 seconds. */
export const MAX_WAIT_SECONDS = 25;

/** A whole number in the query, as text of digits: nothing else that JavaScript would take for one. */
const whole = (most: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.int().min(0).max(most))
    .optional()
    .transform((value) => value ?? otherwise)
    .openapi({ type: 'integer', minimum: 0, maximum: most, default: otherwise });
const limit = (most: number, otherwise: number) => whole(most, otherwise).pipe(z.int().min(1)).openapi({ type: 'integer', minimum: 1, maximum: most, default: otherwise }); // biome-ignore format: one call
const after = z.object({ after: whole(Number.MAX_SAFE_INTEGER, 0) });
const job = z.object({ job: idSchema });
const changed = z.object({ changed: z.int().nonnegative() });

export const ENDPOINTS = {
  'GET /health': {
    tag: 'operations',
    summary: 'The process lives.',
    answer: z.object({ ok: z.literal(true) }),
    again: true,
  },
  'GET /health/ready': {
    tag: 'operations',
    summary: 'Requests can be answered: the database and the storage are there. 503 otherwise, and while it stops.',
    answer: z.object({ ok: z.boolean(), database: z.enum(['up', 'down']), storage: z.enum(['up', 'down']), stopping: z.boolean() }), // biome-ignore format: one shape
    again: true,
  },
  'GET /internal/metrics': {
    tag: 'operations',
    summary: 'Figures for Prometheus.',
    answer: z.string(),
    media: 'text/plain',
    again: true,
  },
  'POST /internal/jobs': {
    tag: 'jobs',
    summary: 'Makes a job of a listing: photos, template, length, music. It runs when it is told to.',
    body: jobCreateSchema,
    mostBytes: 2 * MEGABYTE,
    answer: jobStateSchema,
    status: 201,
    again: false,
  },
  'GET /internal/jobs/{job}': {
    tag: 'jobs',
    summary: 'The state of a job.',
    params: job,
    answer: jobStateSchema,
    again: true,
  },
  'POST /internal/jobs/{job}/run': {
    tag: 'jobs',
    summary:
      'Runs a job from a phase, or from where it stands. 409 where its state does not allow it. Phase 4 assembles the film as it was signed; one that is changed meanwhile is not handed out: the job stands at approved or in_review again.',
    params: job,
    body: jobRunSchema,
    answer: jobStateSchema,
    status: 202,
    again: false,
  },
  'POST /internal/jobs/{job}/cancel': {
    tag: 'jobs',
    summary: 'Stops a job; what is finished is kept.',
    params: job,
    answer: jobStateSchema,
    status: 202,
    again: true,
  },
  'GET /sync/hello': {
    tag: 'sync',
    summary: 'Whose key this is.',
    answer: helloSchema,
    again: true,
  },
  'POST /sync/push': {
    tag: 'sync',
    summary: 'Operations in their order; one outcome for each. The same operation twice changes nothing.',
    body: pushRequestSchema,
    mostBytes: 16 * MEGABYTE,
    answer: pushAnswerSchema,
    again: true,
    seconds: 60,
  },
  'GET /sync/feed': {
    tag: 'sync',
    summary:
      'What took effect after a place, in order. With `wait`, an empty answer comes only after that many seconds.',
    query: after.extend({ limit: limit(MAX_FEED, MAX_FEED), wait: whole(MAX_WAIT_SECONDS, 0) }),
    answer: feedAnswerSchema,
    again: true,
    seconds: MAX_WAIT_SECONDS + 15,
  },
  'GET /sync/events': {
    tag: 'sync',
    summary: 'The feed as server-sent events; `Last-Event-ID` goes before `after`.',
    query: after,
    answer: z.string(),
    media: 'text/event-stream',
    again: true,
    seconds: 0,
  },
  'GET /sync/listings': {
    tag: 'sync',
    summary: 'Cards of the team’s listings, by id.',
    query: z.object({ after: idSchema.optional(), limit: limit(1000, 500) }),
    answer: listingsAnswerSchema,
    again: true,
  },
  'GET /sync/listings/{listing}': {
    tag: 'sync',
    summary: 'The whole of one listing, as operations that make it from nothing.',
    params: z.object({ listing: idSchema }),
    answer: snapshotSchema,
    again: true,
  },
  'GET /sync/conflicts': {
    tag: 'sync',
    summary: 'Overwritten values and films that went apart, until somebody settles them.',
    query: z.object({ listing: idSchema.optional() }),
    answer: z.object({ conflicts: z.array(conflictSchema) }),
    again: true,
  },
  'POST /sync/conflicts/{conflict}/resolve': {
    tag: 'sync',
    summary: 'This conflict is settled.',
    params: z.object({ conflict: idSchema }),
    answer: z.object({ resolved: z.literal(true) }),
    again: true,
  },
  'POST /sync/presence': {
    tag: 'sync',
    summary: 'Where this person is; answers with everybody of the team who was seen in the last half minute.',
    body: presenceSchema.pick({ clientId: true, name: true, listingId: true, place: true }),
    answer: z.object({ presence: z.array(presenceSchema) }),
    again: true,
  },
  'POST /blobs/missing': {
    tag: 'files',
    summary: 'Which of these files the team does not have yet.',
    body: blobsMissingSchema,
    answer: blobsMissingAnswerSchema,
    again: true,
  },
  'POST /blobs/upload': {
    tag: 'files',
    summary: 'A link to send a file to, or links for its parts.',
    body: blobUploadSchema,
    answer: blobUploadAnswerSchema,
    again: true,
  },
  'POST /blobs/complete': {
    tag: 'files',
    summary: 'The file is sent: it is checked, and from then on the team has it.',
    body: blobCompleteSchema,
    answer: z.object({ sha256: z.string(), bytes: z.int() }),
    again: true,
    seconds: 300,
  },
  'POST /blobs/download': {
    tag: 'files',
    summary: 'Links to fetch files from, for minutes.',
    body: blobDownloadSchema,
    answer: blobDownloadAnswerSchema,
    again: true,
  },
  'GET /fleet': {
    tag: 'fleet',
    summary: 'Unfinished tasks of the team, those of the last hour, and the workers.',
    query: z.object({ listing: idSchema.optional() }),
    answer: fleetAnswerSchema,
    again: true,
  },
  'POST /fleet/estimate': {
    tag: 'fleet',
    summary: 'How long these clips would take and what they would cost.',
    body: fleetRenderSchema,
    mostBytes: 8 * MEGABYTE,
    answer: estimateAnswerSchema,
    again: true,
  },
  'POST /fleet/render': {
    tag: 'fleet',
    summary: 'Gives clips to the fleet. One that is queued already is answered as it is.',
    body: fleetRenderSchema,
    mostBytes: 8 * MEGABYTE,
    answer: fleetRenderAnswerSchema,
    status: 202,
    again: true,
  },
  'POST /fleet/cancel': {
    tag: 'fleet',
    summary: 'Takes tasks of the team out of the queue, or from their workers.',
    body: taskIdsSchema,
    answer: changed,
    again: true,
  },
  'POST /fleet/retry': {
    tag: 'fleet',
    summary: 'Puts failed tasks of the team back into the queue.',
    body: taskIdsSchema,
    answer: changed,
    again: true,
  },
} as const satisfies Record<RouteKey, Endpoint>;

type Part<E, P extends string> = E extends Record<P, infer S extends z.ZodType> ? z.output<S> : undefined;
export interface Asked<K extends RouteKey> {
  readonly params: Part<(typeof ENDPOINTS)[K], 'params'>;
  readonly query: Part<(typeof ENDPOINTS)[K], 'query'>;
  readonly body: Part<(typeof ENDPOINTS)[K], 'body'>;
}
export type Answer<K extends RouteKey> = z.input<(typeof ENDPOINTS)[K]['answer']>;
