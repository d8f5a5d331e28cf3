/**
 * Wakes those who wait for a team's feed. News come by notifications of the database (from this process and others) and
 * by asking for the teams' heads now and then, should a notification have been lost. Pure.
 */

export type Woken = 'news' | 'time' | 'closed';

interface Team {
  /** Counts what was heard of: a reader that read before the last one reads again. */
  generation: number;
  /** The head at the last look; undefined before the first. */
  head: number | undefined;
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

  /** Something came: everybody who waits for this team looks again. */
  news(teamId: string): void {
    const team = this.team(teamId);
    team.generation++;
    for (const wake of [...team.waiters]) wake('news');
  }

  /** What was heard may be incomplete (the connection was lost meanwhile): everybody looks again. */
  newsForAll(): void {
    for (const teamId of [...this.teams.keys()]) this.news(teamId);
  }

  /** Waits until there is news since `generation`, `ms` have passed, the signal is raised, or the hub is closed. */
  wait(teamId: string, generation: number, ms: number, signal?: AbortSignal): Promise<Woken> {
    const team = this.team(teamId);
    if (this.closed) return Promise.resolve('closed');
    if (team.generation !== generation) return Promise.resolve('news');
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve('time');
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
    for (const { waiters } of this.teams.values()) for (const wake of [...waiters]) wake('closed');
  }

  private team(teamId: string): Team {
    let team = this.teams.get(teamId);
    if (team === undefined) {
      team = { generation: 0, head: undefined, waiters: new Set() };
      this.teams.set(teamId, team);
    }
    return team;
  }
}
