// Builds the studio's pages into dist/pages. The host serves them with `script-src 'self'; style-src 'self'`, so
// nothing may be inlined: no scripts, no <style> elements, no data: fonts.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Two libraries under Radix write <style> elements at run time, which the policy refuses (and logs as violations):
 * the viewport of Select and of ScrollArea, and react-remove-scroll's lock of the body's scrolling. The body of the
 * studio never scrolls, and `ui/Select.module.css` hides the scrollbar itself.
 */
function withoutInjectedStyles(): Plugin {
  return {
    name: 'without-injected-styles',
    enforce: 'pre',
    transform(code, id) {
      if (!/radix-ui[\\/]react-(select|scroll-area)[\\/]/.test(id)) return null;
      return { code: code.replaceAll(/(jsxs?\(\s*)"style",/g, '$1"template",'), map: null };
    },
  };
}

export default defineConfig({
  root,
  base: './',
  plugins: [react(), withoutInjectedStyles()],
  resolve: {
    alias: { 'react-style-singleton': fileURLToPath(new URL('./ui/no-style-singleton.ts', import.meta.url)) },
  },
  build: {
    outDir: fileURLToPath(new URL('../dist/pages', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome130', // Electron 33, the oldest runtime the studio is tried on
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
  },
});
