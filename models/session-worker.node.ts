/** The one thread that holds every ONNX session; several sessions in several threads crash onnxruntime-node. */
import { parentPort } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import type { Tensor, TensorData, TensorInfo } from './runner.ts';

/** Two cores are the smallest machine that the product is made for; more threads only fight with decoding. */
const INTRA_OP_THREADS = 2;

export type Request = Job | { readonly kind: 'close' };
export type Job =
  | { readonly id: number; readonly kind: 'load'; readonly path: string }
  | {
      readonly id: number;
      readonly kind: 'run';
      readonly path: string;
      readonly inputs: Readonly<Record<string, Tensor>>;
    };
export type Reply =
  | {
      readonly id: number;
      readonly ok: true;
      readonly seconds: number;
      readonly inputs?: readonly TensorInfo[];
      readonly outputs?: readonly TensorInfo[];
      readonly tensors?: Readonly<Record<string, Tensor>>;
    }
  | { readonly id: number; readonly ok: false; readonly message: string };

const sessions = new Map<string, ort.InferenceSession>();

async function sessionOf(path: string): Promise<ort.InferenceSession> {
  const known = sessions.get(path);
  if (known !== undefined) return known;
  const made = await ort.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: INTRA_OP_THREADS,
    interOpNumThreads: 1,
    // Warnings about unused initialisers would go to standard error, where progress is shown.
    logSeverityLevel: 3,
  });
  sessions.set(path, made);
  return made;
}

function infoOf(list: readonly ort.InferenceSession.ValueMetadata[]): TensorInfo[] {
  return list.flatMap((value) =>
    value.isTensor ? [{ name: value.name, type: value.type, shape: [...value.shape] }] : [],
  );
}

function toOrt({ data, dims }: Tensor): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims);
  return new ort.Tensor('int64', data, dims);
}

function fromOrt(tensor: ort.Tensor): Tensor {
  const { data } = tensor;
  // A copy: memory that belongs to the native allocator can not be moved to another thread.
  let own: TensorData;
  if (data instanceof Float32Array) own = new Float32Array(data);
  else if (data instanceof Int32Array) own = new Int32Array(data);
  else if (data instanceof BigInt64Array) own = new BigInt64Array(data);
  else throw new Error(`an output of type ${tensor.type} is not supported`);
  return { dims: [...tensor.dims], data: own };
}

async function answer(request: Job): Promise<Reply> {
  try {
    const session = await sessionOf(request.path);
    if (request.kind === 'load')
      return {
        id: request.id,
        ok: true,
        seconds: 0,
        inputs: infoOf(session.inputMetadata),
        outputs: infoOf(session.outputMetadata),
      };
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(request.inputs)) feeds[name] = toOrt(tensor);
    const start = performance.now();
    const results = await session.run(feeds);
    const seconds = (performance.now() - start) / 1000;
    const tensors: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(results)) {
      // A missing type in the binding's declaration: results are tensors for every network of the catalogue.
      tensors[name] = fromOrt(tensor as ort.Tensor);
    }
    return { id: request.id, ok: true, seconds, tensors };
  } catch (error) {
    return { id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

if (parentPort !== null) {
  const port = parentPort;
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: Request) => {
    // One after the other: runs would otherwise overlap in the native thread pool.
    last = last.then(async () => {
      if (request.kind === 'close') {
        port.close();
        return;
      }
      const reply = await answer(request);
      const moved =
        reply.ok && reply.tensors !== undefined ? Object.values(reply.tensors).map((tensor) => tensor.data.buffer) : [];
      port.postMessage(reply, moved);
    });
  });
}
