/** Tells when this machine's addresses change: a laptop that comes back to a network tries its server at once. */
import { networkInterfaces } from 'node:os';
import type { Timers } from './timers.ts';

/** Asking the system takes 0.1 ms. Milliseconds. */
const EVERY_MS = 2_000;

export function watchNetwork(timers: Timers, onChange: () => void): void {
  const look = (): string =>
    Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address)
      .sort()
      .join(' ');
  let before = look();
  const again = (): void => {
    const now = look();
    if (now !== before) onChange();
    before = now;
    timers.set('network', EVERY_MS, again);
  };
  timers.set('network', EVERY_MS, again);
}
