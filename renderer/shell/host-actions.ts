/** What the frame asks of the host. The link sets them when the host is there. */
import { create } from 'zustand';

export interface HostActions {
  readonly cancelTask: (id: string) => void;
  readonly dismissNotice: (id: string) => void;
  /** Tries to reach the engine again, and has it started where the desktop can. */
  readonly reconnect: () => void;
}

export const useHostActions = create<HostActions>(() => ({
  cancelTask: () => undefined,
  dismissNotice: () => undefined,
  reconnect: () => window.location.reload(),
}));
