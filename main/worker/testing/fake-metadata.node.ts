/** A fake instance metadata service, version 2: tokens are asked for, and without one nothing is told. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeMetadata {
  readonly url: string;
  /** Requests without a good token so far. */
  readonly refused: () => number;
  notice(at: string, action?: 'terminate' | 'stop' | 'hibernate'): void;
  rebalance(at: string): void;
  /** Tokens given so far are good no more. */
  forgetTokens(): void;
  close(): Promise<void>;
}

export async function fakeMetadata(): Promise<FakeMetadata> {
  const tokens = new Set<string>();
  const places = new Map<string, unknown>();
  let refused = 0;
  const server: Server = createServer((request, response) => {
    const answer = (status: number, body = ''): void => {
      response.writeHead(status).end(body);
    };
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (!(seconds >= 1 && seconds <= 21_600)) return answer(400);
      const token = randomBytes(16).toString('base64');
      tokens.add(token);
      return answer(200, token);
    }
    if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) {
      refused += 1;
      return answer(401);
    }
    const found = places.get(request.url ?? '');
    return found === undefined ? answer(404) : answer(200, JSON.stringify(found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused: () => refused,
    notice: (at, action = 'terminate') =>
      void places.set('/latest/meta-data/spot/instance-action', { action, time: at }),
    rebalance: (at) => void places.set('/latest/meta-data/events/recommendations/rebalance', { noticeTime: at }),
    forgetTokens: () => tokens.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
