/** Whether the host answers, for the status line and for screens that show it. */
import { create } from 'zustand';
import type { ConnectionState } from '../event-hub.ts';

interface Connection {
  readonly state: ConnectionState;
  /** New at each start of the host; null before its first word. */
  readonly bootId: string | null;
}

export const useConnection = create<Connection>(() => ({ state: 'connecting', bootId: null }));

/** In words, for the status line. */
export function connectionSentence(state: ConnectionState): string {
  switch (state) {
    case 'connecting':
      return 'Connecting to the studio';
    case 'ready':
      return 'Up to date';
    case 'lost':
      return 'The studio does not answer; trying again';
  }
}
