/** The service's app on a port: with the limits of HTTP itself, and an end that loses nothing. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { errnoOf, PicaividError } from '../../base/errors.ts';
import type { ServiceApp } from './app.node.ts';

export interface ListenOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
}

export interface RunningServer {
  readonly url: string;
  readonly server: Server;
  /** Takes no more requests, ends feeds, lets the others finish for so long, then cuts what is left. */
  close(withinMs: number): Promise<void>;
}

/** Longer than the 60 seconds of a load balancer, so that it closes idle connections and not we. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_WITHIN_MS = 10_000;
/** For the whole of a request to come in: a part of a file, 32 MB, on a line of half a megabit. */
const REQUEST_WITHIN_MS = 600_000;
const MOST_HEADER_BYTES = 16_384;
const MOST_CONNECTIONS = 2_000;

export async function listen(service: ServiceApp, { port, host }: ListenOptions): Promise<RunningServer> {
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 5_000,
    },
    getRequestListener(service.app.fetch),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        errnoOf(cause) === 'EADDRINUSE'
          ? new PicaividError('bad_usage', `Port ${port} is in use. Choose another with --port.`, { cause })
          : new PicaividError('bad_usage', `The service cannot listen on ${host}:${port}.`, { cause }),
      );
    });
    server.listen(port, host, () => resolve());
  });
  server.on('error', () => {});
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${taken}`,
    server,
    close: async (withinMs) => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      service.stop();
      // Connections that carry no request now; those that do close with their answer.
      server.closeIdleConnections();
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const cut = setTimeout(() => server.closeAllConnections(), withinMs);
      await ended;
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
}
