/** Before the desktop tests: pages and shell are built from the sources as they are, and there is a display. */
import { buildDesktop } from '../../scripts/build-desktop.mjs';
import { buildPages } from '../../scripts/build-pages.mjs';
import { display, ROOT } from './start.node.ts';

export default async function globalSetup(): Promise<() => Promise<void>> {
  if (!buildPages(ROOT, process.execPath, { quiet: true })) throw new Error('The pages could not be built.');
  await buildDesktop();
  const xvfb = await display();
  return async () => {
    xvfb?.kill();
  };
}
