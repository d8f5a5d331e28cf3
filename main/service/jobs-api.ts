/**
 * What the upstream backend sends and gets, in the seed's words (snake_case). Pure. A job's `listing_id` may be the
 * backend's own (a number) or a listing of the team.
 */
import { z } from 'zod';
import { ERROR_CODES } from '../../base/errors.ts';
import { blobRefSchema, idSchema } from '../../db/sync/protocol.ts';
import { TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { LENGTH_SECONDS } from '../host/timeline-contract.ts';

const moment = z.iso.datetime();

/** Bucket and key of S3, or an https address of a named host: never an address of this network. */
function isFetchable(text: string): boolean {
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s\\]+$/.test(text)) return !/(^|\/)\.\.?(\/|$)/.test(text.slice(5));
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  // URL turns every spelling of an IPv4 address (decimal, hex, octal) into four numbers, and IPv6 has brackets.
  if (/^[\d.]+$/.test(host) || host.startsWith('[')) return false;
  return host.includes('.') && !/(^|\.)(localhost|local|internal|localdomain|home|lan|arpa)$/.test(host);
}
/** Where a photo or music lies: `s3://bucket/key` or `https://host/…`. */
export const uriSchema = z
  .string()
  .max(2000)
  .refine(isFetchable, 'must be s3://bucket/key or https://host/path of a public host');

/** A photo by its address, or one that was uploaded before, with its name in the listing. */
export const jobPhotoSchema = z.union([uriSchema, blobRefSchema.extend({ file: z.string().min(1).max(255) })]);
export type JobPhoto = z.infer<typeof jobPhotoSchema>;

/** The backend numbers listings; a listing of the team goes by its UUID. */
export const jobListingSchema = z.union([
  z.int().positive(),
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'must be a number or a short id'),
]);

/** `POST /internal/jobs` */
export const jobCreateSchema = z.object({
  listing_id: jobListingSchema,
  /** Of the listing, where it comes to the team by this job. */
  name: z.string().min(1).max(200).optional(),
  photos: z.array(jobPhotoSchema).min(1).max(500),
  template_type: z.enum(TEMPLATE_NAMES).default('classic'),
  /** Seconds. */
  target_length: z.number().min(LENGTH_SECONDS.least).max(LENGTH_SECONDS.most).default(60),
  music_uri: z.union([uriSchema, blobRefSchema]).nullable().default(null),
  enable_beat_sync: z.boolean().default(true),
});
export type JobCreate = z.infer<typeof jobCreateSchema>;

const phase = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export type JobPhase = z.infer<typeof phase>;
/** `POST /internal/jobs/{job}/run` */
export const jobRunSchema = z.object({ start_phase: phase.optional() });

export const jobStateSchema = z.object({
  job_id: idSchema,
  listing_id: z.string(),
  status: z.string(),
  /** The last phase that finished, 0–4. */
  current_phase: z.int().min(0).max(4),
  template_type: z.enum(TEMPLATE_NAMES),
  target_length: z.number(),
  music_uri: z.string().nullable(),
  bpm: z.number().nullable(),
  /** Seconds from the start of the music to the first beat. */
  beat_offset: z.number().nullable(),
  enable_beat_sync: z.boolean(),
  /** Of the phase that runs, 0–1, and what it is doing. */
  fraction: z.number(),
  sentence: z.string(),
  /** The film, once there is one: a link that lasts for minutes. */
  film_uri: z.string().nullable(),
  error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }).nullable(),
  created_at: moment,
  updated_at: moment,
});
export type JobState = z.infer<typeof jobStateSchema>;
