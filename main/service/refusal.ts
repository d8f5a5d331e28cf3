/** A request that is refused, with its status; and the status that an error of ours is answered with. Pure. */
import type { ErrorCode } from '../../base/errors.ts';

export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503;

export class Refusal extends Error {
  readonly status: RefusalStatus;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: RefusalStatus, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const STATUS: Partial<Record<ErrorCode, RefusalStatus>> = {
  bad_usage: 400,
  forbidden_role: 403,
  file_not_found: 404,
  clip_missing: 404,
  transition_refused: 409,
  edit_refused: 409,
  take_outdated: 409,
  file_too_large: 413,
  database_failed: 503,
  database_newer: 503,
  host_unreachable: 503,
  cancelled: 503,
  disk_full: 503,
  output_unwritable: 503,
  internal: 500,
};

/** 422 for what was understood and cannot be done. */
export function statusOf(code: ErrorCode): RefusalStatus {
  return STATUS[code] ?? 422;
}

export const notThere = (what: string): Refusal => new Refusal(404, 'file_not_found', `There is no such ${what}.`);
