/** Builds the test page of exact frames with Vite, serves it with clips as the studio's host does, and drives it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { PicaividError } from '../base/errors.ts';
import { CONTENT_SECURITY_POLICY } from '../main/host/csp.ts';
import { parseRange } from '../main/host/range.ts';
import { framePng } from '../pipeline/media/strip.node.ts';
import type { PaintedFiles } from '../renderer/frames/testing/painted.node.ts';
import { launchChromium } from './browser.node.ts';

const RENDERER = fileURLToPath(new URL('../renderer/', import.meta.url));
const PAGE = 'frames/testing/frames.html';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export interface HostFaults {
  /** Instead of the proxy. */
  proxyStatus: number | null;
  proxyDelayMs: number;
  /** What is sent for a clip's proxy instead of its own bytes. */
  readonly proxyBytes: Map<number, Uint8Array>;
  /** Counted. */
  framesAsked: number;
  rangesAsked: number;
}

export interface FramesPage {
  /** What the page needs to open a painted clip. */
  given(clip: number): Record<string, unknown>;
  /** Calls a function of `renderer/frames/testing/frames-page.ts`. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Evaluates in the page before a clip is opened: to take a decoder away. */
  evaluate(code: string): Promise<unknown>;
  /** How the host answers from now on. */
  readonly faults: HostFaults;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

async function buildPage(outDir: string): Promise<void> {
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
      rollupOptions: { input: join(RENDERER, PAGE) },
    },
  });
}

/** A window that shows an address. */
export interface PageWindow {
  readonly page: Page;
  close(): Promise<unknown>;
}

async function chromiumWindow(url: string): Promise<PageWindow> {
  const browser = await launchChromium({ webgl: false });
  const page = await browser.newPage();
  await page.goto(url);
  return { page, close: () => browser.close() };
}

/** In Chromium, or in the window that `show` opens. Errors: `file_not_found` without Chromium. Close it in any case. */
export async function openFramesPage(
  files: readonly PaintedFiles[],
  show: (url: string) => Promise<PageWindow> = chromiumWindow,
): Promise<FramesPage> {
  const outDir = await mkdtemp(join(tmpdir(), 'picaivid-frames-page-'));
  const faults: HostFaults = {
    proxyStatus: null,
    proxyDelayMs: 0,
    proxyBytes: new Map(),
    framesAsked: 0,
    rangesAsked: 0,
  };
  const byClip = new Map(files.map((one) => [one.clip.clip, one]));

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    const asked = /^\/clip\/(\d+)\/(?:proxy\.mp4|frame-(\d+)\.png)$/.exec(path);
    const painted = byClip.get(Number(asked?.[1]));
    if (painted !== undefined && asked?.[2] !== undefined) {
      faults.framesAsked++;
      const png = await framePng(painted.clipPath, Number(asked[2]));
      response.statusCode = png === undefined ? 404 : 200;
      response.setHeader('content-type', 'image/png');
      response.end(png);
      return;
    }
    if (painted !== undefined) {
      if (faults.proxyDelayMs > 0) await new Promise((done) => setTimeout(done, faults.proxyDelayMs));
      const bytes = faults.proxyBytes.get(painted.clip.clip) ?? (await readFile(painted.proxyPath));
      response.setHeader('content-type', 'video/mp4');
      response.setHeader('accept-ranges', 'bytes');
      if (faults.proxyStatus !== null) {
        response.statusCode = faults.proxyStatus;
        response.end();
        return;
      }
      const range = parseRange(request.headers.range, bytes.length);
      if (range === undefined || range === 'unsatisfiable') {
        response.statusCode = range === undefined ? 200 : 416;
        response.end(range === undefined ? bytes : undefined);
        return;
      }
      faults.rangesAsked++;
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${range.start}-${range.end}/${bytes.length}`);
      response.setHeader('content-length', String(range.end - range.start + 1));
      response.end(bytes.subarray(range.start, range.end + 1));
      return;
    }
    const bytes = await readFile(join(outDir, normalize(path))).catch(() => undefined);
    response.statusCode = bytes === undefined ? 404 : 200;
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
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
    await buildPage(outDir);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closing.push(() => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { page, close: closeWindow } = await show(`http://127.0.0.1:${port}/${PAGE}`);
    closing.push(closeWindow);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.waitForFunction('globalThis.frames !== undefined', undefined, { timeout: 20_000 }).catch(() => {
      throw new PicaividError('internal', `The page of frames did not start: ${complaints.join(' ')}`);
    });
    return {
      faults,
      given(clip) {
        const painted = byClip.get(clip)?.clip;
        if (painted === undefined) throw new PicaividError('bad_usage', `There is no painted clip ${clip}.`);
        return {
          clip,
          frames: painted.frames,
          frameRate: painted.rate,
          proxyUrl: `/clip/${clip}/proxy.mp4`,
          frameUrl: `/clip/${clip}/frame-<n>.png`,
        };
      },
      call: (name, ...args) =>
        page.evaluate(
          ([method, given]) => {
            const api = (globalThis as unknown as { frames: Record<string, (...list: unknown[]) => unknown> }).frames;
            return api[method]?.(...given);
          },
          [name, args] as const,
        ),
      evaluate: (code) => page.evaluate(code),
      screenshot: async (path) => void (await page.screenshot({ path })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
