// Bundles the desktop shell into dist/desktop: an ES module for Electron's main process (whose Node may be 20, which
// runs no TypeScript), a CommonJS preload (sandboxed preloads know nothing else), and the shell's own pages.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { buildHost } from './build-host.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Takes under a second, and as much for the host where it changed. Gives the folder to start Electron with. */
export async function buildDesktop(root = ROOT) {
  await buildHost(root);
  const out = join(root, 'dist', 'desktop');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const source = join(root, 'main', 'desktop');
  const shared = { platform: 'node', external: ['electron', /^node:/], logLevel: 'warn' };
  await bundle({ ...shared, input: join(source, 'main.node.ts') }, join(out, 'main.mjs'), 'es');
  await bundle({ ...shared, input: join(source, 'preload.node.ts') }, join(out, 'preload.cjs'), 'cjs');
  cpSync(join(source, 'shell'), join(out, 'shell'), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify(
      { name: 'picaivid-studio', productName: 'Picaivid Studio', version, type: 'module', main: 'main.mjs' },
      null,
      2,
    )}\n`,
  );
  return out;
}

async function bundle(input, file, format) {
  const build = await rolldown({ ...input, transform: { target: 'node20' } });
  await build.write({ file, format, sourcemap: false, codeSplitting: false });
  await build.close();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await buildDesktop();
