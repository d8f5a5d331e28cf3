/** All settings from the environment, parsed once. Names are the seed's where they still mean something. */
import { z } from 'zod';
import { PicaividError } from '../base/errors.ts';

const flag = z.enum(['true', 'false', '1', '0', '']).transform((text) => text === 'true' || text === '1');

const schema = z.object({
  ENVIRONMENT: z.enum(['development', 'production', 'test']).default('production'),
  LOG_LEVEL: z
    .string()
    .default('warn')
    .transform((level) => level.toLowerCase().replace(/^warning$/, 'warn'))
    .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
  DATABASE_URL: z.string().optional(),
  MODEL_CACHE_DIR: z.string().optional(),
  /** Beats a minute when there is no music, or music without a pulse. */
  DEFAULT_BPM: z.coerce.number().min(40).max(240).default(120),
  ENABLE_BEAT_SYNC: flag.default(true),
  LTX_ENABLED: flag.default(false),
  /** The ComfyUI server on this machine that draws for the LTX renderer. */
  COMFYUI_URL: z.url().optional(),
  /** Which workflow: LTX-2 with a camera LoRA for each move, or LTX-2.5 by prompt and end frame. */
  LTX_MODEL: z.enum(['ltx-2-19b', 'ltx-2.5']).default('ltx-2-19b'),
  FFMPEG_PATH: z.string().optional(),
  COLMAP_PATH: z.string().optional(),
  OUTPUT_RESOLUTION: z
    .string()
    .regex(/^\d{2,5}x\d{2,5}$/, 'looks like 1920x1080')
    .optional(),
  /** Operators of the service. */
  BACKEND_URL: z.url().optional(),
  /** Signs call-backs to the backend; at least 32 characters. */
  BACKEND_SECRET: z.string().min(32).optional(),
  /** With it the queue is SQS; without it, pg-boss on DATABASE_URL. `{type}` in it stands for cpu or gpu. */
  SQS_QUEUE_URL: z.string().optional(),
  WORKER_TYPE: z.enum(['cpu', 'gpu']).default('cpu'),
  /** Where a Spot notice is asked for; the instance metadata service, IMDSv2. */
  SPOT_METADATA_URL: z.url().optional(),
  AWS_REGION: z.string().optional(),
  /** Another address of S3 and SQS than Amazon's own. */
  AWS_ENDPOINT_URL: z.url().optional(),
  /** Files of teams lie here; without it, in LOCAL_STORAGE_PATH. */
  S3_BUCKET: z.string().optional(),
  /** Buckets, with commas between them, that photos and music of the backend may be read from. */
  SOURCE_BUCKETS: z.string().default(''),
  LOCAL_STORAGE_PATH: z.string().optional(),
  /** Signs links to files of a local folder; at least 32 characters. */
  STORAGE_SECRET: z.string().min(32).optional(),
  /** Where studios and workers reach the service: links to files of a local folder begin with it. */
  PUBLIC_URL: z.url().optional(),
  /** What this machine costs an hour, dollars: shown and summed in the studio. */
  WORKER_COST_PER_HOUR: z.coerce.number().min(0).optional(),
  /** A worker's own files: caches, takes, work folders. */
  WORK_DIR: z.string().optional(),
  /** Connections to Postgres of one service process. */
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(12),
  /** Proxies of ours in front of the service: so many of X-Forwarded-For, from its end, are believed. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(5).default(0),
  OUTPUT_FPS: z.coerce.number().int().min(10).max(120).default(30),
});

export type Settings = z.infer<typeof schema>;

/** Throws `bad_usage` naming the first setting that is wrong. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PicaividError(
    'bad_usage',
    `The setting ${issue?.path.join('.') ?? '?'} is wrong: ${issue?.message ?? parsed.error.message}.`,
  );
}
