/** What the frame shows of the screen inside it. */
import { create } from 'zustand';
import type { Notice, TaskView } from '../../main/host/contract.ts';

export type HostState = 'starting' | 'ready' | 'restarting' | 'stopped';

export interface OpenListing {
  readonly id: string;
  readonly name: string;
  /** Such as `24 photos · classic · 45 s`. */
  readonly sub: string;
  readonly attentionCount: number;
}

interface ShellState {
  readonly listing: OpenListing | null;
  readonly host: HostState;
  /** Waiting, running and paused tasks, the oldest first. */
  readonly tasks: readonly TaskView[];
  readonly notices: readonly Notice[];
  /** One quiet sentence of the screen in the status line, such as `2 selected`. */
  readonly status: string;
}

export const useShell = create<ShellState>(() => ({
  listing: null,
  host: 'starting',
  tasks: [],
  notices: [],
  status: '',
}));

/** Names the open listing in the top bar; its screens appear in the rail. */
export function setOpenListing(listing: OpenListing | null): void {
  useShell.setState({ listing });
}

export function setStatus(status: string): void {
  useShell.setState({ status });
}
