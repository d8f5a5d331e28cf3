/**
 * Stands in for `react-style-singleton` (see vite.config.ts): react-remove-scroll asks it for a <style> element that
 * stops the body from scrolling. The studio's body never scrolls and its policy refuses such elements.
 */
export function styleSingleton(): () => null {
  return () => null;
}
