/** Builds the preview's test page with Vite, serves it on the loopback, and drives it in Chromium. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicaividError } from '../base/errors.ts';
import type { RgbImage } from '../pipeline/domain.ts';
import { launchChromium } from './browser.node.ts';

const RENDERER = fileURLToPath(new URL('../renderer/', import.meta.url));
/** The pages that can be driven; each leaves its functions in `globalThis.parity`. */
export type TestPage = 'parity' | 'film';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export interface ParityPage {
  /** Makes bytes available to the page at this path (with a leading `/`). */
  offer(path: string, bytes: Uint8Array, type: string): void;
  /** Calls a function of the page: `renderer/preview/testing/<page>-page.ts`. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Takes what the page posted under a name, as pixels from the top. */
  taken(name: string, width: number, height: number): RgbImage;
  /** Takes what the page posted under a name. */
  bytes(name: string): Uint8Array;
  close(): Promise<void>;
}

async function buildPage(file: string, outDir: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: RENDERER,
    base: './',
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'chrome130',
      modulePreload: { polyfill: false },
      rollupOptions: { input: join(RENDERER, file) },
    },
  });
}

async function body(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Errors: `file_not_found` without Chromium. Close it in any case. */
export async function openParityPage(which: TestPage = 'parity'): Promise<ParityPage> {
  const file = `preview/testing/${which}.html`;
  const outDir = await mkdtemp(join(tmpdir(), 'picaivid-parity-'));
  const offered = new Map<string, { bytes: Uint8Array; type: string }>();
  const posted = new Map<string, Uint8Array>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    if (request.method === 'POST') {
      posted.set(path.slice('/result/'.length), await body(request));
      response.end();
      return;
    }
    const there = offered.get(path);
    const bytes = there?.bytes ?? (await readFile(join(outDir, normalize(path))).catch(() => undefined));
    response.statusCode = bytes === undefined ? 404 : 200;
    response.setHeader('content-type', there?.type ?? TYPES[extname(path)] ?? 'application/octet-stream');
    // As the studio's host does, so that the worker is shown to be allowed.
    response.setHeader('content-security-policy', "default-src 'self'");
    response.end(bytes);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const closing: (() => Promise<unknown>)[] = [() => rm(outDir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    await buildPage(file, outDir);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closing.push(() => new Promise((closed) => server.close(closed)));
    const browser = await launchChromium();
    closing.push(() => browser.close());
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await page.goto(`http://127.0.0.1:${port}/${file}`);
    await page.waitForFunction('globalThis.parity !== undefined', undefined, { timeout: 20_000 }).catch(() => {
      throw new PicaividError('internal', `The parity page did not start: ${complaints.join(' ')}`);
    });
    const take = (name: string): Uint8Array => {
      const there = posted.get(name);
      posted.delete(name);
      if (there === undefined)
        throw new PicaividError('internal', `The page did not post ${name}. ${complaints.join(' ')}`);
      return there;
    };
    return {
      bytes: take,
      offer: (path, bytes, type) => void offered.set(path, { bytes, type }),
      call: (name, ...args) =>
        page.evaluate(
          ([method, given]) => {
            const api = (globalThis as unknown as { parity: Record<string, (...list: unknown[]) => unknown> }).parity;
            return api[method]?.(...given);
          },
          [name, args] as const,
        ),
      taken(name, width, height) {
        const rgba = take(name);
        if (rgba.length !== width * height * 4)
          throw new PicaividError('internal', `The page posted ${name} in another size. ${complaints.join(' ')}`);
        return { width, height, data: fromBottomUp(rgba, width, height) };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Red, green and blue of readPixels' rows, which begin at the bottom. */
function fromBottomUp(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    let from = (height - 1 - y) * width * 4;
    let to = y * width * 3;
    for (let x = 0; x < width; x++, from += 4, to += 3) {
      out[to] = rgba[from] as number;
      out[to + 1] = rgba[from + 1] as number;
      out[to + 2] = rgba[from + 2] as number;
    }
  }
  return out;
}
