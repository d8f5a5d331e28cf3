/** The thread of `bench load` in which studios wait on the feed: one long poll after the other, each on its own line. */
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { FeedAnswer } from '../db/sync/protocol.ts';

export interface ReadersData {
  readonly url: string;
  readonly readers: readonly { readonly key: string; readonly head: number }[];
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}
export interface ReadersReport {
  /** Operations as they reached a reader. */
  readonly news: readonly { readonly id: string; readonly atMs: number }[];
  readonly failed: number;
}

const { url, readers, untilMs } = workerData as ReadersData;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const news: { id: string; atMs: number }[] = [];
let failed = 0;

function feed(key: string, after: number, wait: number): Promise<FeedAnswer | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      `${url}/sync/feed?after=${after}&wait=${wait}`,
      { agent, headers: { Authorization: `Bearer ${key}` } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve(answer.statusCode === 200 ? (JSON.parse(text) as FeedAnswer) : undefined));
      },
    );
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

async function follow({ key, head }: ReadersData['readers'][number]): Promise<void> {
  let after = head;
  for (;;) {
    const wait = Math.min(25, Math.floor((untilMs - Date.now()) / 1000));
    if (wait <= 0) return;
    const answer = await feed(key, after, wait);
    const atMs = Date.now();
    if (answer === undefined) {
      failed++;
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    after = answer.next;
    for (const { id } of answer.entries) news.push({ id, atMs });
  }
}

await Promise.all(readers.map(follow));
agent.destroy();
parentPort?.postMessage({ news, failed } satisfies ReadersReport);
