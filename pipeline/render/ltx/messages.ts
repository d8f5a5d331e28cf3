/**
 * What ComfyUI says, as schemas: answers of its routes and messages of its web socket. Shapes as in ComfyUI's server.py,
 * execution.py, main.py and comfy_execution/progress.py; fields that are not used are left out. Pure.
 */
import { z } from 'zod';

/** Answer of POST /upload/image. */
export const uploadedSchema = z.object({ name: z.string().min(1), subfolder: z.string(), type: z.string() });

/** Answer of POST /prompt, 200. */
export const submittedSchema = z.object({ prompt_id: z.string().min(1) });

const nodeErrorSchema = z.object({
  errors: z.array(z.object({ type: z.string(), message: z.string(), details: z.string() })).catch([]),
  class_type: z.string().catch(''),
});
/** Answer of POST /prompt, 400. `error` was a plain string in early versions. */
export const refusedSchema = z.object({
  error: z.union([
    z.string().transform((message) => ({ type: '', message, details: '' })),
    z.object({ type: z.string().catch(''), message: z.string(), details: z.string().catch('') }),
  ]),
  node_errors: z.record(z.string(), nodeErrorSchema).catch({}),
});
export type Refused = z.infer<typeof refusedSchema>;

/** One sentence of what /prompt found wrong. */
export function refusedSentence({ error, node_errors }: Refused): string {
  const nodes = Object.entries(node_errors).flatMap(([id, node]) =>
    node.errors.map(({ message, details }) => `${id} (${node.class_type}): ${message} ${details}`.trim()),
  );
  const all = nodes.length === 0 ? [`${error.message} ${error.details}`.trim()] : nodes;
  return all.slice(0, 3).join('; ');
}

/** An item of the queue: number, prompt id, … */
const queueItem = z.tuple([z.number(), z.string()], z.unknown());
/** Answer of GET /queue. */
export const queueSchema = z.object({ queue_running: z.array(queueItem), queue_pending: z.array(queueItem) });

const savedFile = z.object({
  filename: z.string().min(1),
  subfolder: z.string().catch(''),
  type: z.string().catch('output'),
});
export type SavedFile = z.infer<typeof savedFile>;

const errorData = z.object({
  node_id: z.coerce.string().catch(''),
  node_type: z.string().catch(''),
  exception_type: z.string().catch(''),
  exception_message: z.string().catch(''),
});
export type RunError = z.infer<typeof errorData>;

const historyItem = z.object({
  outputs: z.record(z.string(), z.record(z.string(), z.unknown())).catch({}),
  status: z
    .object({
      status_str: z.string(),
      completed: z.boolean(),
      messages: z.array(z.tuple([z.string(), z.unknown()])).catch([]),
    })
    .nullable()
    .catch(null),
});
/** Answer of GET /history/{id}: empty for an id that it does not know. */
export const historySchema = z.record(z.string(), historyItem);
export type HistoryItem = z.infer<typeof historyItem>;

/** How a prompt ended. */
export type RunEnd =
  | { readonly kind: 'done'; readonly file: SavedFile | undefined }
  | { readonly kind: 'error'; readonly error: RunError }
  | { readonly kind: 'interrupted' };

/** Reads an end from the history: status and messages decide, the film is in the outputs of `saveNode`. */
export function endOf(item: HistoryItem, saveNode: string): RunEnd {
  const messages = new Map(item.status?.messages ?? []);
  if (messages.has('execution_interrupted')) return { kind: 'interrupted' };
  if (messages.has('execution_error') || item.status?.status_str === 'error')
    return { kind: 'error', error: errorData.catch(NO_ERROR).parse(messages.get('execution_error') ?? {}) };
  // SaveVideo lists its film under `images` (PreviewVideo in comfy_api); savers of other packs say `gifs` or `videos`.
  const output = item.outputs[saveNode] ?? {};
  for (const list of ['images', 'videos', 'gifs']) {
    const found = z.array(savedFile).safeParse(output[list]);
    if (found.success && found.data[0] !== undefined) return { kind: 'done', file: found.data[0] };
  }
  return { kind: 'done', file: undefined };
}

const NO_ERROR: RunError = { node_id: '', node_type: '', exception_type: '', exception_message: '' };

/**
 * ComfyUI sends torch's class name: `torch.OutOfMemoryError`, before 2.5 `torch.cuda.OutOfMemoryError`. Where CUDA
 * itself fails to allocate, torch raises a RuntimeError (AcceleratorError) that only its text tells.
 */
export function isOutOfMemory({ exception_type, exception_message }: RunError): boolean {
  return (
    /OutOfMemory|MemoryError/.test(exception_type) || /out of memory|Allocation on device/i.test(exception_message)
  );
}

const ofPrompt = { prompt_id: z.string().nullish() };
/** Messages of /ws that are used; all others are left alone (binary ones are previews). */
export const socketMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('status'),
    data: z.object({ status: z.object({ exec_info: z.object({ queue_remaining: z.number() }) }).exactOptional() }),
  }),
  z.object({ type: z.literal('execution_start'), data: z.object(ofPrompt) }),
  z.object({
    type: z.literal('execution_cached'),
    data: z.object({ ...ofPrompt, nodes: z.array(z.string()).catch([]) }),
  }),
  z.object({ type: z.literal('executing'), data: z.object({ ...ofPrompt, node: z.string().nullable() }) }),
  z.object({
    type: z.literal('progress'),
    data: z.object({ ...ofPrompt, node: z.string().nullish(), value: z.number(), max: z.number() }),
  }),
  z.object({
    type: z.literal('progress_state'),
    data: z.object({
      ...ofPrompt,
      nodes: z.record(z.string(), z.object({ value: z.number(), max: z.number(), state: z.string() })),
    }),
  }),
  z.object({ type: z.literal('executed'), data: z.object({ ...ofPrompt, node: z.string() }) }),
  z.object({ type: z.literal('execution_success'), data: z.object(ofPrompt) }),
  z.object({ type: z.literal('execution_error'), data: z.object(ofPrompt) }),
  z.object({ type: z.literal('execution_interrupted'), data: z.object(ofPrompt) }),
]);
export type SocketMessage = z.infer<typeof socketMessageSchema>;

/** A text frame of /ws; undefined for a type that is not used here or text that is no message. */
export function parseSocketMessage(text: string): SocketMessage | undefined {
  try {
    return socketMessageSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What a run's messages add up to: which nodes are done, which is at work and how far. */
export class RunState {
  readonly done = new Set<string>();
  started = false;
  current: { node: string; share: number } | undefined;

  /** Takes a message in; true when it is of this prompt and says that the run has ended. */
  take(message: SocketMessage, promptId: string): boolean {
    if (message.type === 'status') return false;
    // Old servers leave the prompt out of `progress`; they run one prompt at a time, and this is ours.
    const id = message.data.prompt_id;
    if (id !== promptId && !(id == null && this.started)) return false;
    this.started = true;
    switch (message.type) {
      case 'execution_cached':
        for (const node of message.data.nodes) this.done.add(node);
        return false;
      case 'executing':
        this.enter(message.data.node);
        return message.data.node === null;
      case 'progress':
        if (message.data.node != null) this.enter(message.data.node);
        this.at(message.data.value, message.data.max);
        return false;
      case 'progress_state':
        for (const [node, { state, value, max }] of Object.entries(message.data.nodes)) {
          if (state === 'finished') this.done.add(node);
          else if (state === 'running') {
            this.enter(node);
            this.at(value, max);
          }
        }
        return false;
      case 'executed':
        this.done.add(message.data.node);
        return false;
      case 'execution_start':
        return false;
      default:
        return true;
    }
  }

  private enter(node: string | null): void {
    if (this.current?.node === node) return;
    if (this.current !== undefined) this.done.add(this.current.node);
    this.current = node === null ? undefined : { node, share: 0 };
  }

  private at(value: number, max: number): void {
    if (this.current !== undefined && max > 0) this.current = { ...this.current, share: value / max };
  }
}
