/** Which section of the settings is open: kept while the studio runs, and chosen by links to one of them. */
import { create } from 'zustand';

export const useSettingsSection = create<{ readonly section: string }>(() => ({ section: 'Models' }));
