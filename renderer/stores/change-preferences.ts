import type { Preferences } from '../../main/host/contract.ts';
import { errorOf } from '../api.ts';
import { usePreferences } from './preferences.ts';
import { toast } from './toasts.ts';

/** Changes preferences as shown; one that cannot be kept goes back, with the reason. */
export async function changePreferences(changes: Partial<Preferences>): Promise<void> {
  try {
    await usePreferences.getState().set(changes);
  } catch (error) {
    toast({ tone: 'fail', title: 'The setting could not be kept.', detail: errorOf(error).message });
  }
}
