/**
 * The routes of a ComfyUI server (server.py): /upload/image, /prompt, /queue, /history, /view, /interrupt, /free and /ws.
 * An answer that does not come is tried again for as long as a restart takes; then the failure is `unreachable`.
 */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import { throwIfCancelled, toPicaividError } from '../../../base/errors.ts';
import { LtxFailure } from './failure.ts';
import {
  type HistoryItem,
  historySchema,
  parseSocketMessage,
  queueSchema,
  refusedSchema,
  refusedSentence,
  type SavedFile,
  type SocketMessage,
  submittedSchema,
  uploadedSchema,
} from './messages.ts';
import type { Workflow } from './workflow.ts';

export interface ComfyLimits {
  /** Between two looks at /history while the web socket is open, milliseconds; four times as often without it. */
  readonly pollMs: number;
  /** One request, but for pictures and films. */
  readonly requestMs: number;
  /** A picture up or a film down. */
  readonly transferMs: number;
  /** How long the server may be away: it starts again and loads its nodes. */
  readonly graceMs: number;
  /** Without any sign of work: reading 40 GB of weights from a slow disk is the longest silence there should be. */
  readonly stallMs: number;
  /** How often one clip is submitted when its prompt gets lost. */
  readonly submissions: number;
}

export const COMFY_LIMITS: ComfyLimits = {
  pollMs: 4000,
  requestMs: 30_000,
  transferMs: 600_000,
  graceMs: 180_000,
  stallMs: 600_000,
  submissions: 3,
};

/** Time for the two requests of a cancel: whoever cancels waits for them. */
const CANCEL_MS = 5000;
const RETRY_MS = 1000;

type Where = 'running' | 'pending' | 'nowhere';

export class ComfyServer {
  readonly url: string;
  readonly limits: ComfyLimits;
  private readonly signal: AbortSignal | undefined;

  constructor(url: string, limits: ComfyLimits, signal?: AbortSignal) {
    this.url = url.replace(/\/+$/, '');
    this.limits = limits;
    this.signal = signal;
  }

  /** Uploads a PNG; gives the name to load it by. The name tells the content: the same picture is one file there. */
  async upload(name: string, png: Uint8Array<ArrayBuffer>): Promise<string> {
    const answer = await this.ask('/upload/image', uploadedSchema, this.limits.transferMs, () => {
      const body = new FormData();
      body.set('image', new Blob([png], { type: 'image/png' }), name);
      body.set('subfolder', 'picaivid');
      body.set('type', 'input');
      body.set('overwrite', 'true');
      return { method: 'POST', body };
    });
    return answer.subfolder === '' ? answer.name : `${answer.subfolder}/${answer.name}`;
  }

  /**
   * Puts a workflow into the queue under the id that is given; an answer that got lost on the way is looked for there
   * before it is submitted again. Gives the id that the server uses. Errors: `refused` with what is wrong with it.
   */
  async submit(workflow: Workflow, clientId: string, promptId: string): Promise<string> {
    const body = JSON.stringify({ prompt: workflow, client_id: clientId, prompt_id: promptId });
    const until = Date.now() + this.limits.graceMs;
    for (;;) {
      const sent = await this.tried('/prompt', this.limits.requestMs, () => ({
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      }));
      if (sent.response?.ok === true) {
        const parsed = submittedSchema.safeParse(sent.body);
        if (parsed.success) return parsed.data.prompt_id;
      } else if (sent.response !== undefined && sent.response.status < 500) {
        const refused = refusedSchema.safeParse(sent.body);
        const why = refused.success ? refusedSentence(refused.data) : `HTTP ${sent.response.status}`;
        throw new LtxFailure(
          'refused',
          `ComfyUI does not take the LTX workflow: ${why}. Install what is missing (docs/ltx.md says how) and start ComfyUI again.`,
        );
      }
      if (Date.now() > until) throw this.unreachable(sent.cause);
      await sleep(Math.min(RETRY_MS, this.limits.pollMs), undefined, this.cancel());
      if ((await this.history(promptId)) !== undefined || (await this.where(promptId)) !== 'nowhere') return promptId;
    }
  }

  /** The record of a prompt that has ended, or undefined. */
  async history(promptId: string): Promise<HistoryItem | undefined> {
    return (await this.ask(`/history/${encodeURIComponent(promptId)}`, historySchema))[promptId];
  }

  async where(promptId: string): Promise<Where> {
    const { queue_running, queue_pending } = await this.ask('/queue', queueSchema);
    if (queue_running.some(([, id]) => id === promptId)) return 'running';
    return queue_pending.some(([, id]) => id === promptId) ? 'pending' : 'nowhere';
  }

  /** Writes a saved film to `path`. Errors: `damaged` when fewer bytes came than were announced, or none. */
  async fetchFile(file: SavedFile, path: string): Promise<void> {
    const query = new URLSearchParams({ filename: file.filename, subfolder: file.subfolder, type: file.type });
    const until = Date.now() + this.limits.graceMs;
    for (;;) {
      let cause: unknown;
      try {
        const response = await fetch(`${this.url}/view?${query}`, { signal: this.limited(this.limits.transferMs) });
        if (response.ok && response.body !== null) {
          await pipeline(Readable.fromWeb(response.body), createWriteStream(path));
          return;
        }
        if (response.status === 404)
          throw new LtxFailure('damaged', `ComfyUI has no file ${file.filename} although it says that it saved it.`);
        cause = `HTTP ${response.status}`;
      } catch (error) {
        throwIfCancelled(this.signal);
        if (error instanceof LtxFailure) throw error;
        // A full disk here is no fault of the server.
        const known = toPicaividError(error);
        if (known.code !== 'internal' && known.code !== 'cancelled') throw known;
        cause = error;
      }
      if (Date.now() > until) throw this.unreachable(cause);
      await sleep(Math.min(RETRY_MS, this.limits.pollMs), undefined, this.cancel());
    }
  }

  /**
   * Takes a prompt out of the queue or stops it where it runs, as well as it goes; never throws. /interrupt with an id is
   * safe for others' prompts on servers that know it; older ones stop what runs, so it is only sent when that is ours.
   */
  async stop(promptId: string): Promise<void> {
    const post = (path: string, body: unknown): Promise<unknown> =>
      fetch(`${this.url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(CANCEL_MS),
      });
    try {
      await post('/queue', { delete: [promptId] });
      const queue = await fetch(`${this.url}/queue`, { signal: AbortSignal.timeout(CANCEL_MS) });
      const { queue_running } = queueSchema.parse(await queue.json());
      if (queue_running.some(([, id]) => id === promptId)) await post('/interrupt', { prompt_id: promptId });
    } catch {
      // Away or not answering: nothing of ours runs there, or its end will be nobody's.
    }
  }

  /** Asks ComfyUI to give its memory back: weights leave the card, caches are dropped. */
  async free(): Promise<void> {
    await this.tried('/free', this.limits.requestMs, () => ({
      method: 'POST',
      body: JSON.stringify({ unload_models: true, free_memory: true }),
      headers: { 'content-type': 'application/json' },
    }));
  }

  /** Drops the record of a prompt: a warm server does not collect those of every clip. */
  async forget(promptId: string): Promise<void> {
    await this.tried('/history', this.limits.requestMs, () => ({
      method: 'POST',
      body: JSON.stringify({ delete: [promptId] }),
      headers: { 'content-type': 'application/json' },
    }));
  }

  /** Listens on /ws until `close()`, coming back by itself when the connection ends. `isOpen` tells whether it listens. */
  listen(clientId: string, onMessage: (message: SocketMessage) => void): { isOpen(): boolean; close(): void } {
    const address = `${this.url.replace(/^http/, 'ws')}/ws?clientId=${encodeURIComponent(clientId)}`;
    let socket: WebSocket | undefined;
    let timer: NodeJS.Timeout | undefined;
    let closed = false;
    const open = (): void => {
      socket = new WebSocket(address, { handshakeTimeout: this.limits.requestMs, maxPayload: 64 * 1024 * 1024 });
      socket.on('message', (data, binary) => {
        if (binary) return;
        const message = parseSocketMessage(data.toString());
        if (message !== undefined) onMessage(message);
      });
      // `close` follows and says the same.
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!closed) timer = setTimeout(open, this.limits.pollMs);
      });
    };
    open();
    return {
      isOpen: () => socket?.readyState === WebSocket.OPEN,
      close: () => {
        closed = true;
        clearTimeout(timer);
        socket?.terminate();
      },
    };
  }

  private async ask<T>(
    path: string,
    schema: z.ZodType<T>,
    timeMs = this.limits.requestMs,
    init: () => RequestInit = () => ({}),
  ): Promise<T> {
    const until = Date.now() + this.limits.graceMs;
    for (;;) {
      const { response, body, cause } = await this.tried(path, timeMs, init);
      if (response?.ok === true) {
        const parsed = schema.safeParse(body);
        if (parsed.success) return parsed.data;
      }
      if (response !== undefined && response.status >= 400 && response.status < 500)
        throw new LtxFailure(
          'refused',
          `ComfyUI answers ${path} with ${response.status}: is ${this.url} a ComfyUI server?`,
        );
      if (Date.now() > until) throw this.unreachable(cause ?? body);
      await sleep(Math.min(RETRY_MS, this.limits.pollMs), undefined, this.cancel());
    }
  }

  /** One request; what kept it from an answer is told, not thrown. Errors: `cancelled`. */
  private async tried(
    path: string,
    timeMs: number,
    init: () => RequestInit,
  ): Promise<{ response?: Response; body?: unknown; cause?: unknown }> {
    throwIfCancelled(this.signal);
    try {
      const response = await fetch(`${this.url}${path}`, { ...init(), signal: this.limited(timeMs) });
      const text = await response.text();
      let body: unknown = text;
      try {
        body = JSON.parse(text);
      } catch {
        // Several routes answer with nothing at all.
      }
      return { response, body };
    } catch (cause) {
      throwIfCancelled(this.signal);
      return { cause };
    }
  }

  private limited(timeMs: number): AbortSignal {
    const limit = AbortSignal.timeout(timeMs);
    return this.signal === undefined ? limit : AbortSignal.any([limit, this.signal]);
  }

  private cancel(): { signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal };
  }

  private unreachable(cause: unknown): LtxFailure {
    return new LtxFailure(
      'unreachable',
      `The ComfyUI server at ${this.url} has not answered for ${Math.round(this.limits.graceMs / 1000)} seconds. Start it, or correct COMFYUI_URL.`,
      { cause },
    );
  }
}
