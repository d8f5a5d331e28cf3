/**
 * Who may talk to the host on the loopback: a browser that came through the one-time link, from our own pages. On the
 * socket the file's rights decide, and none of this runs.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { PicaividError } from '../../base/errors.ts';

/** A link that was not opened by then is dead: milliseconds. */
const LINK_LIFE_MS = 10 * 60_000;
const LOGIN_PATH = '/login';
const OPEN_PATHS: ReadonlySet<string> = new Set([LOGIN_PATH, '/health']);

/** Addresses that no person opens: a link elsewhere may not lead to them. */
const DATA_PATHS = ['/api/', '/media/', '/music/', '/title/', '/film/', '/voice/'];

/** Secrets are looked up by hash, so that no comparison's time tells anything of them. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export interface LoopbackAccess {
  /** A new link, good once and for minutes. */
  link(): string;
  readonly guard: MiddlewareHandler;
  readonly login: (c: Context) => Response;
}

/** `port` is asked for at each request: it is known only once the server listens. */
export function loopbackAccess(port: () => number, now: () => number = Date.now): LoopbackAccess {
  const links = new Map<string, number>();
  const sessions = new Set<string>();
  const hosts = (): ReadonlySet<string> =>
    new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`));
  const cookieName = (): string => `picaivid_${port()}`;
  const signedIn = (c: Context): boolean => {
    const cookie = getCookie(c, cookieName());
    return cookie !== undefined && sessions.has(hashOf(cookie));
  };

  return {
    link() {
      const token = randomBytes(32).toString('base64url');
      links.set(hashOf(token), now() + LINK_LIFE_MS);
      return `http://127.0.0.1:${port()}${LOGIN_PATH}?token=${token}`;
    },
    guard: async (c, next) => {
      const refusal = refuse(c, hosts());
      if (refusal !== undefined) return answer(c, 403, refusal);
      if (!OPEN_PATHS.has(c.req.path) && !signedIn(c))
        return answer(c, 401, 'Open Picaivid Studio with the link that it printed when it started, or start it again.');
      return next();
    },
    login: (c) => {
      const key = hashOf(c.req.query('token') ?? '');
      const until = links.get(key);
      links.delete(key);
      if (until === undefined || until < now()) {
        if (signedIn(c)) return c.redirect('/');
        return answer(c, 401, 'This link was used already or is too old. Start Picaivid Studio again for a new one.');
      }
      const session = randomBytes(32).toString('base64url');
      sessions.add(hashOf(session));
      setCookie(c, cookieName(), session, { httpOnly: true, sameSite: 'Strict', path: '/' });
      c.header('Cache-Control', 'no-store');
      return c.redirect('/');
    },
  };
}

/** The reason why a request is not from our own pages, or undefined. */
function refuse(c: Context, hosts: ReadonlySet<string>): string | undefined {
  const header = (name: string): string | undefined => c.req.header(name);
  // A name that another site points at this machine (DNS rebinding) has that site's name here.
  if (!hosts.has((header('host') ?? '').toLowerCase())) return 'This address is not the studio’s own.';
  const { method, path } = c.req;
  const reading = method === 'GET' || method === 'HEAD';
  const data = DATA_PATHS.some((start) => path.startsWith(start));
  const site = header('sec-fetch-site');
  const navigation =
    method === 'GET' && !data && header('sec-fetch-mode') === 'navigate' && header('sec-fetch-dest') === 'document';
  // Another port of this machine is "same-site" to a browser, and its pages are strangers all the same.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigation)
    return 'This request came from another site.';
  const origin = header('origin');
  if (origin === undefined) return reading ? undefined : 'This request does not say which page it is from.';
  const ours = [...hosts].some((host) => origin.toLowerCase() === `http://${host}`);
  return ours ? undefined : 'This request came from another site.';
}

function answer(c: Context, status: 401 | 403, message: string): Response {
  const wantsPage = (c.req.header('accept') ?? '').includes('text/html');
  c.header('Cache-Control', 'no-store');
  return wantsPage ? c.text(message, status) : c.json(new PicaividError('bad_usage', message).toJSON(), status);
}
