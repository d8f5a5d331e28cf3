// Run after "npm install": adds to package-lock.json the optional packages of other platforms that npm leaves out when
// the registry at hand does not carry them (seen with Biome's). Without them "npm ci" refuses the lock file everywhere.
import { readFileSync, writeFileSync } from 'node:fs';

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));
const platform = /-(linux|darwin|win32|android|freebsd)-(x64|arm64|arm|ia32)/;
let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const found = platform.exec(name);
    if (lock.packages[key] || !found || !/^\d/.test(version)) continue;
    lock.packages[key] = {
      version,
      cpu: [found[2]],
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: [found[1]],
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.error(`${added} packages of other platforms added to ${path}`);
