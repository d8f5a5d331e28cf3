/** The page that `bench parity` and the preview's browser test drive: draws frames and posts their pixels back. */
import type { MoveSpec } from '../move.ts';
import { PreviewRenderer } from '../preview-renderer.ts';
import type { ShotHandle, ShotSource } from '../shots.ts';

export interface ParityShot {
  readonly source: ShotSource;
  readonly spec: MoveSpec;
  readonly width: number;
  readonly height: number;
}

const renderer = new PreviewRenderer(new OffscreenCanvas(16, 16));
const gl = renderer.canvas.getContext('webgl2') as WebGL2RenderingContext;
const handles = new Map<string, ShotHandle>();

async function ready({ source, spec, width, height }: ParityShot): Promise<ShotHandle> {
  const known = handles.get(source.key);
  const handle = known ?? (await renderer.loadShot(source));
  handles.set(source.key, handle);
  renderer.setSize(width, height);
  await renderer.prepare(handle, spec, height);
  return handle;
}

/** RGBA rows of the canvas as readPixels gives them: from the bottom. */
function pixels(width: number, height: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, out);
  return out;
}

async function post(name: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  await fetch(`/result/${name}`, { method: 'POST', body });
}

/** Draws each frame and posts it as `<name>-<frame>`. */
async function frames(shot: ParityShot, wanted: readonly number[], name: string): Promise<void> {
  const handle = await ready(shot);
  for (const frame of wanted) {
    if (!renderer.draw(handle, shot.spec, frame)) throw new Error(`Frame ${frame} of ${name} was not ready.`);
    await post(`${name}-${frame}`, pixels(shot.width, shot.height));
  }
}

/** Milliseconds of script per `draw`, for every frame of the move, in order. The card's own work is not in it. */
async function scriptTimes(shot: ParityShot): Promise<number[]> {
  const handle = await ready(shot);
  renderer.draw(handle, shot.spec, 0);
  gl.finish();
  const times: number[] = [];
  for (let frame = 0; frame < shot.spec.frames; frame++) {
    const start = performance.now();
    renderer.draw(handle, shot.spec, frame);
    times.push(performance.now() - start);
    gl.finish();
  }
  return times;
}

/** Milliseconds that loading blocks the page: the greatest gap between timers while a new shot is loaded and drawn. */
async function loadStall(shot: ParityShot): Promise<{ greatestGapMs: number; firstDrawMs: number }> {
  let last = performance.now();
  let greatestGapMs = 0;
  let running = true;
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const now = performance.now();
    greatestGapMs = Math.max(greatestGapMs, now - last);
    last = now;
    if (running) channel.port2.postMessage(0);
  };
  channel.port2.postMessage(0);
  const handle = await ready(shot);
  await new Promise((later) => setTimeout(later, 5));
  running = false;
  const start = performance.now();
  renderer.draw(handle, shot.spec, 0);
  return { greatestGapMs, firstDrawMs: performance.now() - start };
}

/** Loses the context, draws (nothing), takes it back and draws `frame` again as `<name>`; what `draw` said meanwhile. */
async function loseAndRestore(shot: ParityShot, frame: number, name: string): Promise<{ whileLost: boolean }> {
  const handle = await ready(shot);
  const extension = gl.getExtension('WEBGL_lose_context');
  if (extension === null) throw new Error('This browser cannot lose a context on request.');
  const event = (type: string): Promise<unknown> =>
    new Promise((seen) => renderer.canvas.addEventListener(type, seen, { once: true }));
  const lost = event('webglcontextlost');
  extension.loseContext();
  await lost;
  // A context may only be asked back once the handlers of its loss have returned.
  await new Promise((later) => setTimeout(later, 50));
  const whileLost = renderer.draw(handle, shot.spec, frame);
  const back = event('webglcontextrestored');
  extension.restoreContext();
  await back;
  await renderer.prepare(handle, shot.spec, shot.height);
  renderer.draw(handle, shot.spec, frame);
  await post(name, pixels(shot.width, shot.height));
  return { whileLost };
}

/** A transition between two frames, posted as `<name>`. */
async function mixed(
  a: ParityShot,
  b: ParityShot,
  kind: 'cross_dissolve' | 'dip_black' | 'dip_white',
  t: number,
  name: string,
): Promise<void> {
  const from = await ready(a);
  const to = await ready(b);
  const done = renderer.mix(
    { shot: from, spec: a.spec, frame: 0 },
    { shot: to, spec: b.spec, frame: b.spec.frames - 1 },
    kind,
    t,
  );
  if (!done) throw new Error('The transition was not ready.');
  await post(name, pixels(a.width, a.height));
}

const software = (): boolean => renderer.drawnBySoftware;
const parity = {
  frames,
  software,
  scriptTimes,
  loadStall,
  loseAndRestore,
  mixed,
  textureBytes: () => renderer.textureBytes,
};
export type ParityApi = typeof parity;
Object.assign(globalThis, { parity });
