/**
 * Wakes those who wait for a team's feed. News come by notifications of the database (from this process and others) and
 * by asking for the teams' heads now and then, should a notification have been lost. A large team whose studios all
 * edit is woken in turns, so that ten pushes in a moment are one answer to each reader and not ten. Pure.
 */

export type Woken = 'news' | 'time' | 'closed';

/** Between two turns of a team: this much for each of its readers, at most so much. Milliseconds. */
const TURN_PER_READER_MS = 1.25;
const TURN_MOST_MS = 250;
/** Readers that are woken in one go; other requests get their turn between two goes. */
const AT_ONCE = 16;

interface Team {
  /** Counts what was heard of: a reader that read before the last one reads again. */
  generation: number;
  /** The head at the last look; undefined before the first. */
  head: number | undefined;
  /** When the next turn may begin, by the clock of `performance`. */
  turnAt: number;
  turn: ReturnType<typeof setTimeout> | undefined;
  readonly waiters: Set<(why: Woken) => void>;
}

export class FeedHub {
  private readonly teams = new Map<string, Team>();
  private closed = false;

  get waiting(): number {
    let sum = 0;
    for (const { waiters } of this.teams.values()) sum += waiters.size;
    return sum;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  generation(teamId: string): number {
    return this.team(teamId).generation;
  }

  /** Something came: everybody who waits for this team looks again, now or at the team's next turn. */
  news(teamId: string): void {
    const team = this.team(teamId);
    team.generation++;
    this.plan(team);
  }

  /** What was heard may be incomplete (the connection was lost meanwhile): everybody looks again. */
  newsForAll(): void {
    for (const teamId of [...this.teams.keys()]) this.news(teamId);
  }

  /**
   * Waits until there is news since `generation`, `ms` have passed, the signal is raised, or the hub is closed. News
   * that came before are told at the team's next turn, too.
   */
  wait(teamId: string, generation: number, ms: number, signal?: AbortSignal): Promise<Woken> {
    const team = this.team(teamId);
    if (this.closed) return Promise.resolve('closed');
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve('time');
    if (team.generation !== generation && performance.now() >= team.turnAt) return Promise.resolve('news');
    return new Promise((resolve) => {
      const wake = (why: Woken): void => {
        clearTimeout(timer);
        team.waiters.delete(wake);
        signal?.removeEventListener('abort', onAbort);
        resolve(why);
      };
      const onAbort = (): void => wake('time');
      const timer = setTimeout(() => wake('time'), ms);
      team.waiters.add(wake);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (team.generation !== generation) this.plan(team);
    });
  }

  /** Asks for the heads of teams somebody waits for; those that rose since the last look are news. */
  async look(heads: (teamIds: readonly string[]) => Promise<ReadonlyMap<string, number>>): Promise<void> {
    const waited = [...this.teams].filter(([, { waiters }]) => waiters.size > 0).map(([id]) => id);
    if (waited.length === 0) return;
    for (const [teamId, head] of await heads(waited)) {
      const team = this.team(teamId);
      const rose = team.head === undefined || head > team.head;
      team.head = head;
      if (rose) this.news(teamId);
    }
  }

  /** Ends every wait: the service stops. */
  close(): void {
    this.closed = true;
    for (const team of this.teams.values()) {
      clearTimeout(team.turn);
      for (const wake of [...team.waiters]) wake('closed');
    }
  }

  private plan(team: Team): void {
    if (team.turn !== undefined || team.waiters.size === 0 || this.closed) return;
    const left = team.turnAt - performance.now();
    if (left <= 0) this.wakeAll(team);
    else
      team.turn = setTimeout(() => {
        team.turn = undefined;
        this.wakeAll(team);
      }, left);
  }

  private wakeAll(team: Team): void {
    const readers = [...team.waiters];
    team.turnAt = performance.now() + Math.min(TURN_MOST_MS, (readers.length - 1) * TURN_PER_READER_MS);
    const some = (from: number): void => {
      for (const wake of readers.slice(from, from + AT_ONCE)) wake('news');
      if (from + AT_ONCE < readers.length) setTimeout(() => some(from + AT_ONCE), 0);
    };
    some(0);
  }

  private team(teamId: string): Team {
    let team = this.teams.get(teamId);
    if (team === undefined) {
      team = { generation: 0, head: undefined, turnAt: 0, turn: undefined, waiters: new Set() };
      this.teams.set(teamId, team);
    }
    return team;
  }
}
