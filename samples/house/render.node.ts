/** Renders the sample listing: serves the page, drives headless Chromium, writes JPEG, depth and truth. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { delimiter, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import sharp from 'sharp';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { HOUSE_VIEWS, type HouseView } from './views.ts';

export interface HouseOptions {
  /** Files to make (all when absent), and the size of the work; the defaults make the committed set. */
  readonly only?: readonly string[];
  readonly width?: number;
  readonly coarseWidth?: number;
  readonly rays?: number;
  readonly jitters?: number;
  readonly onView?: (file: string, seconds: { light: number; picture: number }) => void;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** JPEG quality: 85 unless the photo is larger than the budget of 20 MB for the whole set allows it. */
const JPEG_QUALITY = 85;
const MAX_JPEG_BYTES = 740_000;
const PHOTO_WIDTH = 3000;
const PHOTO_HEIGHT = 2000;
const DEPTH_WIDTH = 750;
const DEPTH_HEIGHT = 500;
const VIEW_TIMEOUT_MS = 10 * 60_000;
const TRUTH_FILE = z.object({ photos: z.array(z.looseObject({ file: z.string() })) });
const RESULT = z.object({
  matrix: z.array(z.number()).length(16),
  verticalFovDegrees: z.number(),
  exposure: z.number(),
  seconds: z.object({ light: z.number(), picture: z.number() }),
  triangles: z.number(),
});
const IMPORT_MAP = JSON.stringify({
  imports: { three: '/modules/three/build/three.module.js', 'three/addons/': '/modules/three/examples/jsm/' },
});
const PAGE = `<!doctype html><meta charset="utf-8"><script type="importmap">${IMPORT_MAP}</script><script type="module" src="/house/page/main.ts"></script>`;

/**
 * Renders the house: `*.jpg` (3000 × 2000, EXIF) into `outDir`; `depth/*.png` (16-bit millimetres) and `truth.json` beside
 * it, into `<outDir>-truth`: a listing's folder holds nothing but its photos.
 */
export async function makeHouse(outDir: string, options: HouseOptions = {}): Promise<void> {
  const width = options.width ?? 3000;
  const height = Math.round((width * 2) / 3);
  const coarseWidth = options.coarseWidth ?? 750;
  const coarseHeight = Math.round((coarseWidth * 2) / 3);
  const views = HOUSE_VIEWS.filter((v) => options.only === undefined || options.only.some((o) => v.file.startsWith(o)));
  const truthDir = `${outDir}-truth`;
  await mkdir(outDir, { recursive: true });
  await mkdir(join(truthDir, 'depth'), { recursive: true });
  const received = new Map<string, Buffer>();
  const server = await serve(received);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: [
        '--no-sandbox',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        '--ignore-gpu-blocklist',
        '--disable-gpu-watchdog',
      ],
    });
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error.message));
    page.on('console', (m) => {
      if (m.type() === 'error') console.error(m.text());
    });
    await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'commit', timeout: VIEW_TIMEOUT_MS });
    await page.waitForFunction('window.houseReady === true', undefined, { timeout: VIEW_TIMEOUT_MS });
    for (const view of views) {
      const settings = {
        width,
        height,
        coarseWidth,
        coarseHeight,
        depthWidth: DEPTH_WIDTH,
        depthHeight: DEPTH_HEIGHT,
        rays: options.rays ?? 12,
        jitters: options.jitters ?? 4,
      };
      const result = RESULT.parse(
        await page.evaluate(`window.renderView(${JSON.stringify(view)}, ${JSON.stringify(settings)})`),
      );
      const pixels = received.get(view.file);
      const depth = received.get(`${view.file}.depth`);
      if (pixels === undefined || depth === undefined)
        throw new PicaividError('internal', `The page sent no pixels for ${view.file}.`);
      received.clear();
      await writePhoto(view, pixels, width, height, join(outDir, view.file));
      const depthFile = `depth/${view.file.replace('.jpg', '.png')}`;
      const mm = new Uint16Array(depth.buffer.slice(depth.byteOffset, depth.byteOffset + depth.byteLength));
      await sharp(mm, { raw: { width: DEPTH_WIDTH, height: DEPTH_HEIGHT, channels: 1 } })
        .toColourspace('grey16')
        .png({ compressionLevel: 9, adaptiveFiltering: true })
        .toFile(join(truthDir, depthFile));
      await recordTruth(truthDir, {
        file: view.file,
        room: view.room,
        roomId: view.roomId,
        ...(view.duplicateOf === undefined ? {} : { duplicateOf: view.duplicateOf }),
        camera: {
          position: view.eye,
          target: [view.look[0], view.eye[1], view.look[1]],
          matrix: result.matrix.map((x) => Number(x.toFixed(7))),
          verticalFovDegrees: Number(result.verticalFovDegrees.toFixed(5)),
        },
        depth: { file: depthFile, width: DEPTH_WIDTH, height: DEPTH_HEIGHT, unit: 'millimetre', none: 0 },
      });
      options.onView?.(view.file, result.seconds);
    }
  } finally {
    await browser?.close();
    server.close();
  }
}

/** Puts one photo's truth into `truth.json`, in the order of the views: a set can be made in several runs. */
async function recordTruth(
  truthDir: string,
  entry: { readonly file: string; readonly [key: string]: unknown },
): Promise<void> {
  const path = join(truthDir, 'truth.json');
  const before = existsSync(path) ? TRUTH_FILE.parse(JSON.parse(await readFile(path, 'utf8'))).photos : [];
  const photos = [...before.filter((p) => p.file !== entry.file), entry].sort((a, b) =>
    a.file.localeCompare(b.file, 'en'),
  );
  await writeFile(path, `${JSON.stringify({ photos }, null, 1)}\n`);
}

async function writePhoto(view: HouseView, rgba: Buffer, width: number, height: number, path: string): Promise<void> {
  const index = HOUSE_VIEWS.indexOf(view);
  const minute = String((index * 2) % 60).padStart(2, '0');
  const time = `2024:06:11 10:${minute}:${String((index * 17) % 60).padStart(2, '0')}`;
  const exif = {
    IFD0: {
      Make: 'Picaivid',
      Model: 'Sample House Camera',
      Orientation: '1',
      DateTime: time,
      Software: 'samples/house',
    },
    IFD2: {
      DateTimeOriginal: time,
      DateTimeDigitized: time,
      FocalLength: `${view.focal35mm}/1`,
      FocalLengthIn35mmFilm: String(view.focal35mm),
      FNumber: '8/1',
      ISOSpeedRatings: '200',
    },
  };
  for (let quality = JPEG_QUALITY; ; quality -= 5) {
    const jpeg = await sharp(rgba, { raw: { width, height, channels: 4 } })
      .flip()
      .removeAlpha()
      .resize(PHOTO_WIDTH, PHOTO_HEIGHT, { kernel: 'lanczos3' })
      .withExif(exif)
      .jpeg({ quality, mozjpeg: true })
      .toBuffer();
    if (jpeg.length > MAX_JPEG_BYTES && quality > 60) continue;
    await rm(path, { force: true });
    await writeFile(path, jpeg);
    return;
  }
}

/** The page and its modules, types stripped, on a free port of this machine; takes the pixels back by POST. */
async function serve(received: Map<string, Buffer>): Promise<Server> {
  const server = createServer((request, response) => {
    const url = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    const answer = async (): Promise<void> => {
      if (request.method === 'POST' && url.startsWith('/put/')) {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        received.set(url.slice('/put/'.length), Buffer.concat(parts));
        response.end();
        return;
      }
      if (url === '/') {
        response.setHeader('content-type', 'text/html');
        response.end(PAGE);
        return;
      }
      const root = url.startsWith('/house/') ? HERE : url.startsWith('/modules/three/') ? MODULES : undefined;
      const path = root === undefined ? '' : join(root, normalize(`/${url.split('/').slice(2).join('/')}`));
      if (!existsSync(path)) {
        response.statusCode = 404;
        response.end();
        return;
      }
      const text = await readFile(path, 'utf8');
      response.setHeader('content-type', 'text/javascript');
      response.end(path.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
    };
    answer().catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function chromiumPath(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  throw new PicaividError(
    'file_not_found',
    'Chromium is needed to render the sample house: install Debian’s chromium package.',
  );
}
