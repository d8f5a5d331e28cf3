import type { OnProgress } from '../../pipeline/domain.ts';
import type { Settings } from '../settings.ts';

/** What every command gets. */
export interface CommandContext {
  readonly settings: Settings;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}
