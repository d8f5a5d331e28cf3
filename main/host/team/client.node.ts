/**
 * A studio's side of the team: its server, sync, who is where, conflicts, the fleet. What pages may ask is in
 * `team-contract.ts`; how the key is kept, in `secret.node.ts`.
 */
import { type ErrorData, PicaividError, toPicaividError } from '../../../base/errors.ts';
import type { Film } from '../../../db/studio/films.node.ts';
import { onOutbox } from '../../../db/studio/outbox.node.ts';
import { countWaiting, dismissRefused, refusedOperations, waitingOperations } from '../../../db/sync/outbox.node.ts';
import { type Hello, helloSchema } from '../../../db/sync/protocol.ts';
import { feedPosition } from '../../../db/sync/state.node.ts';
import type { Change } from '../../../pipeline/rooms/decisions.ts';
import type { StudioService } from '../contract.ts';
import type { HostCore, TeamHooks } from '../core.ts';
import { mustListing } from '../listings.node.ts';
import type { Music } from '../music.node.ts';
import { allowed, tellPersonAnew } from '../person.node.ts';
import type { Renders } from '../renders.node.ts';
import type { FleetDocument, TeamService, TeamStatus } from '../team-contract.ts';
import { refusedView } from './conflicts.node.ts';
import { TeamFiles } from './files.node.ts';
import { Fleet } from './fleet.node.ts';
import { teamHooks } from './hooks.node.ts';
import { serverUrl, TeamHttp } from './http.node.ts';
import { Incoming } from './incoming.node.ts';
import { TeamLogos } from './logos.node.ts';
import { type Server, TeamMemory } from './memory.node.ts';
import { watchNetwork } from './network.node.ts';
import { notConnected, OFF_STATUS } from './off.ts';
import { Outgoing } from './outgoing.node.ts';
import { People } from './people.node.ts';
import { TokenFile } from './secret.node.ts';
import { Sharing } from './share.node.ts';
import { SyncLoop } from './sync-loop.node.ts';
import { Timers } from './timers.ts';
import { Transfers } from './transfers.node.ts';

/** The state is told at most this often while files are under way, milliseconds. */
const TELL_EVERY_MS = 250;
const FLUSH_LIMIT_MS = 10 * 60_000;

export interface TeamParts {
  readonly core: HostCore;
  readonly films: Pick<StudioService, 'restoreVersion'>;
  readonly filmStore: ConstructorParameters<typeof Incoming>[0]['films'];
  readonly followFilm: (listingId: string, before: Film) => Promise<void>;
  readonly act: (listingId: string, label: string, changes: readonly Change[]) => Promise<unknown>;
  readonly music: Music;
  readonly renders: Renders;
  readonly keychainKey: Promise<Buffer | undefined>;
  /** Something a person must know. */
  readonly notice: (severity: 'attention', text: string) => void;
}

function setBackWords(teamName: string, gone: number): string {
  const alone = gone === 0 ? '' : ` ${gone === 1 ? 'One listing that it does not have is' : `${gone} listings that it does not have are`} only here now: share ${gone === 1 ? 'it' : 'them'} again.`; // biome-ignore format: one sentence
  return `The server of ${teamName} was set back to an older state, so what was done since may be missing. Everything is fetched anew; where a film differs, the one that was here is kept as a version.${alone}`;
}

type Online = 'connecting' | 'online' | 'offline' | 'refused';
export class TeamClient {
  readonly hooks: TeamHooks;
  private readonly parts: TeamParts;
  private readonly memory: TeamMemory;
  private readonly token: TokenFile;
  private readonly transfers: Transfers;
  private readonly files: TeamFiles;
  private readonly incoming: Incoming;
  private readonly logos: TeamLogos;
  private readonly outgoing: Outgoing;
  private readonly sharing: Sharing;
  private readonly fleet: Fleet;
  private readonly people: People;
  private server: Server | undefined;
  private http: TeamHttp | undefined;
  private loop: SyncLoop | undefined;
  private online: Online = 'connecting';
  private error: ErrorData | null = null;
  private lastSyncAt: string | null = null;
  private firstSync: TeamStatus['firstSync'] = null;
  private changing: Promise<unknown> = Promise.resolve();
  private readonly timers = new Timers();
  private readonly unlisten: () => void;
  private told = '';
  private closed = false;
  private greeting = false; // the server has answered, and the first sync is under way

  constructor(parts: TeamParts) {
    this.parts = parts;
    const { core, music, renders } = parts;
    this.memory = new TeamMemory(core.database);
    this.token = new TokenFile(core.home.dir, parts.keychainKey);
    this.transfers = new Transfers(this.memory, () => this.tellSoon());
    this.files = new TeamFiles(core, this.transfers);
    this.logos = new TeamLogos(core, this.transfers);
    this.sharing = new Sharing(core, this.files, this.memory);
    this.incoming = new Incoming({
      core, memory: this.memory, transfers: this.transfers, files: this.files, films: parts.filmStore, logos: this.logos,
      followFilm: parts.followFilm, http: () => this.reachable(), onMusic: () => music.refresh(),
      lay: (work) => (this.loop === undefined ? work() : this.loop.lay(work)),
      onFirstSync: (done, of) => {
        this.firstSync = done >= of ? null : { done, of };
        this.tellSoon();
      },
    }); // biome-ignore format: parts
    this.outgoing = new Outgoing({
      core, music, files: this.files, transfers: this.transfers,
      onSent: () => this.loop?.outbox.ring(),
      onOutcomes: () => this.tellSoon(),
    }); // biome-ignore format: parts
    this.fleet = new Fleet({
      renders, files: this.files, http: () => this.reachable(), flush: (listingId) => this.flush(listingId),
      onChange: () => core.bus.emit({ type: 'fleet' }),
    }); // biome-ignore format: parts
    this.people = new People({
      core, memory: this.memory, timers: this.timers, films: parts.films, act: parts.act, http: () => this.reachable(),
      open: (listingId) => this.incoming.open(listingId), keyName: () => this.server?.keyName,
      inBackground: (work) => this.inBackground(work), onChange: () => this.tellSoon(), onSilence: () => this.loop?.again(),
    }); // biome-ignore format: parts
    this.hooks = teamHooks({
      core, files: this.files, logos: this.logos, incoming: this.incoming, sharing: this.sharing, memory: this.memory,
      isOn: () => this.server !== undefined, laid: async () => void (await this.loop?.lay(async () => {})),
    }); // biome-ignore format: parts
    this.unlisten = onOutbox(() => {
      this.loop?.outbox.ring();
      if (this.server !== undefined) this.tellSoon();
    });
  }

  /** Goes on with the server that was set before. */
  async start(): Promise<void> {
    this.server = await this.memory.server();
    if (this.server === undefined) return;
    this.lastSyncAt = await this.memory.lastSyncAt();
    this.inBackground(this.oneAtATime(() => this.resume()));
  }

  private async resume(): Promise<void> {
    const token = await this.token.read();
    if (this.closed || this.server === undefined) return;
    if (token !== undefined) return this.connect(this.server, token);
    const message =
      'The key to the team’s server cannot be read on this machine (any more). Connect with it once more.';
    this.become('refused', new PicaividError('forbidden_role', message));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.unlisten();
    this.fleet.close();
    this.timers.end();
    this.transfers.connect(undefined);
    await this.loop?.stop();
  }

  // ───────────────────────────── The service ─────────────────────────────

  service(): TeamService {
    return {
      team: () => this.status(),
      connectTeam: (url, token) => this.oneAtATime(() => this.connectTo(url, token)),
      disconnectTeam: () => this.oneAtATime(() => this.disconnect()),
      syncNow: async () => {
        this.loop?.wake.ring();
        this.loop?.outbox.ring();
        this.people.announce(0);
        this.people.lookForConflicts(0);
        return this.status();
      },
      shareListings: (ids) => this.share(ids),
      dismissRefused: async (ids) => {
        await dismissRefused(this.parts.core.database, ids);
        return this.tell();
      },
      presence: async () => this.people.presence,
      lookingAt: async (listingId, place) => {
        if (listingId !== null && this.server !== undefined) this.inBackground(this.incoming.open(listingId));
        this.people.lookingAt(listingId, place);
      },
      conflicts: (listingId) => this.people.conflicts(listingId),
      resolveConflict: (id, how) => this.people.resolve(id, how),
      fleet: (): Promise<FleetDocument> => this.fleet.document(),
      estimateFleet: (listingId, clipIds) => this.fleet.estimate(listingId, clipIds),
      dispatch: (listingId, clipIds) => this.fleet.dispatch(listingId, clipIds),
      cancelDispatch: (taskIds) => this.fleet.cancel(taskIds),
      retryDispatch: (taskIds) => this.fleet.retry(taskIds),
    };
  }

  private async status(): Promise<TeamStatus> {
    const { core } = this.parts;
    const { server } = this;
    const refused = await refusedOperations(core.database);
    const waiting = await countWaiting(core.database);
    if (server === undefined) return { ...OFF_STATUS, waiting, refused: refused.map(refusedView) };
    const transfers = this.transfers.left;
    const busy = waiting > 0 || transfers.files > 0 || this.firstSync !== null;
    return {
      state: this.online === 'online' ? (busy ? 'syncing' : 'up_to_date') : this.online,
      server: { url: server.url, teamName: server.teamName, keyName: server.keyName, role: server.role },
      waiting,
      transfers,
      conflicts: this.people.unsettled,
      refused: refused.map(refusedView),
      error: this.error,
      lastSyncAt: this.lastSyncAt,
      firstSync: this.firstSync,
    };
  }

  private async connectTo(address: string, token: string): Promise<TeamStatus> {
    const { core } = this.parts;
    const url = serverUrl(address);
    const http = new TeamHttp(url, token);
    const hello = await http.get('/sync/hello', helloSchema);
    const before = await this.memory.teamId();
    if (before !== undefined && before !== hello.teamId) {
      const waiting = await countWaiting(core.database);
      if (waiting > 0)
        throw new PicaividError('bad_usage', `${waiting} changes have not reached the team that this studio belongs to. Connect to that team once more, let them leave, then change teams.`); // biome-ignore format: one sentence
      await this.stopLoop();
      await this.memory.leaveTeam();
    } else await this.stopLoop();
    const server: Server = {
      url,
      teamId: hello.teamId,
      teamName: hello.teamName,
      keyName: hello.keyName,
      role: hello.role,
    };
    await this.token.write(token);
    await this.memory.setServer(server);
    this.server = server;
    await tellPersonAnew(core);
    await this.connect(server, token);
    return this.tell();
  }

  private async disconnect(): Promise<TeamStatus> {
    await this.stopLoop();
    await this.token.forget();
    await this.memory.setServer(null);
    this.server = undefined;
    await tellPersonAnew(this.parts.core);
    this.error = null;
    this.firstSync = null;
    this.people.forget();
    return this.tell();
  }

  private async stopLoop(): Promise<void> {
    this.transfers.connect(undefined);
    this.timers.clear();
    const { loop } = this;
    this.loop = undefined;
    this.http = undefined;
    await loop?.stop();
  }

  private async connect(server: Server, token: string): Promise<void> {
    const { core } = this.parts;
    const http = new TeamHttp(server.url, token);
    this.http = http;
    this.online = 'connecting';
    this.loop = new SyncLoop({
      database: core.database,
      http,
      clientId: await this.memory.clientId(),
      feed: this.incoming.options(server.teamId),
      onHello: (hello, signal) => this.greeted(http, hello, signal),
      sendable: (operations) => {
        this.logos.sendOf(operations);
        return this.outgoing.sendable(operations);
      },
      onOutcomes: (outcomes) => {
        if (outcomes.some((one) => one.outcome !== 'applied' || one.conflicts.length > 0))
          this.people.lookForConflicts(0);
        this.tellSoon();
      },
      before: (entries) => this.incoming.remembering(entries),
      onApplied: async (applied, entries) => {
        await this.incoming.applied(applied);
        if (entries.length > 0) this.people.lookForConflicts();
        this.tellSoon();
      },
      onUnlaid: async ({ listingId, seq, body }, error) => {
        core.log.warn({ err: error, listingId, seq, kind: body.kind }, 'an entry of the team could not be laid');
        await this.incoming.repair(listingId);
      },
      onState: (state, error) => this.become(state, error),
      onReached: () => this.reached(),
    });
    this.loop.start();
    watchNetwork(this.timers, () => {
      if (this.online !== 'online') this.loop?.wake.ring();
    });
  }

  // ───────────────────────────── The connection ─────────────────────────────

  private async greeted(http: TeamHttp, hello: Hello, signal: AbortSignal): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    if (hello.teamId !== server.teamId)
      throw new PicaividError('forbidden_role', 'The server knows this key as another team’s. Connect once more.');
    const { teamName, keyName, role } = hello;
    this.server = { ...server, teamName, keyName, role };
    await this.memory.setServer(this.server);
    if (role !== server.role) await tellPersonAnew(this.parts.core);
    this.transfers.connect(http);
    this.greeting = true;
    const position = await feedPosition(this.parts.core.database);
    if (position > hello.head) await this.memory.serverWentBack(hello.head);
    if (position === 0 || (await this.memory.firstSync()) !== undefined) {
      const gone = await this.incoming.cards(hello.teamId, signal);
      if (gone !== undefined) this.parts.notice('attention', setBackWords(teamName, gone.length));
      for (const listingId of gone ?? []) this.parts.core.bus.emit({ type: 'listing', listingId });
    }
    this.inBackground(this.incoming.makeWhole(signal));
    this.inBackground(this.tellAnalyses());
    this.inBackground(this.logos.sendAll());
    this.people.lookForConflicts(0);
    this.people.announce(0);
  }

  private become(state: Online, error: PicaividError | null): void {
    const before = this.online;
    if (state !== 'connecting') this.greeting = false;
    // A server that is tried again and again is offline until it answers.
    if (state === 'connecting' && (before === 'offline' || before === 'refused')) return;
    this.online = state;
    if (state !== 'connecting') this.error = error === null ? null : withoutCause(error);
    if (state === 'offline' || state === 'refused') {
      this.firstSync = null;
      if (before === 'online') this.parts.core.log.info({ code: error?.code }, 'the team’s server is not reached');
    }
    this.tellSoon();
  }

  private reached(): void {
    this.lastSyncAt = new Date().toISOString();
    if (this.timers.has('last')) return;
    this.timers.set('last', 5_000, () => this.inBackground(this.memory.setLastSyncAt(this.lastSyncAt ?? '')));
  }

  /** What the server is asked by, while it is reached. */
  private reachable(): TeamHttp | undefined {
    return this.online === 'online' || this.greeting ? this.http : undefined;
  }

  // ───────────────────────────── Sharing ─────────────────────────────

  private async share(ids: readonly string[]): Promise<void> {
    const { core } = this.parts;
    const { server } = this;
    if (server === undefined) throw notConnected();
    await allowed(core, 'edit rooms');
    for (const id of ids) await this.sharing.share(await mustListing(core, id), server.teamId);
    await this.tell();
  }

  private async tellAnalyses(): Promise<void> {
    for (const listingId of await this.memory.analysed()) {
      const row = await this.parts.core.store.listing(listingId);
      if (row !== undefined) await this.sharing.tellAnalysis(row);
    }
  }

  /** Until everything of a listing that was done here has reached the server. */
  private async flush(listingId: string): Promise<void> {
    const until = Date.now() + FLUSH_LIMIT_MS;
    this.loop?.outbox.ring();
    for (;;) {
      const waiting = await waitingOperations(this.parts.core.database, 2_000);
      if (!waiting.some((one) => one.listingId === listingId)) return;
      if (this.closed || this.online !== 'online' || Date.now() > until) throw unreachable();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Fetches the studio's copy of a piece of music; false where the team does not have it. */
  bringMusic(id: string, path: string): Promise<boolean> {
    return this.server === undefined ? Promise.resolve(false) : this.files.bringMusic(id, path);
  }

  /** Clips that are on screen go first at the fleet too. */
  lookAtClips(clipIds: readonly string[]): void {
    this.fleet.look(clipIds);
  }

  // ───────────────────────────── Telling ─────────────────────────────

  private async tell(): Promise<TeamStatus> {
    const status = await this.status();
    const text = JSON.stringify({ ...status, lastSyncAt: null });
    if (text !== this.told) this.parts.core.bus.emit({ type: 'team', status });
    this.told = text;
    return status;
  }

  private tellSoon(): void {
    if (!this.timers.has('tell')) this.timers.set('tell', TELL_EVERY_MS, () => this.inBackground(this.tell()));
  }

  private inBackground(work: Promise<unknown>): void {
    work.catch((cause: unknown) => {
      const error = toPicaividError(cause);
      if (error.code !== 'host_unreachable' && error.code !== 'cancelled' && !this.closed)
        this.parts.core.log.info({ err: error }, 'the team’s server was asked in vain');
    });
  }

  private oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const next = this.changing.then(work);
    this.changing = next.catch(() => {});
    return next;
  }
}

const unreachable = (): PicaividError =>
  new PicaividError('host_unreachable', 'The team’s server cannot be reached now.');
const withoutCause = ({ code, message }: PicaividError): ErrorData => ({ code, message });
