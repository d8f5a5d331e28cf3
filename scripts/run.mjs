// Every npm script starts here, with whatever Node is on the PATH (18 or newer): it sets the project up and goes on
// under the project's own Node 24, which runs the TypeScript directly.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPages } from './build-pages.mjs';
import { findElectron } from './electron-runtime.mjs';
import { setUp, setUpWindowParts } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command = 'start', ...rest] = process.argv.slice(2);
// `npm run picaivid -- …` is called from the user's folder: relative paths in its arguments belong to that folder.
const callerFolder = process.env.INIT_CWD ?? process.cwd();

const node = setUp(root, { quiet: rest.includes('--json') || command === 'picaivid' });

function run(args, options = {}) {
  const result = spawnSync(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...options.env } });
  if (result.error) throw result.error;
  if (result.signal) return result.signal === 'SIGINT' ? 130 : 1;
  return result.status ?? 1;
}
const bin = (pkg, file) => join(root, 'node_modules', pkg, file);

/** Runs one after the other, stops at the first failure. */
function all(...steps) {
  for (const step of steps) {
    const status = run(step);
    if (status !== 0) return status;
  }
  return 0;
}

const typecheck = [
  [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json'],
  [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.pure.json'],
  [bin('typescript', 'bin/tsc'), '-p', 'renderer/tsconfig.json'],
  [bin('typescript', 'bin/tsc'), '-p', 'renderer/tsconfig.test.json'],
  [bin('typescript', 'bin/tsc'), '-p', 'e2e/tsconfig.json'],
];
const lint = [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.'];
const vitest = (...args) => [bin('vitest', 'vitest.mjs'), 'run', ...args];

const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** The studio: in a window where there is a display and an Electron, else in a browser; `start.node.ts` chooses. */
async function start() {
  if (!buildPages(root, node)) return 1;
  if (rest.includes('--browser')) return run(['main/start.node.ts', ...rest]);
  if (!hasDisplay)
    return run(['main/start.node.ts', ...rest], { env: { PICAIVID_NO_ELECTRON: 'there is no display.' } });
  const electron = await findElectron(root);
  if (electron.path === undefined)
    return run(['main/start.node.ts', ...rest], { env: { PICAIVID_NO_ELECTRON: electron.reason } });
  setUpWindowParts();
  const built = run(['scripts/build-desktop.mjs']);
  if (built !== 0) return built;
  return run(['main/start.node.ts', ...rest], { env: { PICAIVID_ELECTRON: electron.path } });
}

const playwright = (...args) => [bin('@playwright/test', 'cli.js'), 'test', ...args];

/** Types, lint, the tests of the parts; then the studio as its users meet it, in Chromium and in its own window. */
async function test() {
  if (rest.length > 0) return run(vitest(...rest));
  // First, so that the tests of single parts that look at pages find the browser.
  const window = setUpWindowParts({ tests: true });
  const parts = all(...typecheck, lint, vitest());
  if (parts !== 0) return parts;
  return endToEnd(window);
}

/**
 * What a machine cannot have (Electron off Linux x64 without a release page, a browser without root) is named and not
 * run; with PICAIVID_E2E=required it is a failure.
 */
async function endToEnd(window = setUpWindowParts({ tests: true })) {
  if (!buildPages(root, node)) return 1;
  const electron = await findElectron(root);
  const steps = [];
  // One after the other: side by side on two cores they took 28 minutes in place of 14.
  if (window) steps.push(playwright('-c', 'e2e/playwright.config.ts', ...rest));
  if (window && electron.path !== undefined) steps.push(playwright('-c', 'e2e/desktop', ...rest));
  const status = all(...steps);
  if (status !== 0 || steps.length === 2) return status;
  console.error(`\nNOT RUN: ${window ? 'the tests in the window.' : 'the end-to-end tests.'} ${electron.reason ?? ''}`);
  return process.env.PICAIVID_E2E === 'required' ? 1 : 0;
}

const commands = {
  start,
  test,
  'test:e2e': () => endToEnd(),
  'test:packaged': () =>
    setUpWindowParts({ tests: true }) ? run(playwright('-c', 'e2e/desktop/packaged.config.ts')) : 1,
  package: () => run(['scripts/package.mjs', ...rest]),
  'test:long': () => run(vitest('--config', 'vitest.long.config.ts', ...rest)),
  check: () => all(...typecheck, lint),
  format: () => run([bin('@biomejs/biome', 'bin/biome'), 'check', '--write', ...(rest.length > 0 ? rest : ['.'])]),
  samples: () => run(['samples/make.node.ts', ...rest]),
  picaivid: () => run(['main/cli.node.ts', ...rest], { env: { PICAIVID_CALLER_FOLDER: callerFolder } }),
};

const chosen = commands[command];
if (!chosen) {
  console.error(`Unknown command "${command}". Known: ${Object.keys(commands).join(', ')}.`);
  process.exit(2);
}
process.exit(await chosen());
