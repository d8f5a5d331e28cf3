/** The page's side of the depth worker: one worker, promises by request. */
import { PicaividError } from '../../base/errors.ts';
import type { DepthMap, Motion } from '../../pipeline/domain.ts';
import type { CameraParams } from '../../pipeline/render/camera-path.ts';
import type { DeskReply, DeskRequest, PlannedDepth } from './depth-desk.ts';

interface Waiting {
  readonly resolve: (reply: DeskReply) => void;
  readonly reject: (error: PicaividError) => void;
}
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export class DepthPlanner {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  /** Gives the worker a shot's depth: a map, or PVD1 bytes, which are handed over. Errors: `image_damaged`. */
  async put(key: string, depth: DepthMap | Uint8Array<ArrayBuffer>): Promise<void> {
    await this.ask({ kind: 'put', key, depth }, depth instanceof Uint8Array ? [depth.buffer] : []);
  }

  async drop(key: string): Promise<void> {
    if (this.worker !== undefined) await this.ask({ kind: 'drop', key });
  }

  async plan(key: string, motion: Motion, params: CameraParams): Promise<PlannedDepth> {
    const reply = await this.ask({ kind: 'plan', key, motion, params });
    if (reply.kind !== 'planned') throw new PicaividError('internal', 'The depth worker answered another question.');
    return reply.planned;
  }

  /** Ends the worker; what is still asked is refused as cancelled. */
  dispose(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.refuseAll(new PicaividError('cancelled', 'The preview was closed.'));
  }

  private ask(request: WithoutId<DeskRequest>, transfer: Transferable[] = []): Promise<DeskReply> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.start().postMessage({ ...request, id }, transfer);
    });
  }

  private start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL('./depth.worker.ts', import.meta.url), { type: 'module', name: 'depth' });
    worker.addEventListener('message', (event: MessageEvent<DeskReply>) => {
      const reply = event.data;
      const asked = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.kind === 'failed') asked?.reject(new PicaividError(reply.code, reply.message));
      else asked?.resolve(reply);
    });
    worker.addEventListener('error', () =>
      this.refuseAll(new PicaividError('internal', 'The depth worker of the preview stopped. Reload the window.')),
    );
    this.worker = worker;
    return worker;
  }

  private refuseAll(error: PicaividError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
