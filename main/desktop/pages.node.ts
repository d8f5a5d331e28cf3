/** The studio's pages from a folder (or the app's archive), for `studio://app/…`. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import { contentTypeOf, PAGE_HEADERS } from './csp.ts';

/**
 * The real path of the file that an address means, or undefined when there is none inside the folder. Decided on the
 * resolved path with a separator, so that neither `..`, nor a link, nor a sibling with a longer name leads out.
 */
export async function pageFile(folder: string, pathname: string): Promise<string | undefined> {
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  // Backslashes are separators on Windows, a colon starts a drive or an alternate stream there.
  if (/[\0\\:]/.test(path)) return undefined;
  try {
    const root = await realpath(folder);
    const real = await realpath(resolve(root, `.${path.startsWith('/') ? path : `/${path}`}`));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    return (await stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Answers a request for a page or one of its files; other types than a page's own are not served.
 *
 * @param pathname the address inside the folder
 */
export async function servePage(folder: string, asked: Request, pathname: string): Promise<Response> {
  const refused = (status: number, text: string): Response =>
    new Response(text, { status, headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return refused(405, 'Pages can only be read.');
  const file =
    (await pageFile(folder, pathname === '/' ? '/index.html' : pathname)) ??
    // Addresses inside the program (/listing/…) are the program's: the page reads them itself.
    (extname(pathname) === '' && !pathname.includes('%') ? await pageFile(folder, '/index.html') : undefined);
  const type = file === undefined ? undefined : contentTypeOf(file);
  if (file === undefined || type === undefined) return refused(404, 'There is nothing at this address.');
  const body = asked.method === 'HEAD' ? null : new Uint8Array(await readFile(file));
  return new Response(body, { status: 200, headers: { ...PAGE_HEADERS, 'content-type': type } });
}
