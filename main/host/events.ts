/** What the host tells its pages as it happens: each listener has its own queue. */
import type { StudioEvent } from './contract.ts';

/** A page that reads this slowly is sent away; it subscribes anew and asks for everything again. */
const MAX_QUEUED = 5_000;

interface Listener {
  push(event: StudioEvent): void;
  end(): void;
}

export class EventBus {
  private readonly listeners = new Set<Listener>();
  private readonly bootId: string;
  private closed = false;

  constructor(bootId: string) {
    this.bootId = bootId;
  }

  /** Nothing comes any more, however often one subscribes. */
  get ended(): boolean {
    return this.closed;
  }

  emit(event: StudioEvent): void {
    for (const listener of [...this.listeners]) listener.push(event);
  }

  /** `hello`, then everything from now on, until the signal or `close`. */
  async *subscribe(signal: AbortSignal | undefined): AsyncGenerator<StudioEvent> {
    const queue: StudioEvent[] = [{ type: 'hello', bootId: this.bootId }];
    let wake: () => void = () => {};
    let ended = this.closed || signal?.aborted === true;
    const listener: Listener = {
      push: (event) => {
        if (queue.length >= MAX_QUEUED) listener.end();
        else queue.push(event);
        wake();
      },
      end: () => {
        ended = true;
        wake();
      },
    };
    const onAbort = (): void => listener.end();
    this.listeners.add(listener);
    signal?.addEventListener('abort', onAbort);
    try {
      while (!ended) {
        const next = queue.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.listeners.delete(listener);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends every subscription. */
  close(): void {
    this.closed = true;
    for (const listener of [...this.listeners]) listener.end();
  }
}
