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
import sharp from 'sharp';
import { buildDesktop } from './build-desktop.mjs';
import { buildHost } from './build-host.mjs';
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
  cpSync(await buildHost(root), join(host, 'dist', 'host'), {
    recursive: true,
    filter: (name) => basename(name) !== '.sources.json',
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
  const missing = copyFfmpeg(root, host);
  const icons = await makeIcons(root, join(out, 'icons'));
  return { app, host, icons, missing };
}

/** Sides that electron-builder takes for Linux; it makes .icns and .ico of the largest. */
const ICON_SIDES = [16, 24, 32, 48, 64, 96, 128, 256, 512, 1024];

/** The app's icon in every size, drawn from its SVG; gives the folder. */
export async function makeIcons(root, folder) {
  mkdirSync(folder, { recursive: true });
  const svg = readFileSync(join(root, 'main', 'desktop', 'packaging', 'icon.svg'));
  // Drawn at twice its size, so that small ones are smooth: the SVG has 1024 units at 72 dpi.
  for (const side of ICON_SIDES)
    await sharp(svg, { density: (72 * side * 2) / 1024 })
      .resize(side, side)
      .png()
      .toFile(join(folder, `${side}x${side}.png`));
  return folder;
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

/**
 * Puts a self-contained ffmpeg and ffprobe into the app; gives the names of those that cannot be had. The system's own
 * are none: they link to a hundred libraries of that system. ffmpeg is ffmpeg-static's, fetched here where set-up has
 * not; PICAIVID_SHIP_FFMPEG and PICAIVID_SHIP_FFPROBE name static builds to take instead (ffmpeg-static has no ffprobe).
 */
function copyFfmpeg(root, host) {
  const bundled = createRequire(join(root, 'package.json'))('ffmpeg-static');
  const ffmpeg = process.env.PICAIVID_SHIP_FFMPEG ?? bundled;
  if (ffmpeg === bundled && typeof bundled === 'string' && !runs(bundled)) {
    say('Fetching the ffmpeg that goes into the app …');
    const folder = join(root, 'node_modules', 'ffmpeg-static');
    spawnSync(process.execPath, [join(folder, 'install.js')], { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  }
  const missing = [];
  for (const [name, program] of Object.entries({ ffmpeg, ffprobe: process.env.PICAIVID_SHIP_FFPROBE })) {
    if (typeof program !== 'string' || !runs(program)) {
      missing.push(name);
      continue;
    }
    mkdirSync(join(host, 'ffmpeg'), { recursive: true });
    copyFileSync(program, join(host, 'ffmpeg', `${name}${exe}`));
    chmodSync(join(host, 'ffmpeg', `${name}${exe}`), 0o755);
  }
  return missing;
}

function runs(program) {
  return existsSync(program) && spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0;
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
  const { missing, icons } = await preparePackage(root, node);
  if (missing.length > 0) {
    const without = `The app has no ${missing.join(' and no ')} of its own.`;
    if (installers)
      throw new Error(
        `${without} What is handed out needs both: set ${missing.map((name) => `PICAIVID_SHIP_${name.toUpperCase()}`).join(' and ')} to a static build of this platform.`,
      );
    say(`${without} To try it here, it uses this machine's, and says at its start what is not there.`);
  }
  const electron = await findElectron(root);
  if (electron.path === undefined) throw new Error(electron.reason);
  const release = output ?? join(root, 'dist', 'release');
  const args = [
    join(root, 'node_modules', 'electron-builder', 'cli.js'),
    ...(installers ? [] : ['--dir']),
    '--config',
    join(root, 'electron-builder.yml'),
    `-c.directories.output=${release}`,
    `-c.mac.icon=${join(icons, '1024x1024.png')}`,
    `-c.win.icon=${join(icons, '1024x1024.png')}`,
    `-c.linux.icon=${icons}`,
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
