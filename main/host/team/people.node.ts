/** Who of the team is where, and the values of two people that met: asked of the server, settled there. */
import { z } from 'zod';
import { PicaividError } from '../../../base/errors.ts';
import { type Conflict, conflictSchema, type Presence, presenceSchema } from '../../../db/sync/protocol.ts';
import { TEMPLATE_NAMES } from '../../../pipeline/domain.ts';
import type { Change } from '../../../pipeline/rooms/decisions.ts';
import type { StudioService } from '../contract.ts';
import type { HostCore } from '../core.ts';
import { allowed, person } from '../person.node.ts';
import type { ConflictView } from '../team-contract.ts';
import { conflictView } from './conflicts.node.ts';
import type { TeamHttp } from './http.node.ts';
import type { TeamMemory } from './memory.node.ts';
import { notConnected } from './off.ts';
import type { Timers } from './timers.ts';

const PRESENCE_EVERY_MS = 10_000;
/** Without an answer for so long the line is dead, whatever the system says of it. */
const SILENCE_MS = 8_000;
/** Conflicts are asked for after what may have made one: once for a burst, and seldom while a whole team works. */
const CONFLICTS_AFTER_MS = 1_500;

export interface PeopleParts {
  readonly core: HostCore;
  readonly memory: TeamMemory;
  readonly timers: Timers;
  readonly films: Pick<StudioService, 'restoreVersion'>;
  readonly act: (listingId: string, label: string, changes: readonly Change[]) => Promise<unknown>;
  readonly open: (listingId: string) => Promise<void>;
  readonly http: () => TeamHttp | undefined;
  /** The name of the key, where the person gave none. */
  readonly keyName: () => string | undefined;
  readonly inBackground: (work: Promise<unknown>) => void;
  readonly onChange: () => void;
  /** The server did not answer in time: a connection that only seems to be there. */
  readonly onSilence: () => void;
}

export class People {
  private readonly parts: PeopleParts;
  private known: readonly Conflict[] = [];
  private seen: readonly Presence[] = [];
  private place: { listingId: string | null; place: string } = { listingId: null, place: 'library' };

  constructor(parts: PeopleParts) {
    this.parts = parts;
  }

  get presence(): readonly Presence[] {
    return this.seen;
  }
  get unsettled(): number {
    return this.known.filter(({ resolvedAt }) => resolvedAt === null).length;
  }

  /** No server any more. */
  forget(): void {
    this.known = [];
    this.seen = [];
    this.parts.core.bus.emit({ type: 'presence' });
    this.parts.core.bus.emit({ type: 'conflicts' });
  }

  lookingAt(listingId: string | null, place: string): void {
    this.place = { listingId, place };
    this.announce(0);
  }

  /** Tells where this person is, and again for as long as there is a server. */
  announce(inMs = PRESENCE_EVERY_MS): void {
    const { timers, inBackground } = this.parts;
    timers.set('presence', inMs, () => inBackground(this.announceNow().finally(() => this.announce())));
  }

  private async announceNow(): Promise<void> {
    const { core, memory, http: find, keyName } = this.parts;
    const http = find();
    if (http === undefined) return;
    const { name } = await person(core);
    const body = { clientId: await memory.clientId(), name: name || (keyName() ?? '').slice(0, 80), ...this.place };
    const answer = z.object({ presence: z.array(presenceSchema) });
    const { presence: everybody } = await http
      .post('/sync/presence', body, answer, { timeoutMs: SILENCE_MS })
      .catch((error: unknown) => {
        if (error instanceof PicaividError && error.code === 'host_unreachable') this.parts.onSilence();
        throw error;
      });
    const presence = everybody.filter(({ clientId }) => clientId !== body.clientId);
    const bare = (all: readonly Presence[]): string => JSON.stringify(all.map(({ seenAt: _, ...one }) => one));
    // Somebody else may have settled what is shown here.
    if (this.unsettled > 0) this.lookForConflicts(0);
    const changed = bare(this.seen) !== bare(presence);
    this.seen = presence;
    if (changed) core.bus.emit({ type: 'presence' });
  }

  lookForConflicts(inMs = CONFLICTS_AFTER_MS): void {
    const { timers, inBackground } = this.parts;
    if (timers.has('conflicts')) return;
    timers.set('conflicts', inMs, () => inBackground(this.readConflicts()));
  }

  private async readConflicts(): Promise<void> {
    const http = this.parts.http();
    if (http === undefined) return;
    const { conflicts } = await http.get('/sync/conflicts', z.object({ conflicts: z.array(conflictSchema) }));
    if (JSON.stringify(conflicts) === JSON.stringify(this.known)) return;
    this.known = conflicts;
    this.parts.core.bus.emit({ type: 'conflicts' });
    this.parts.onChange();
  }

  conflicts(listingId: string | null): Promise<readonly ConflictView[]> {
    const open = this.known.filter((one) => one.resolvedAt === null && (listingId === null || one.listingId === listingId)); // biome-ignore format: one thought
    return Promise.all(open.map((one) => conflictView(this.parts.core, one)));
  }

  async resolve(id: string, how: 'keep' | 'turn'): Promise<void> {
    const http = this.parts.http();
    if (http === undefined) {
      if (this.parts.keyName() === undefined) throw notConnected();
      throw new PicaividError('host_unreachable', 'The team’s server cannot be reached now. Settle this when it is.');
    }
    const conflict = this.known.find((one) => one.id === id);
    if (conflict === undefined)
      throw new PicaividError('file_not_found', 'This conflict is settled already. Look at the list again.');
    if (how === 'turn') await this.turn(conflict);
    await http.post(`/sync/conflicts/${encodeURIComponent(id)}/resolve`, {}, z.object({ resolved: z.literal(true) }));
    this.known = this.known.filter((one) => one.id !== id);
    this.parts.core.bus.emit({ type: 'conflicts' });
    this.parts.onChange();
  }

  /** The overwritten value stands again: a person's action like any other, which can be undone. */
  private async turn(conflict: Conflict): Promise<void> {
    const { core, films, act, open } = this.parts;
    const { listingId, kind, subject, lost } = conflict;
    await open(listingId);
    if (kind === 'film') {
      if (typeof lost !== 'string')
        throw new PicaividError('file_not_found', 'The version with the other film is not there (any more).');
      await films.restoreVersion(listingId, lost);
      return;
    }
    if (kind === 'listing') {
      await allowed(core, 'edit rooms');
      const field = conflict.field.replace(/^listing\./, '');
      await core.store.updateListing(listingId, cardSchema.parse({ [field]: lost }));
      core.bus.emit({ type: 'listing', listingId });
      return;
    }
    const { what } = await conflictView(core, conflict);
    const decisions = await core.store.decisions(listingId);
    const field = conflict.field as Change['field'];
    const register: Readonly<Record<string, unknown>> = decisions[field] ?? {};
    const from = (Object.hasOwn(register, subject) ? register[subject] : null) ?? null;
    const to = lost ?? null;
    if (from !== to) await act(listingId, `${what}: the other value`, [{ field, subject, from, to } as Change]);
  }
}

const cardSchema = z.object({
  name: z.string().exactOptional(),
  archived: z.boolean().exactOptional(),
  deletedAt: z.string().nullable().exactOptional(),
  template: z.enum(TEMPLATE_NAMES).exactOptional(),
  targetSeconds: z.number().exactOptional(),
});
