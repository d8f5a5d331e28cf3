import { expect, test } from 'vitest';
import { preferencesSchema } from '../../main/host/contract.ts';
import { keepPreferencesIn, localAdapter, usePreferences } from './preferences.ts';

const DEFAULTS = preferencesSchema.parse({});

test('without a place to keep them the defaults stand', async () => {
  expect(await localAdapter.load()).toEqual(DEFAULTS);
});

test('what the host keeps is shown; a change shows at once and is sent alone', async () => {
  const sent: unknown[] = [];
  await keepPreferencesIn({
    load: async () => ({ ...DEFAULTS, theme: 'light' }),
    save: async (changes) => {
      sent.push(changes);
      return { ...DEFAULTS, theme: 'light', ...changes };
    },
  });
  expect(usePreferences.getState().theme).toBe('light');
  const kept = usePreferences.getState().set({ keys: { 'rooms.merge': 'G' } });
  expect(usePreferences.getState().keys).toEqual({ 'rooms.merge': 'G' });
  await kept;
  expect(sent).toEqual([{ keys: { 'rooms.merge': 'G' } }]);
});

test('a change that cannot be kept goes back, and only it', async () => {
  await keepPreferencesIn({
    load: async () => ({ ...DEFAULTS, theme: 'dark' }),
    save: async () => {
      throw new Error('disk full');
    },
  });
  await expect(usePreferences.getState().set({ theme: 'light' })).rejects.toThrow('disk full');
  const { theme, defaultLength } = usePreferences.getState();
  expect({ theme, defaultLength }).toEqual({ theme: 'dark', defaultLength: 45 });
});
