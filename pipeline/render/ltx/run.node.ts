/**
 * One prompt from submission to its film. ComfyUI keeps its queue in memory: a prompt that is neither queued nor in the
 * history was lost by a restart and is submitted again, a limited number of times. The web socket only tells progress
 * and wakes; the history alone decides how a prompt ended, so a socket that breaks costs nothing but the progress.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError, throwIfCancelled } from '../../../base/errors.ts';
import type { OnProgress } from '../../domain.ts';
import type { ComfyServer } from './comfyui.node.ts';
import { LtxFailure } from './failure.ts';
import { endOf, isOutOfMemory, type RunError, RunState, type SavedFile } from './messages.ts';
import type { LtxModel } from './plan.ts';
import { ltxFraction, type Workflow } from './workflow.ts';

const SAVE_NODE = 'save';

export interface RunOptions {
  readonly model: LtxModel;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface Run {
  readonly promptId: string;
  readonly workflow: Workflow;
  readonly file: SavedFile;
  /** How often it was submitted. */
  readonly submissions: number;
}

/**
 * Runs what `prepare` gives (uploads and a filled workflow, anew for each submission: a server that restarted may have
 * lost its files too). Errors: `LtxFailure` of every kind, `cancelled` (the prompt is taken out or stopped first).
 */
export async function runPrompt(
  server: ComfyServer,
  prepare: (submission: number) => Promise<Workflow>,
  options: RunOptions,
): Promise<Run> {
  const clientId = randomUUID();
  for (let submission = 1; submission <= server.limits.submissions; submission++) {
    const workflow = await prepare(submission);
    let promptId: string = randomUUID();
    const follow = new Follow(server, clientId, options);
    try {
      follow.listen();
      promptId = await server.submit(workflow, clientId, promptId);
      const end = await follow.end(promptId);
      if (end === 'lost' || end.kind === 'interrupted') continue;
      if (end.kind === 'error') throw nodeFailure(end.error);
      if (end.file === undefined)
        throw new LtxFailure(
          'damaged',
          'ComfyUI finished without saving a film. Update ComfyUI (docs/ltx.md says to what).',
        );
      return { promptId, workflow, file: end.file, submissions: submission };
    } catch (error) {
      if (options.signal?.aborted === true || (error instanceof LtxFailure && error.kind === 'stalled'))
        await server.stop(promptId);
      throwIfCancelled(options.signal);
      throw error;
    } finally {
      follow.close();
    }
  }
  throw new LtxFailure(
    'lost',
    `ComfyUI lost the clip ${server.limits.submissions} times: it restarts or is interrupted while it renders. Its log tells why (often too little main memory).`,
  );
}

function nodeFailure(error: RunError): LtxFailure {
  if (isOutOfMemory(error))
    return new LtxFailure('out_of_memory', 'The graphics card has too little memory for this clip.', { cause: error });
  const what = error.exception_message.trim().split('\n')[0] ?? '';
  return new LtxFailure(
    'failed',
    `LTX failed in ${error.node_type || 'a node'}: ${what || error.exception_type || 'no reason is given'}. ComfyUI's log has the whole of it.`,
    { cause: error },
  );
}

/** Follows one prompt: a look at the history at every end that the socket tells of, and from time to time anyway. */
class Follow {
  private readonly server: ComfyServer;
  private readonly clientId: string;
  private readonly options: RunOptions;
  private readonly state = new RunState();
  private promptId: string | undefined;
  private socket: { isOpen(): boolean; close(): void } | undefined;
  private wake = new AbortController();
  private lastSign = Date.now();
  private best = 0;

  constructor(server: ComfyServer, clientId: string, options: RunOptions) {
    this.server = server;
    this.clientId = clientId;
    this.options = options;
  }

  /** Before the prompt is submitted, so that nothing is missed. */
  listen(): void {
    this.socket = this.server.listen(this.clientId, (message) => {
      if (this.promptId === undefined) return;
      // A prompt that waits behind others is not stalled while those go on.
      this.lastSign = Date.now();
      const ended = this.state.take(message, this.promptId);
      this.report();
      if (ended) this.wake.abort();
    });
  }

  close(): void {
    this.socket?.close();
  }

  async end(promptId: string): Promise<ReturnType<typeof endOf> | 'lost'> {
    this.promptId = promptId;
    const { pollMs, stallMs } = this.server.limits;
    for (;;) {
      throwIfCancelled(this.options.signal);
      const item = await this.server.history(promptId);
      if (item !== undefined) return endOf(item, SAVE_NODE);
      if ((await this.server.where(promptId)) === 'nowhere') {
        // Between the two answers it may have gone from the queue into the history.
        const late = await this.server.history(promptId);
        return late === undefined ? 'lost' : endOf(late, SAVE_NODE);
      }
      if (Date.now() - this.lastSign > stallMs)
        throw new LtxFailure(
          'stalled',
          `ComfyUI has shown no sign of work for ${Math.round(stallMs / 60_000)} minutes. Start it again; the clip will be rendered anew.`,
        );
      await this.pause(this.socket?.isOpen() === true ? pollMs : pollMs / 4);
    }
  }

  /** Waits, shorter when the run has ended meanwhile or is cancelled. */
  private async pause(ms: number): Promise<void> {
    const { signal } = this.options;
    const ends = signal === undefined ? this.wake.signal : AbortSignal.any([this.wake.signal, signal]);
    try {
      await sleep(ms, undefined, { signal: ends });
    } catch {
      // The history is written just before or just after the socket tells: one short wait more, then as before.
      if (this.wake.signal.aborted) {
        this.wake = new AbortController();
        await sleep(20);
      }
    }
    if (signal?.aborted === true) throw new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.');
  }

  private report(): void {
    const { model, onProgress } = this.options;
    const fraction = ltxFraction(model, this.state.done, this.state.current);
    if (fraction <= this.best) return;
    this.best = fraction;
    const node = this.state.current?.node ?? '';
    onProgress?.({ fraction, sentence: SENTENCES[node] ?? 'LTX is preparing the clip' });
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  checkpoint: 'LTX is being loaded',
  transformer: 'LTX is being loaded',
  text_encoder: 'The text encoder is being loaded',
  sample_low: 'LTX draws the move, first pass',
  sample_high: 'LTX draws the move, second pass',
  sample: 'LTX draws the move',
  decode: 'The frames are being decoded',
  save: 'The clip is being saved',
};
