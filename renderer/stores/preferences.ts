/** What a person set for this studio. The host keeps it; until the host has answered, this browser's copy stands in. */
import { create } from 'zustand';
import { type Preferences, preferencesSchema } from '../../main/host/contract.ts';

/** Where preferences are kept. */
export interface PreferencesAdapter {
  load(): Promise<Preferences>;
  save(changes: Partial<Preferences>): Promise<Preferences>;
}

interface PreferencesState extends Preferences {
  /** Shown at once, kept a moment later; goes back when keeping fails. */
  readonly set: (changes: Partial<Preferences>) => Promise<void>;
}

const COPY = 'picaivid.preferences';

/** The copy in this browser: the right theme from the first frame on, before the host answers. */
export const localAdapter: PreferencesAdapter = {
  load: async () => readCopy(),
  save: async (changes) => {
    const next = { ...readCopy(), ...changes };
    writeCopy(next);
    return next;
  },
};

function readCopy(): Preferences {
  try {
    return preferencesSchema.parse(JSON.parse(localStorage.getItem(COPY) ?? '{}'));
  } catch {
    return preferencesSchema.parse({}); // damaged or forbidden: the defaults are a good start
  }
}

function writeCopy(preferences: Preferences): void {
  try {
    localStorage.setItem(COPY, JSON.stringify(preferences));
  } catch {
    // Without a place in the browser the host's answer comes a moment later; nothing is lost.
  }
}

let adapter: PreferencesAdapter = localAdapter;

export const usePreferences = create<PreferencesState>((set, get) => ({
  ...readCopy(),
  set: async (changes) => {
    const before = get();
    set(changes);
    try {
      const kept = await adapter.save(changes);
      writeCopy(kept);
    } catch (error) {
      const back = Object.fromEntries(Object.keys(changes).map((key) => [key, before[key as keyof Preferences]]));
      set(back);
      throw error;
    }
  },
}));

/** Takes another place for preferences (the host) and reads what is kept there. */
export async function keepPreferencesIn(next: PreferencesAdapter): Promise<void> {
  adapter = next;
  const kept = await next.load();
  writeCopy(kept);
  usePreferences.setState(kept);
}
