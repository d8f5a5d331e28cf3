/** The built pages on a loopback port, under a policy stricter than the host's: nothing inline, not even a style. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

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

/** Builds the pages into a folder of their own and serves them. */
export async function servePages(answers: Answers = {}): Promise<Pages> {
  const folder = await mkdtemp(join(tmpdir(), 'picaivid-pages-'));
  const configFile = fileURLToPath(new URL('../../renderer/vite.config.ts', import.meta.url));
  await build({
    configFile,
    logLevel: 'error',
    build: { outDir: folder, sourcemap: false, reportCompressedSize: false },
  });
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
      await rm(folder, { recursive: true, force: true });
    },
  };
}
