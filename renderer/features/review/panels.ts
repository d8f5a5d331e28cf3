/** Which parts of the screen are open, for as long as the page lives. */
import { create } from 'zustand';

export const usePanels = create<{ readonly list: boolean; readonly width: number }>(() => ({ list: true, width: 320 }));
