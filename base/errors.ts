/**
 * The closed set of things that can go wrong, each with a code that programs branch on and a sentence that a person
 * can act on. Nothing in the project matches on message text.
 */
export const ERROR_CODES = [
  'bad_usage', // the call itself is wrong: a missing flag, an unknown template
  'cancelled', // a person or a signal stopped it; what was done is kept
  'file_not_found',
  'file_unreadable', // permissions, a vanished disk
  'file_empty',
  'file_too_large', // beyond 200 MB
  'image_too_large', // beyond 200 megapixels: a decompression bomb as far as we are concerned
  'image_unsupported', // not an image, or one that no decoder here knows
  'image_damaged', // truncated or corrupt
  'image_too_small',
  'duplicate_file', // the same bytes are in the folder twice; one is used
  'path_outside_folder', // a symbolic link or name that leads out of the listing's folder
  'too_many_photos', // beyond 500 in a job
  'no_usable_photos',
  'audio_unsupported',
  'audio_damaged',
  'audio_too_short',
  'model_missing',
  'model_damaged', // wrong size or hash
  'model_failed', // the session could not load or run
  'download_failed',
  'ffmpeg_missing',
  'ffmpeg_failed',
  'ffmpeg_timeout',
  'colmap_failed',
  'disk_full',
  'output_unwritable',
  'work_folder_in_use',
  'work_folder_damaged',
  'database_newer', // written by a newer program
  'database_failed',
  'transition_refused', // the job's state machine does not allow this now
  'edit_refused', // a timeline edit that would break an invariant, or a locked timeline
  'plan_impossible', // no film can be built from what there is
  'clip_missing',
  'clip_invalid',
  'take_outdated', // a decision on a take that is not the current one any more
  'forbidden_role', // the person's role does not allow it
  'verification_failed',
  'host_unreachable', // a page cannot reach the studio's host (now)
  'internal', // a defect of ours
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Plain data about an error, for logs and JSON (`cause` carries text for diagnosis, never for branching). */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly file?: string;
}

export class PicaividError extends Error {
  readonly code: ErrorCode;
  /** The file it is about, where there is one. */
  readonly file: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; file?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PicaividError';
    this.code = code;
    this.file = options.file;
  }

  toJSON(): ErrorData {
    return this.file === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, file: this.file };
  }
}

/** Anything thrown becomes a PicaividError; one that already is passes through. System errors keep their meaning. */
export function toPicaividError(error: unknown, fallback: ErrorCode = 'internal', file?: string): PicaividError {
  if (error instanceof PicaividError) return error;
  const where = file === undefined ? {} : { file };
  if (error instanceof Error && error.name === 'AbortError') {
    return new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.', { cause: error });
  }
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new PicaividError(
      'disk_full',
      'The disk is full. Free some space and run the same command again; finished work is kept.',
      { cause: error, ...where },
    );
  if (errno === 'ENOENT')
    return new PicaividError('file_not_found', `${file ?? 'A file'} is not there (any more).`, {
      cause: error,
      ...where,
    });
  if (errno === 'EACCES' || errno === 'EPERM')
    return new PicaividError('file_unreadable', `No permission for ${file ?? 'a file'}.`, { cause: error, ...where });
  if (errno === 'EROFS')
    return new PicaividError(
      'output_unwritable',
      `${file ?? 'The output'} lies on a read-only disk. Choose another place.`,
      { cause: error, ...where },
    );
  const text = error instanceof Error ? error.message : String(error);
  return new PicaividError(fallback, text, { cause: error, ...where });
}

/** The system's error code (`ENOSPC`, …), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Throws `cancelled` when the signal has been raised: called between steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.');
}
