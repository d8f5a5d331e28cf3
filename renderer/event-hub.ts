/** One subscription to the host for any number of listeners, with its state. Pure: the subscription is given. */
import type { StudioEvent } from '../main/host/contract.ts';

export type ConnectionState = 'connecting' | 'ready' | 'lost';

export interface HubObserver {
  readonly onData: (event: StudioEvent) => void;
  readonly onError: (error: unknown) => void;
  readonly onComplete: () => void;
  readonly onConnectionStateChange: (state: { readonly state: string }) => void;
}
export type OpenSubscription = (observer: HubObserver) => { readonly unsubscribe: () => void };

export interface EventHub {
  /** Listens until the returned function is called. */
  on(listener: (event: StudioEvent) => void): () => void;
  /** Told now and at every change. */
  onState(listener: (state: ConnectionState, bootId: string | null) => void): () => void;
  start(): void;
  stop(): void;
  /** Tries at once instead of after the pause: a person pressed the button, the machine woke up. */
  retryNow(): void;
}

/** Milliseconds before the nth try; a host that restarts is back within the first two. */
export function pauseBefore(attempt: number): number {
  return Math.min(5_000, 250 * 2 ** Math.max(0, attempt - 1));
}

type Timer = (run: () => void, milliseconds: number) => () => void;

const realTimer: Timer = (run, milliseconds) => {
  const id = setTimeout(run, milliseconds);
  return () => clearTimeout(id);
};

/**
 * The first event of each subscription is `hello`: only then is the state `ready`, and what changed before is to be
 * asked for again. A subscription that errs or ends is opened again after a pause that grows to five seconds.
 */
export function createEventHub(open: OpenSubscription, timer: Timer = realTimer): EventHub {
  const listeners = new Set<(event: StudioEvent) => void>();
  const stateListeners = new Set<(state: ConnectionState, bootId: string | null) => void>();
  let state: ConnectionState = 'connecting';
  let bootId: string | null = null;
  let attempt = 0;
  let running = false;
  let close: (() => void) | null = null;
  let cancelPause: (() => void) | null = null;

  const become = (next: ConnectionState): void => {
    if (state === next) return;
    state = next;
    for (const listener of [...stateListeners]) listener(state, bootId);
  };
  const drop = (): void => {
    cancelPause?.();
    cancelPause = null;
    const unsubscribe = close;
    close = null;
    unsubscribe?.();
  };
  const again = (): void => {
    drop();
    if (!running) return;
    become('lost');
    attempt += 1;
    cancelPause = timer(connect, pauseBefore(attempt));
  };
  const connect = (): void => {
    cancelPause = null;
    // Answers of a subscription that was given up say nothing of the one that stands.
    let mine = true;
    const only =
      <A extends readonly unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        if (mine) run(...args);
      };
    const subscription = open({
      onData: only((event) => {
        if (event.type === 'hello') {
          attempt = 0;
          bootId = event.bootId;
          become('ready');
        }
        for (const listener of [...listeners]) listener(event);
      }),
      onError: only(again),
      onComplete: only(again),
      // The browser tries again by itself after a cut connection; until its `hello` nothing that is shown is sure.
      onConnectionStateChange: only(({ state: link }) => {
        if (link === 'connecting' && state === 'ready') become('lost');
      }),
    });
    close = () => {
      mine = false;
      subscription.unsubscribe();
    };
  };

  return {
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onState(listener) {
      stateListeners.add(listener);
      listener(state, bootId);
      return () => stateListeners.delete(listener);
    },
    start() {
      if (running) return;
      running = true;
      connect();
    },
    stop() {
      running = false;
      drop();
    },
    retryNow() {
      if (!running || state === 'ready') return;
      drop();
      connect();
    },
  };
}
