/** A line that can fall silent: what is sent into it neither arrives nor comes back, and nobody is told. */
import { createServer, type Socket, connect as tcpConnect } from 'node:net';

export interface Line {
  readonly port: number;
  /** From now on nothing passes, in either direction; new connections are taken and hear nothing. */
  silence(): void;
  /** What was on its way arrives late, as a network's own repeats would bring it. */
  speak(): void;
  close(): void;
}

/** A line on a free port of the loopback to this port of it. */
export async function line(target: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((near) => {
    const far = tcpConnect(target, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        // A connection that one side gave up ends on the other only when the line is heard again.
        if (!silent) to.destroy();
      });
      if (silent) from.pause();
    }
  }); // biome-ignore format: pairs
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    silence: () => {
      silent = true;
      for (const socket of sockets) socket.pause();
    },
    speak: () => {
      silent = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
