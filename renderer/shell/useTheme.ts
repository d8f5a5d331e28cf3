import { useEffect, useSyncExternalStore } from 'react';
import { usePreferences } from '../stores/preferences.ts';

const light = window.matchMedia('(prefers-color-scheme: light)');

function subscribe(onChange: () => void): () => void {
  light.addEventListener('change', onChange);
  return () => light.removeEventListener('change', onChange);
}

/** The theme on screen: the chosen one, or the system's, followed as it changes. */
export function useTheme(): 'dark' | 'light' {
  const chosen = usePreferences((state) => state.theme);
  const systemIsLight = useSyncExternalStore(subscribe, () => light.matches);
  const theme = chosen === 'system' ? (systemIsLight ? 'light' : 'dark') : chosen;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return theme;
}
