/** Before the desktop tests: the shell is bundled, and there is a display. */
import { buildDesktop } from '../../scripts/build-desktop.mjs';
import { display } from './start.node.ts';

export default async function globalSetup(): Promise<() => Promise<void>> {
  await buildDesktop();
  const xvfb = await display();
  return async () => {
    xvfb?.kill();
  };
}
