// Packs the desktop app: `npm run package` (the unpacked app of this machine), `npm run package -- --installers` (what
// is handed out). Prepares dist/package with what runs on this platform and nothing else, then calls electron-builder.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildDesktop } from './build-desktop.mjs';
import { buildPages } from './build-pages.mjs';
import { findElectron } from './electron-runtime.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const say = (text) => process.stderr.write(`${text}\n`);
const exe = process.platform === 'win32' ? '.exe' : '';

/** The host's floors. Tests, what only tests use, and the shell (which is in the archive) stay behind. */
const HOST_SOURCES = ['base', 'db', 'models', 'pipeline', 'main'];
const LEFT_BEHIND = /(\.test\.ts|\.as\.ts|\.bench\.ts)$/;
const LEFT_FOLDERS = new Set(['testing', 'testdata', 'packaging', 'shell', 'node_modules']);
/** Packages that only pages or the shell's bundle need. */
const NOT_HOST = new Set([
  'typescript', // a peer of @trpc/server for its types

  'ffmpeg-static',
  'node',
  '@tanstack/react-virtual',
  '@trpc/client',
  'cmdk',
  'lucide-react',
  'radix-ui',
  'react',
  'react-dom',
  'zustand',
  '@fontsource-variable/inter',
]);

/** Prepares dist/package; gives its folders. */
export async function preparePackage(root = ROOT, node = process.execPath) {
  const out = join(root, 'dist', 'package');
  rmSync(out, { recursive: true, force: true });
  const app = join(out, 'app');
  const host = join(out, 'host');
  if (!buildPages(root, node, { quiet: true })) throw new Error('The pages could not be built.');
  cpSync(await buildDesktop(root), app, { recursive: true });
  cpSync(join(root, 'dist', 'pages'), join(app, 'pages'), {
    recursive: true,
    filter: (name) => !name.endsWith('.map') && basename(name) !== '.sources',
  });
  const shell = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
  const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ ...shell, description, author: 'Picaivid', homepage: 'https://picaivid.example' }, null, 2),
  );

  mkdirSync(host, { recursive: true });
  for (const floor of HOST_SOURCES)
    cpSync(join(root, floor), join(host, floor), {
      recursive: true,
      filter: (name) => !LEFT_BEHIND.test(name) && !LEFT_FOLDERS.has(basename(name)),
    });
  for (const part of ['listing', 'music'])
    cpSync(join(root, 'samples', part), join(host, 'samples', part), { recursive: true });
  writeFileSync(
    join(host, 'package.json'),
    JSON.stringify({ name: 'picaivid-studio-host', version, private: true, type: 'module' }, null, 2),
  );
  mkdirSync(join(host, 'runtime'));
  copyFileSync(realpathSync(node), join(host, 'runtime', `node${exe}`));
  chmodSync(join(host, 'runtime', `node${exe}`), 0o755);
  copyPackages(root, host);
  copyFfmpeg(root, host);
  return { app, host };
}

/** The packages the host needs with all they need in turn, each where Node looks for it, without other platforms' files. */
function copyPackages(root, host) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = Object.keys(dependencies).filter((name) => !NOT_HOST.has(name));
  const done = new Set();
  const visit = (name, from, optional) => {
    const folder = packageFolder(root, name, from);
    if (folder === undefined) {
      if (optional) return;
      throw new Error(`The package ${name} is not installed: run "npm ci".`);
    }
    if (done.has(folder)) return;
    done.add(folder);
    const meta = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const to = join(host, folder.slice(root.length + 1));
    cpSync(folder, to, { recursive: true, filter: (name) => keepOfPackage(meta.name, folder, name) });
    for (const next of Object.keys(meta.dependencies ?? {}))
      visit(next, folder, next in (meta.optionalDependencies ?? {}));
    for (const next of Object.keys(meta.optionalDependencies ?? {})) visit(next, folder, true);
    for (const next of Object.keys(meta.peerDependencies ?? {})) if (!NOT_HOST.has(next)) visit(next, folder, true);
  };
  for (const name of wanted) visit(name, root, false);
}

function packageFolder(root, name, from) {
  for (let at = from; at.startsWith(root); at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return undefined;
}

/** Whether a file of a package goes along: no nested packages (visited on their own), sources of native code, or foreign binaries. */
function keepOfPackage(name, folder, file) {
  const inner = file
    .slice(folder.length + 1)
    .split(sep)
    .join('/');
  if (inner === '') return true;
  if (inner.split('/')[0] === 'node_modules') return false;
  if (/\.test\.[cm]?[jt]s$/.test(inner)) return false;
  if (/\.(d\.[cm]?ts|map|md)$/i.test(inner) && !/licen[cs]e|notice/i.test(inner)) return false;
  const { platform, arch } = process;
  if (name === 'onnxruntime-node') {
    const [, system, processor] = /^bin\/napi-v\d+(?:\/([^/]+)(?:\/([^/]+))?)?/.exec(inner) ?? [];
    return (system === undefined || system === platform) && (processor === undefined || processor === arch);
  }
  if (name === 'better-sqlite3') {
    if (/^(deps|src)(\/|$)/.test(inner)) return false;
    return !inner.startsWith('prebuilds/') || inner === `prebuilds/${platform}-${arch}.node`;
  }
  return true;
}

function copyFfmpeg(root, host) {
  const bundled = createRequire(join(root, 'package.json'))('ffmpeg-static');
  if (typeof bundled !== 'string' || !existsSync(bundled)) {
    say('ffmpeg-static has no binary here: the packed app will use the ffmpeg of the machine it runs on.');
    return;
  }
  mkdirSync(join(host, 'ffmpeg'));
  copyFileSync(bundled, join(host, 'ffmpeg', `ffmpeg${exe}`));
  chmodSync(join(host, 'ffmpeg', `ffmpeg${exe}`), 0o755);
}

/**
 * Packs the app and gives the folder of the unpacked one.
 *
 * @param {{root?: string, node?: string, output?: string, installers?: boolean, quiet?: boolean}} options
 */
export async function packageApp({
  root = ROOT,
  node = process.execPath,
  output,
  installers = false,
  quiet = false,
} = {}) {
  await preparePackage(root, node);
  const electron = await findElectron(root);
  if (electron.path === undefined) throw new Error(electron.reason);
  const release = output ?? join(root, 'dist', 'release');
  const args = [
    join(root, 'node_modules', 'electron-builder', 'cli.js'),
    ...(installers ? [] : ['--dir']),
    '--config',
    join(root, 'electron-builder.yml'),
    `-c.directories.output=${release}`,
  ];
  const shipped = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')).version;
  if (electron.version !== shipped) {
    if (installers)
      throw new Error(
        `Only Electron ${electron.version} is at hand: it is for developing. What is handed out needs Electron ${shipped}.`,
      );
    say(`Packing with Electron ${electron.version}, the one at hand, to try the app; ${shipped} is what ships.`);
    args.push(`-c.electronDist=${electron.dist}`, `-c.electronVersion=${electron.version}`);
  }
  const result = spawnSync(node, args, {
    cwd: root,
    stdio: ['ignore', quiet ? 'ignore' : 2, 2],
    env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: process.env.CSC_IDENTITY_AUTO_DISCOVERY ?? 'false' },
  });
  if (result.status !== 0) throw new Error('electron-builder failed; its words are above.');
  const unpacked = readdirSync(release).find(
    (name) => /(^mac(-.+)?$|-unpacked$)/.test(name) && lstatSync(join(release, name)).isDirectory(),
  );
  if (unpacked === undefined) throw new Error(`There is no unpacked app in ${release}.`);
  return join(release, unpacked);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    say(`The app lies in ${await packageApp({ installers: process.argv.includes('--installers') })}`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
