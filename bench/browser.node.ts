/** Chromium for benches and tests of pages: found, not downloaded; drawn by software, so that any machine can run it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { PicaividError } from '../base/errors.ts';

/** `CHROMIUM_PATH`, or the first Chromium or Chrome on the PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  return undefined;
}

/** Headless; with WebGL by SwiftShader unless `webgl` is false. Errors: `file_not_found`. */
export async function launchChromium({ webgl = true } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new PicaividError(
      'file_not_found',
      'Chromium is needed for this: put it on the PATH, or its path into CHROMIUM_PATH.',
    );
  // Chromium refuses its sandbox to root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    // Nobody clicks in a bench, and a page may not sound before a click.
    args: [
      ...asRoot,
      '--autoplay-policy=no-user-gesture-required',
      ...(webgl ? ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] : []),
    ],
  });
}
