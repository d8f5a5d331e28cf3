/** The built pages on a loopback port, under a policy stricter than the host's: nothing inline, not even a style. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { buildPages } from '../../scripts/build-pages.mjs';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
export const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

export interface Pages {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers of the host by procedure, such as `preferences.get`; what is not named answers 404, as without a host. */
export type Answers = Readonly<Record<string, (input: unknown) => unknown>>;

const ROOT = join(import.meta.dirname, '..', '..');

/** The folder of the pages as `npm start` builds them: once for all tests, and again when their sources changed. */
export function builtPages(): string {
  if (!buildPages(ROOT, process.execPath, { quiet: true })) throw new Error('The pages could not be built.');
  return join(ROOT, 'dist', 'pages');
}

/** Serves the pages. */
export async function servePages(answers: Answers = {}): Promise<Pages> {
  const folder = builtPages();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://pages').pathname;
    const procedure = /^\/api\/trpc\/([\w.]+)$/.exec(path)?.[1];
    if (procedure === 'system.events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: connected\ndata: {}\n\n');
      response.write(`data: ${JSON.stringify({ type: 'hello', bootId: 'boot' })}\n\n`);
      return;
    }
    if (procedure !== undefined) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const answer = answers[procedure];
        const text = Buffer.concat(chunks).toString();
        response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(
            answer === undefined ? {} : { result: { data: answer(text === '' ? null : JSON.parse(text)) } },
          ),
        );
      });
      return;
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    if (!/^(index\.html|assets\/[\w.-]+)$/.test(name)) {
      response.writeHead(404).end();
      return;
    }
    readFile(join(folder, name)).then(
      (body) => {
        const type = TYPES[extname(name)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': STRICT_POLICY });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The pages have no port.');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
