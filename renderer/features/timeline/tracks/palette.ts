/** The tokens as a canvas needs them, read once for each theme. */
const NAMES = [
  'bg', 'panel', 'raised', 'hover', 'line', 'line-strong', 'text', 'text-2', 'text-3', 'accent', 'accent-soft',
  'attention', 'attention-soft', 'fail', 'beat', 'downbeat', 'on-photo', 'photo-veil', 'pass',
] as const; // biome-ignore format: one glance
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette; // all names are in it
}

/** Calls when the theme changes; gives the function that ends it. */
export function onTheme(run: () => void): () => void {
  const observer = new MutationObserver(run);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
