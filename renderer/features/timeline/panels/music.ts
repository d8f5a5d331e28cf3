/** Pieces of music that the studio knows: asked for once, and again whenever one was added, heard or removed. */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { MusicRow } from '../../../../main/host/timeline-contract.ts';
import { events } from '../../../api.ts';
import { listMusic } from './host.ts';

interface MusicState {
  readonly rows: readonly MusicRow[] | null;
  readonly error: string | null;
}

const store = create<MusicState>(() => ({ rows: null, error: null }));
let asking = 0;

export async function refreshMusic(): Promise<void> {
  asking += 1;
  const mine = asking;
  try {
    const rows = await listMusic();
    if (mine === asking) store.setState({ rows, error: null });
  } catch (error) {
    if (mine !== asking) return;
    store.setState({ error: error instanceof Error ? error.message : 'The music could not be listed.' });
  }
}

export function useMusic(): MusicState {
  useEffect(() => {
    void refreshMusic();
    return events.on((event) => {
      if (event.type === 'music' || event.type === 'hello') void refreshMusic();
    });
  }, []);
  return store();
}
