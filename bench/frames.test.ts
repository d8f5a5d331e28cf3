import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClipFile } from '../pipeline/assemble/clipfile.node.ts';
import { randomDeeds, randomFrom } from '../renderer/frames/testing/deeds.ts';
import { everyPainted, type PaintedFiles, paintAll } from '../renderer/frames/testing/painted.node.ts';
import { findChromium } from './browser.node.ts';
import { type FramesPage, openFramesPage } from './frames-page.node.ts';
import { outcomeSchema, proveDeeds } from './frames-proof.node.ts';

const FRAMES = 24;
const DEEDS = 300;

describe.skipIf(findChromium() === undefined)('exact frames in Chromium (skipped where there is none)', () => {
  let dir: string;
  let files: PaintedFiles[];
  let page: FramesPage;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-frames-test-'));
    files = await paintAll(everyPainted(FRAMES, 320, 180), dir);
    page = await openFramesPage(files);
  });
  afterAll(async () => {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test(`${DEEDS} random steps, seeks and shuttles over all rates: every number on the canvas is the one told`, async () => {
    const { deeds, shown, wrong, paths } = await proveDeeds(page, files, DEEDS, 20_261_123);
    expect({ wrong, paths, deeds }).toEqual({ wrong: [], paths: ['webcodecs'], deeds: DEEDS });
    expect(shown).toBeGreaterThan(DEEDS);
    // The proxies were read by Range requests, and no frame was asked of the host.
    expect(page.faults.rangesAsked).toBeGreaterThan(0);
    expect(page.faults.framesAsked).toBe(0);
  });

  /** Opens one clip and looks at a few of its frames. */
  const look = async (clip: number, changes: Record<string, unknown> = {}) => {
    await page.call('open', [{ ...page.given(clip), ...changes }]);
    await page.call('show', clip, null);
    return outcomeSchema.parse(
      await page.call('run', [
        { do: 'seek', to: [11], expect: 11 },
        { do: 'step', by: [1, 1, 1], expect: 14 },
        { do: 'seek', to: [FRAMES - 1, 0, 2], expect: 2 },
      ]),
    );
  };

  test('the proof can fail: a clip under another one’s name has every number wrong', async () => {
    await page.call('open', [{ ...page.given(1), proxyUrl: '/clip/2/proxy.mp4', frames: FRAMES + 1 }]);
    await page.call('show', 1, null);
    const outcome = outcomeSchema.parse(await page.call('run', [{ do: 'seek', to: [5], expect: 5 }]));
    expect(outcome.wrong[0]).toBe('clip 1 said frame 5, on the canvas: {"clip":2,"index":5}');
  });

  test('no WebCodecs, a refused codec, no proxy, one of another length: exact frames of the host, and the reason', async () => {
    const host = (reason: string) => ({ wrong: [], path: 'host', reason });
    await page.evaluate('globalThis.Kept = VideoDecoder; globalThis.VideoDecoder = undefined; 0');
    expect(await look(4)).toMatchObject(host('This window has no WebCodecs.'));
    await page.evaluate(
      'globalThis.VideoDecoder = class { static async isConfigSupported() { return { supported: false }; } }; 0',
    );
    expect(await look(4)).toMatchObject({
      wrong: [],
      path: 'host',
      reason: expect.stringMatching(/^This window cannot decode avc1\./),
    });
    await page.evaluate('globalThis.VideoDecoder = Kept; 0');
    page.faults.proxyStatus = 500;
    expect(await look(4)).toMatchObject(host('The copy for review could not be had (500).'));
    page.faults.proxyStatus = null;
    page.faults.proxyBytes.set(4, await readFile(files[4]?.proxyPath ?? ''));
    expect(await look(4)).toMatchObject(host(`The copy for review has ${FRAMES + 4} frames, the take ${FRAMES + 3}.`));
    page.faults.proxyBytes.clear();
  });

  test('a decoder that gives another frame is not believed; one that is taken away is made anew', async () => {
    await page.evaluate(`globalThis.VideoDecoder = class extends Kept {
      constructor(init) {
        super({ ...init, output: (frame) => {
          const late = new VideoFrame(frame, { timestamp: frame.timestamp + 1 });
          frame.close();
          init.output(late);
        } });
      }
    }; 0`);
    expect(await look(9)).toMatchObject({
      wrong: [],
      path: 'host',
      reason: 'The decoder of this window gave another frame than the one asked for.',
    });
    await page.evaluate(`globalThis.taken = 0; globalThis.VideoDecoder = class extends Kept {
      flush() {
        if (taken++ % 3 !== 2) return super.flush();
        this.close();
        return Promise.reject(new DOMException('Codec reclaimed due to inactivity.', 'QuotaExceededError'));
      }
    }; 0`);
    expect(await look(9)).toMatchObject({ wrong: [], path: 'webcodecs' });
    expect(await page.evaluate('taken')).toBeGreaterThan(3);
    await page.evaluate('globalThis.VideoDecoder = Kept; 0');
  });

  test('a decoder that rests is closed with the memory that it keeps; the next frame is right', async () => {
    await page.evaluate(`globalThis.decoders = new Set(); globalThis.VideoDecoder = class extends Kept {
      constructor(init) { super(init); decoders.add(this); }
    }; 0`);
    expect(await look(1)).toMatchObject({ wrong: [], path: 'webcodecs' });
    const configured = '[...decoders].filter((one) => one.state === "configured").length';
    for (let tries = 0; tries < 100 && (await page.evaluate(configured)) !== 0; tries++) await page.call('sleep', 100);
    expect(await page.evaluate(configured)).toBe(0);
    expect(await page.call('run', [{ do: 'seek', to: [20], expect: 20 }])).toMatchObject({
      wrong: [],
      path: 'webcodecs',
    });
    await page.evaluate('globalThis.VideoDecoder = Kept; 0');
  });

  test('a damaged proxy shows no wrong frame', async () => {
    const path = files[6]?.proxyPath ?? '';
    const bytes = new Uint8Array(await readFile(path));
    const { offsets, sizes } = await readClipFile(path);
    bytes.fill(0xff, offsets[11], (offsets[11] ?? 0) + (sizes[11] ?? 0));
    page.faults.proxyBytes.set(7, bytes);
    expect(await look(7)).toMatchObject({
      wrong: [],
      path: 'host',
      reason: expect.stringContaining('could not be decoded'),
    });
    page.faults.proxyBytes.set(7, bytes.subarray(0, offsets[9]));
    expect(await look(7)).toMatchObject({ wrong: [], path: 'host' });
    page.faults.proxyBytes.set(7, new Uint8Array(5000));
    expect(await look(7)).toMatchObject({ wrong: [], path: 'host' });
    page.faults.proxyBytes.clear();
  });

  test('while the proxy is being made the frame is there from the host', async () => {
    page.faults.proxyDelayMs = 3000;
    await page.call('open', [page.given(3)]);
    await page.call('show', 3, null, 13);
    expect(await page.call('seen')).toEqual({ clip: 3, index: 13 });
    expect(await page.call('stats')).toMatchObject({ path: 'opening', fromHost: 1 });
    page.faults.proxyDelayMs = 0;
    expect(await page.call('ready', 3)).toBe('webcodecs');
  });

  test('two takes on one index in lockstep, in a cache of a few frames, and every picture is closed in the end', async () => {
    // 320 × 180 in 4:2:0 is 86,400 bytes.
    const limit = 10 * 86_400;
    await page.call(
      'open',
      files.map(({ clip }) => page.given(clip.clip)),
      limit,
    );
    await page.call('warm', 5);
    const random = randomFrom(5);
    for (const [clip, other] of [
      [2, 8],
      [8, 2],
      [9, 10],
      [5, 5],
    ] as const) {
      await page.call('show', clip, other);
      const frames = FRAMES + clip - 1;
      expect(await page.call('run', randomDeeds(12, frames, random))).toMatchObject({ wrong: [], path: 'webcodecs' });
      expect(await page.call('held')).toMatchObject({ within: true });
    }
    await page.call('close');
    expect(await page.call('held')).toMatchObject({ pictures: 0, bytes: 0, cached: 0 });
  });
});
