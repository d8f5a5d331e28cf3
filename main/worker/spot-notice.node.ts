/**
 * Asks the instance metadata service whether this Spot machine is to be taken away, by its version 2: a token first,
 * then `spot/instance-action` (two minutes' notice) and the rebalance recommendation, which may come earlier. A machine
 * without such a service is asked once in a while and works on.
 */
import type { Logger } from 'pino';
import { z } from 'zod';

/** The link-local address that every EC2 machine answers on. */
export const METADATA_URL = 'http://169.254.169.254';
const ASK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 2_000;
/** Seconds that a token is good for, and after which share of them another is asked for. */
const TOKEN_SECONDS = 21_600;
const TOKEN_SHARE = 0.9;

const actionSchema = z.object({ action: z.enum(['terminate', 'stop', 'hibernate']), time: z.iso.datetime() });
const rebalanceSchema = z.object({ noticeTime: z.iso.datetime() });

/** `interruption`: it goes at `at`. `rebalance`: it is likely to; no new work is begun. */
export interface SpotNotice {
  readonly kind: 'interruption' | 'rebalance';
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface SpotWatchOptions {
  readonly baseUrl?: string;
  readonly everyMs?: number;
  readonly log: Logger;
  readonly onNotice: (notice: SpotNotice) => void;
}

export class SpotWatch {
  private readonly options: SpotWatchOptions;
  private readonly stopped = new AbortController();
  private token: { readonly value: string; readonly until: number } | undefined;
  private readonly told = new Set<SpotNotice['kind']>();
  private readonly ended: Promise<void>;

  constructor(options: SpotWatchOptions) {
    this.options = options;
    this.ended = this.watch();
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.ended;
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopped;
    let failures = 0;
    while (!signal.aborted && !this.told.has('interruption')) {
      try {
        await this.ask();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1 && !signal.aborted)
          this.options.log.info({ err: error }, 'no instance metadata here: Spot notices cannot be seen');
      }
      // A machine without the service is asked twelve times more rarely.
      const wait = (this.options.everyMs ?? ASK_EVERY_MS) * (failures > 3 ? 12 : 1);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        }, { once: true }); // biome-ignore format: one thought
      });
    }
  }

  private async ask(): Promise<void> {
    const action = await this.get('spot/instance-action');
    const parsed = actionSchema.safeParse(action);
    if (parsed.success) return this.tell({ kind: 'interruption', at: parsed.data.time });
    const rebalance = rebalanceSchema.safeParse(await this.get('events/recommendations/rebalance'));
    if (rebalance.success) this.tell({ kind: 'rebalance', at: rebalance.data.noticeTime });
  }

  private tell(notice: SpotNotice): void {
    if (this.told.has(notice.kind)) return;
    this.told.add(notice.kind);
    this.options.onNotice(notice);
  }

  /** The JSON at a place of the metadata, or undefined where there is none (404, which is what it mostly says). */
  private async get(place: string): Promise<unknown> {
    const answer = await this.fetch(`/latest/meta-data/${place}`, {
      headers: { 'X-aws-ec2-metadata-token': await this.freshToken() },
    });
    if (answer.status === 401) this.token = undefined;
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`The instance metadata answered ${answer.status}.`);
    return answer.json();
  }

  private async freshToken(): Promise<string> {
    if (this.token !== undefined && this.token.until > Date.now()) return this.token.value;
    const answer = await this.fetch('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    });
    if (!answer.ok) throw new Error(`The instance metadata gave no token (${answer.status}).`);
    const value = (await answer.text()).trim();
    this.token = { value, until: Date.now() + TOKEN_SECONDS * TOKEN_SHARE * 1000 };
    return value;
  }

  private fetch(path: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    return fetch(new URL(path, this.options.baseUrl ?? METADATA_URL), { ...init, signal });
  }
}
