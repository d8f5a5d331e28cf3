/** What `/fleet` and `/blobs` take and give. Pure; the studio's host parses answers with it too. */
import { z } from 'zod';
import { ERROR_CODES } from '../../base/errors.ts';
import { blobRefSchema, idSchema, sha256Schema } from '../../db/sync/protocol.ts';
import { probeSchema, renderInputSchema, TASK_KINDS } from '../fleet/contract.ts';
import { WORKER_TYPES } from '../queue/queue.ts';

const moment = z.iso.datetime();
export const fleetTaskViewSchema = z.object({
  id: idSchema,
  listingId: idSchema,
  listingName: z.string(),
  kind: z.enum(TASK_KINDS),
  /** The clip's id for render. */
  subject: z.string(),
  outputKey: z.string(),
  state: z.enum(['queued', 'leased', 'done', 'failed', 'cancelled']),
  /** In the queue of its worker type, from 1. */
  place: z.int().positive().nullable(),
  priority: z.int(),
  attempts: z.int(),
  stalls: z.int(),
  workerId: z.string().nullable(),
  workerName: z.string().nullable(),
  fraction: z.number(),
  sentence: z.string(),
  error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }).nullable(),
  startedAt: moment.nullable(),
  heartbeatAt: moment.nullable(),
  createdAt: moment,
  updatedAt: moment,
});
export type FleetTaskView = z.infer<typeof fleetTaskViewSchema>;
export const workerViewSchema = z.object({
  id: z.string(),
  type: z.enum(WORKER_TYPES),
  name: z.string(),
  version: z.string(),
  state: z.enum(['idle', 'busy', 'draining', 'gone']),
  probe: probeSchema,
  costPerHourMicros: z.int().nullable(),
  spot: z.boolean(),
  noticeAt: moment.nullable(),
  startedAt: moment,
  heartbeatAt: moment,
  /** What it works on, of this team. */
  taskId: z.string().nullable(),
});
export type WorkerView = z.infer<typeof workerViewSchema>;
/** `GET /fleet`: unfinished tasks of the team, those of the last hour, and the workers. */
export const fleetAnswerSchema = z.object({
  tasks: z.array(fleetTaskViewSchema),
  workers: z.array(workerViewSchema),
  /** Of all workers that are there, an hour. */
  costPerHourMicros: z.int(),
  now: moment,
});
export type FleetAnswer = z.infer<typeof fleetAnswerSchema>;

/** `POST /fleet/render` and `/fleet/estimate`; inputs as `renderInputSchema`, their files uploaded before. */
export const fleetRenderSchema = z.object({
  listingId: idSchema,
  clips: z.array(renderInputSchema.omit({ person: true }).extend({ onScreen: z.boolean() })).min(1).max(500),
}); // biome-ignore format: one shape
export const fleetRenderAnswerSchema = z.object({ tasks: z.array(fleetTaskViewSchema) });
export const estimateAnswerSchema = z.object({
  clips: z.int(),
  /** From what workers of that type took lately; null before the first. */
  seconds: z.number().nullable(),
  workers: z.int(),
  waitingBefore: z.int(),
  costMicros: z.int().nullable(),
});
export type Estimate = z.infer<typeof estimateAnswerSchema>;
export const taskIdsSchema = z.object({ taskIds: z.array(idSchema).min(1).max(1000) });

/** `POST /blobs/missing` → which of these the team's storage does not hold. */
export const blobsMissingSchema = z.object({ blobs: z.array(blobRefSchema).min(1).max(1000) });
export const blobsMissingAnswerSchema = z.object({ missing: z.array(sha256Schema) });
const linkSchema = z.object({ url: z.string(), method: z.enum(['PUT', 'GET']), headers: z.record(z.string(), z.string()), expiresAt: moment }); // biome-ignore format: one shape
/** `POST /blobs/upload` → a link for the whole, or links for its parts; `null`: it is there already. */
export const blobUploadSchema = blobRefSchema.extend({ contentType: z.string().max(100), uploadId: z.string().max(1024).optional() }); // biome-ignore format: one shape
export const blobUploadAnswerSchema = z.union([
  z.object({ state: z.literal('there') }),
  z.object({ state: z.literal('whole'), link: linkSchema }),
  z.object({ state: z.literal('parts'), uploadId: z.string(), partBytes: z.int(), parts: z.array(linkSchema), done: z.array(z.int()) }), // biome-ignore format: one shape
]);
/** `POST /blobs/complete`: it is checked, and only then the team has it. */
export const blobCompleteSchema = blobRefSchema.extend({ uploadId: z.string().max(1024).optional() });
/** `POST /blobs/download` → links; 404 names the first that is not there. */
export const blobDownloadSchema = z.object({ sha256: z.array(sha256Schema).min(1).max(200) });
export const blobDownloadAnswerSchema = z.object({ links: z.array(linkSchema.extend({ sha256: sha256Schema, bytes: z.int() })) }); // biome-ignore format: one shape
