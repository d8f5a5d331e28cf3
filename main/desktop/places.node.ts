/** Where things lie: in the project while developing, beside the app when packaged. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostCommand } from './host-process.node.ts';

export interface Places {
  /** Folder of `index.html` and its files. */
  readonly pages: string;
  readonly preload: string;
  /** The shell's own pages: what is shown when the host cannot run. */
  readonly shellPages: string;
  /** Folder that holds the host's sources; the host runs there. */
  readonly hostRoot: string;
  readonly hostScript: string;
  /** The Node that runs the host. */
  readonly node: string;
}

/**
 * @param own folder of the running main script
 * @param resources Electron's resources folder when packaged, undefined while developing
 * @param environment overrides for tests, read only while developing: PICAIVID_PAGES, PICAIVID_HOST_SCRIPT, PICAIVID_NODE
 */
export function findPlaces(
  own: string,
  resources: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Places {
  const exe = process.platform === 'win32' ? 'node.exe' : 'node';
  // In one file where it was bundled (scripts/build-host.mjs): it starts in half the time.
  const script = (hostRoot: string): string => {
    const bundle = join(hostRoot, 'dist', 'host', 'host.mjs');
    return existsSync(bundle) ? bundle : join(hostRoot, 'main', 'host', 'serve.node.ts');
  };
  const shell = { preload: join(own, 'preload.cjs'), shellPages: join(own, 'shell') };
  if (resources !== undefined) {
    const hostRoot = join(resources, 'host');
    return {
      ...shell,
      pages: join(own, 'pages'),
      hostRoot,
      hostScript: script(hostRoot),
      node: join(hostRoot, 'runtime', exe),
    };
  }
  const root = join(own, '..', '..');
  return {
    ...shell,
    pages: environment.PICAIVID_PAGES ?? join(own, '..', 'pages'),
    hostRoot: root,
    hostScript: environment.PICAIVID_HOST_SCRIPT ?? script(root),
    node: environment.PICAIVID_NODE ?? join(root, 'node_modules', 'node', 'bin', exe),
  };
}

/**
 * Where the host listens: a pipe's name on Windows, else a socket in a new folder that only this user may enter. In the
 * system's temporary folder, because a socket's path may have 103 bytes at most and a user's folder can be deeper.
 */
export function newSocketPath(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\picaivid-${randomBytes(16).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-'));
  chmodSync(folder, 0o700);
  return join(folder, 'host.sock');
}

/** Names that would change how the host's Node starts, or belong to Electron alone. */
const NOT_INHERITED = /^(NODE_OPTIONS|NODE_PATH|ELECTRON_.*|CHROME_.*|PICAIVID_(PAGES|HOST_SCRIPT|NODE))$/;

/**
 * The command that starts the host on this socket. `home`: the studio's data, or undefined for the host's default.
 * `codeCache`: folder where Node keeps the host's compiled modules (a host starts in 0.35 s instead of 0.7 s with it).
 */
export function hostCommand(places: Places, socket: string, home: string | undefined, codeCache: string): HostCommand {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name)));
  const ffmpeg = join(places.hostRoot, 'ffmpeg', process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
  return {
    program: places.node,
    socketPath: socket,
    args: [places.hostScript, '--socket', socket, '--keychain', ...(home === undefined ? [] : ['--home', home])],
    cwd: places.hostRoot,
    env: {
      ...env,
      NODE_COMPILE_CACHE: codeCache,
      ...(home === undefined ? {} : { PICAIVID_HOME: home }),
      ...(env.FFMPEG_PATH === undefined && existsSync(ffmpeg) ? { FFMPEG_PATH: ffmpeg } : {}),
    },
  };
}
