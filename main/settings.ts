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
