// Sets the project up on a fresh machine: npm packages, the project's Node, ffmpeg. Needs only Node 18 and npm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const say = (text) => process.stderr.write(`${text}\n`);

function has(program) {
  return spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0;
}

function installPackages(root, quiet) {
  const stamp = join(root, 'node_modules', '.picaivid-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('Setting up: installing packages (once; about two minutes) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // The project's packages must never be installed under another user config's `production` or `omit=dev`.
  const result = spawnSync(npm, ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, quiet ? 'ignore' : 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    say('Could not install the packages. Check the network and run "npm ci" to see why.');
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, lock);
}

function findNode(root) {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  say('The project\'s Node 24 did not arrive with the packages. Run "npm rebuild node", or put Node 24 on the PATH.');
  process.exit(1);
}

/** On Debian as root; says what it does. Gives whether it could even try. */
function aptInstall(packages, what) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  say(`Setting up: installing ${what} with apt-get …`);
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return true;
}

function findFfmpeg(root, node) {
  if (process.env.FFMPEG_PATH) return;
  const require = createRequire(join(root, 'package.json'));
  let bundled = null;
  try {
    bundled = require('ffmpeg-static');
  } catch {}
  if (has('ffmpeg') && has('ffprobe')) return;
  if (bundled && existsSync(bundled) && has('ffprobe')) return;
  const tried = join(root, 'node_modules', '.picaivid-ffmpeg-tried');
  if (bundled && !existsSync(tried)) {
    say('Setting up: fetching ffmpeg …');
    spawnSync(node, [join(root, 'node_modules', 'ffmpeg-static', 'install.js')], {
      cwd: join(root, 'node_modules', 'ffmpeg-static'),
      stdio: 'ignore',
      timeout: 120_000,
    });
    writeFileSync(tried, '');
  }
  aptInstall(['ffmpeg'], 'ffmpeg');
  if (!has('ffmpeg') || !has('ffprobe'))
    say(
      'ffmpeg or ffprobe is missing: films cannot be made yet. Install it: "sudo apt-get install ffmpeg" (Debian, Ubuntu), "brew install ffmpeg" (macOS), "winget install ffmpeg" (Windows).',
    );
}

const onPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
const hasLibrary = (name) =>
  (spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '').includes(`${name} `);

/** What Electron links to on Linux and a small Debian lacks. */
const ELECTRON_LIBRARIES = [
  ['libgtk-3.so.0', 'libgtk-3-0'],
  ['libnss3.so', 'libnss3'],
  ['libasound.so.2', 'libasound2'],
  ['libgbm.so.1', 'libgbm1'],
];

/**
 * The system's parts that a window needs, and with `tests` those of the end-to-end tests too: a Chromium and a screen
 * without a monitor. Names what cannot be had; gives whether all is there.
 */
export function setUpWindowParts({ tests = false } = {}) {
  if (process.platform !== 'linux') return true;
  const missing = () => [
    ...ELECTRON_LIBRARIES.filter(([library]) => !hasLibrary(library)).map(([, pkg]) => pkg),
    ...(tests && !onPath('Xvfb') ? ['xvfb', 'xauth'] : []),
    ...(tests && !onPath('chromium') && !process.env.CHROMIUM_PATH ? ['chromium'] : []),
  ];
  const before = missing();
  if (before.length === 0) return true;
  aptInstall(before, tests ? 'a browser and a screen for the tests' : "Electron's libraries");
  const after = missing();
  if (after.length > 0) say(`Missing: ${after.join(', ')}. Install them: "sudo apt-get install ${after.join(' ')}".`);
  return after.length === 0;
}

/** Does all of it, quickly when nothing is missing; gives the path of the project's Node. */
export function setUp(root, { quiet = false } = {}) {
  installPackages(root, quiet);
  const node = findNode(root);
  findFfmpeg(root, node);
  return node;
}
