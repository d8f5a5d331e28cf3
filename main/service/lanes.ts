/**
 * Pushes of a team wait for each other here and not in the database: one that waits for the team's row would hold a
 * connection meanwhile, and a busy team's pushes would hold them all while everybody's reads wait. Pure.
 */
import { Refusal } from './refusal.ts';

interface Lane {
  readonly waiting: (() => void)[];
}

export class Lanes {
  /** How many run at once, over all names. */
  private readonly most: number;
  /** How many may wait for one name. */
  private readonly mostWaiting: number;
  private readonly lanes = new Map<string, Lane>();
  /** Whose turn it is, where all places are taken. */
  private readonly ready: (() => void)[] = [];
  private running = 0;

  constructor(most: number, mostWaiting: number) {
    this.most = most;
    this.mostWaiting = mostWaiting;
  }

  /** Runs it when it is its turn: one of a name at a time, in their order. Throws a `Refusal` (503) where too many wait. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.enter(name);
    await this.begin();
    try {
      return await work();
    } finally {
      this.running--;
      this.ready.shift()?.();
      this.leave(name);
    }
  }

  private enter(name: string): Promise<void> {
    const lane = this.lanes.get(name);
    if (lane === undefined) {
      this.lanes.set(name, { waiting: [] });
      return Promise.resolve();
    }
    if (lane.waiting.length >= this.mostWaiting)
      throw new Refusal(503, 'host_unreachable', 'Many send changes at once. Try again in a moment.', { 'Retry-After': '2' }); // biome-ignore format: one call
    return new Promise((resolve) => lane.waiting.push(resolve));
  }

  private leave(name: string): void {
    const next = this.lanes.get(name)?.waiting.shift();
    if (next === undefined) this.lanes.delete(name);
    else next();
  }

  private async begin(): Promise<void> {
    while (this.running >= this.most) await new Promise<void>((resolve) => this.ready.push(resolve));
    this.running++;
  }
}
