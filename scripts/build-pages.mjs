// Builds the studio's pages into dist/pages when their sources changed since the last build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the pages are made of: their own floor, and the pure files below that they share with the host. */
const SOURCES = ['renderer', 'main/host', 'pipeline', 'base', 'package-lock.json'];

function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (path) => hash.update(path).update(readFileSync(join(root, path)));
  for (const source of SOURCES) {
    if (!existsSync(join(root, source))) continue;
    if (statSync(join(root, source)).isFile()) {
      add(source);
      continue;
    }
    const names = readdirSync(join(root, source), { recursive: true, encoding: 'utf8' })
      .map((name) => join(source, name))
      .filter((name) => /\.(tsx?|css|html|svg|woff2)$/.test(name) && !/(\.node|\.test|\.spec)\.tsx?$/.test(name))
      .sort();
    for (const name of names) add(name);
  }
  return hash.digest('hex');
}

/** Gives false, with the tool's own words on standard error, when the build fails. */
export function buildPages(root, node, { quiet = false } = {}) {
  const stamp = join(root, 'dist', 'pages', '.sources');
  const now = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return true;
  if (!quiet) process.stderr.write('Building the pages …\n');
  const result = spawnSync(
    node,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--config',
      'renderer/vite.config.ts',
      '--logLevel',
      'warn',
    ],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (result.status !== 0) return false;
  writeFileSync(stamp, now);
  return true;
}
