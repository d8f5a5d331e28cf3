/** The stage of team tests: a real Postgres, the real service over HTTP behind a line that can be cut, and studios. */

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyRole } from '../../../../db/sync/protocol.ts';
import { startTestPostgres, type TestPostgres } from '../../../../db/testing/postgres.node.ts';
import { makeTeam, startTestService, type TestService, type TestTeam } from '../../../service/testing/service.node.ts';
import { folderStorage } from '../../../storage/folder.node.ts';
import { folderRoutes } from '../../../storage/folder-routes.node.ts';
import { type EventStream, eventStream, type HostChild, hostChild } from '../../testing/host.node.ts';

/** `cut`: nobody listens. `silent`: connections stay, and nothing goes through any more. */
export type LineState = 'open' | 'cut' | 'silent';

/** A line between studios and the service. */
export class Line {
  readonly url: string;
  private readonly server: Server;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private state: LineState = 'open';
  private port = 0;
  /** Bytes that went from studios to the service. */
  sent = 0;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<Line> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const line = new Line(server);
    server.on('connection', (socket) => line.take(socket));
    return line;
  }

  to(port: number): void {
    this.port = port;
  }

  set(state: LineState): void {
    this.state = state;
    if (state !== 'cut') return;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  private take(socket: Socket): void {
    socket.on('error', () => {});
    if (this.state === 'cut') {
      socket.destroy();
      return;
    }
    const far = connect(this.port, '127.0.0.1');
    far.on('error', () => {});
    const pair = [socket, far] as const;
    this.pairs.add(pair);
    socket.on('data', (data) => {
      this.sent += data.length;
      if (this.state === 'open') far.write(data);
    });
    far.on('data', (data) => this.state === 'open' && socket.write(data));
    for (const one of pair)
      one.on('close', () => {
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
  }

  async close(): Promise<void> {
    this.set('cut');
    this.server.close();
  }
}

export interface Studio {
  readonly host: HostChild;
  readonly events: EventStream;
  readonly home: string;
  close(): Promise<void>;
}

export class Stage {
  readonly base = mkdtempSync(join(tmpdir(), 'team-'));
  readonly service: TestService;
  readonly team: TestTeam;
  private readonly postgres: TestPostgres;
  private readonly lines: Line[] = [];
  private readonly studios: Studio[] = [];

  private readonly storage: string;

  private readonly url: string;
  private later: TestService | undefined;

  private constructor(
    postgres: TestPostgres,
    url: string,
    service: TestService,
    team: TestTeam,
    line: Line,
    storage: string,
  ) {
    this.storage = storage;
    this.url = url;
    this.postgres = postgres;
    this.service = service;
    this.team = team;
    this.lines.push(line);
  }

  static async set(): Promise<Stage> {
    const postgres = await startTestPostgres();
    const files = await Line.open();
    const dir = mkdtempSync(join(tmpdir(), 'team-storage-'));
    const storage = folderStorage({ dir, publicUrl: files.url, secret: 'a secret of tests, 32 characters long' });
    const url = await postgres.createDatabase();
    const service = await startTestService(url, {
      storage,
      mount: (app) => void app.route('/', folderRoutes(storage)),
    });
    files.to(Number(new URL(service.url).port));
    return new Stage(postgres, url, service, await makeTeam(service.database, 'North'), files, dir);
  }

  /** A backup of the server as it is now. */
  backUp(): Promise<string> {
    return this.postgres.copyDatabase(this.url);
  }

  /** Everybody meets the server as this backup has it. Files are where they were. */
  async restore(backup: string): Promise<void> {
    this.later = await startTestService(backup, { storage: this.service.parts.storage });
    for (const line of this.lines.slice(1)) {
      line.set('cut');
      line.to(Number(new URL(this.later.url).port));
      line.set('open');
    }
  }

  /** The line that files go over. */
  get files(): Line {
    const [line] = this.lines;
    if (line === undefined) throw new Error('no line');
    return line;
  }

  async line(): Promise<Line> {
    const line = await Line.open();
    line.to(Number(new URL(this.service.url).port));
    this.lines.push(line);
    return line;
  }

  /** A host on a home of this name; the same name again is the same studio, later. */
  async studio(name: string, env: Record<string, string> = {}): Promise<Studio> {
    const home = join(this.base, name);
    mkdirSync(home, { recursive: true });
    const host = await hostChild({ home, env: { OUTPUT_RESOLUTION: '640x360', ...env } });
    if (!host.ready.ready) throw new Error(host.ready.error?.message ?? host.log());
    const events = await eventStream(host.target);
    const studio: Studio = {
      host,
      events,
      home,
      close: async () => {
        events.close();
        await host.kill();
      },
    };
    this.studios.push(studio);
    return studio;
  }

  /** A studio that is connected over this line, as somebody. */
  async connected(name: string, line: Line, role: KeyRole = 'producer'): Promise<Studio> {
    const studio = await this.studio(name);
    await studio.host.studio.person.set.mutate({ name, role: 'producer' });
    await studio.host.studio.team.connect.mutate({ url: line.url, token: this.team.keys[role].key });
    return studio;
  }

  async clear(): Promise<void> {
    for (const studio of this.studios) await studio.close();
    for (const line of this.lines) await line.close();
    await this.later?.close();
    await this.service.close();
    await this.postgres.stop();
    for (const folder of [this.base, this.storage]) rmSync(folder, { recursive: true, force: true });
  }
}
