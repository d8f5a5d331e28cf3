/** The page's side of the photo worker: one worker, promises by request. */
import { PicaividError } from '../../base/errors.ts';

export interface PhotoRequest {
  readonly id: number;
  readonly picture: Blob;
  /** Longest side of what is given back, pixels. */
  readonly maxSide: number;
}
export interface PhotoReply {
  readonly id: number;
  /** Null: it cannot be decoded. */
  readonly bitmap: ImageBitmap | null;
}
interface Waiting {
  readonly resolve: (bitmap: ImageBitmap) => void;
  readonly reject: (error: PicaividError) => void;
}

export class PhotoDecoder {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  /** The picture, upright and with sides of at most `maxSide`; the caller closes it. Errors: `image_damaged`. */
  decode(picture: Blob, maxSide: number): Promise<ImageBitmap> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.start().postMessage({ id, picture, maxSide } satisfies PhotoRequest);
    });
  }

  /** Ends the worker; what is still asked is refused as cancelled. */
  dispose(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.refuseAll(new PicaividError('cancelled', 'The preview was closed.'));
  }

  private start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL('./photo.worker.ts', import.meta.url), { type: 'module', name: 'photos' });
    worker.addEventListener('message', ({ data: { id, bitmap } }: MessageEvent<PhotoReply>) => {
      const asked = this.waiting.get(id);
      this.waiting.delete(id);
      if (asked === undefined) bitmap?.close();
      else if (bitmap !== null) asked.resolve(bitmap);
      else asked.reject(new PicaividError('image_damaged', 'The photo of this shot cannot be decoded.'));
    });
    worker.addEventListener('error', () =>
      this.refuseAll(new PicaividError('internal', 'The photo worker of the preview stopped. Reload the window.')),
    );
    this.worker = worker;
    return worker;
  }

  private refuseAll(error: PicaividError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
