import { describe, expect, test } from 'vitest';
import type { StudioEvent } from '../main/host/contract.ts';
import { createEventHub, type HubObserver, pauseBefore } from './event-hub.ts';

const hello = (bootId: string): StudioEvent => ({ type: 'hello', bootId });

function bench() {
  const observers: HubObserver[] = [];
  const closed: number[] = [];
  const pauses: { run: () => void; milliseconds: number; cancelled: boolean }[] = [];
  const hub = createEventHub(
    (observer) => {
      const at = observers.push(observer) - 1;
      return { unsubscribe: () => closed.push(at) };
    },
    (run, milliseconds) => {
      const pause = { run, milliseconds, cancelled: false };
      pauses.push(pause);
      return () => {
        pause.cancelled = true;
      };
    },
  );
  const states: string[] = [];
  hub.onState((state, bootId) => states.push(`${state} ${bootId ?? '-'}`));
  const events: StudioEvent[] = [];
  hub.on((event) => events.push(event));
  const at = (index: number): HubObserver => {
    const observer = observers[index];
    if (observer === undefined) throw new Error(`no subscription ${index}`);
    return observer;
  };
  return { hub, at, observers, closed, pauses, states, events };
}

describe('the events hub', () => {
  test('is ready with hello and passes events on', () => {
    const { hub, at, states, events } = bench();
    hub.start();
    expect(states).toEqual(['connecting -']);
    at(0).onData(hello('a'));
    at(0).onData({ type: 'models' });
    expect(states).toEqual(['connecting -', 'ready a']);
    expect(events).toEqual([hello('a'), { type: 'models' }]);
  });

  test('opens anew after an error and after an end, each time after a longer pause, until hello', () => {
    const { hub, at, closed, pauses, states, observers } = bench();
    hub.start();
    at(0).onData(hello('a'));
    at(0).onError(new Error('cut'));
    expect(states.at(-1)).toBe('lost a');
    expect(closed).toEqual([0]);
    pauses[0]?.run();
    at(1).onComplete();
    pauses[1]?.run();
    at(2).onError(new Error('cut'));
    expect(pauses.map(({ milliseconds }) => milliseconds)).toEqual([250, 500, 1000]);
    pauses[2]?.run();
    at(3).onData(hello('b'));
    expect(states.at(-1)).toBe('ready b');
    at(3).onError(new Error('cut'));
    expect(pauses[3]?.milliseconds).toBe(250);
    expect(observers).toHaveLength(4);
  });

  test('hears nothing more of a subscription that was given up', () => {
    const { hub, at, events, pauses } = bench();
    hub.start();
    at(0).onError(new Error('cut'));
    at(0).onData(hello('late'));
    at(0).onError(new Error('again'));
    expect(events).toEqual([]);
    expect(pauses).toHaveLength(1);
  });

  test('is lost while the browser tries again by itself, and retries at once when asked', () => {
    const { hub, at, states, pauses, observers } = bench();
    hub.start();
    at(0).onConnectionStateChange({ state: 'connecting' });
    expect(states).toEqual(['connecting -']);
    at(0).onData(hello('a'));
    at(0).onConnectionStateChange({ state: 'connecting' });
    expect(states.at(-1)).toBe('lost a');
    hub.retryNow();
    expect(observers).toHaveLength(2);
    at(1).onData(hello('b'));
    hub.retryNow();
    expect(observers).toHaveLength(2);
    expect(pauses).toEqual([]);
  });

  test('stop ends the pause and the subscription', () => {
    const { hub, at, pauses, closed } = bench();
    hub.start();
    at(0).onError(new Error('cut'));
    hub.stop();
    expect(pauses[0]?.cancelled).toBe(true);
    hub.start();
    hub.stop();
    expect(closed).toEqual([0, 1]);
  });

  test('never waits longer than five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map(pauseBefore)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });
});
