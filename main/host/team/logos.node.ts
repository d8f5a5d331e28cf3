/**
 * Logos of the team's films. A film names one by the hash of its picture, so that nothing else need be told: whoever has
 * it sends it with the step that names it, whoever lacks it fetches it by that name.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError, toPicaividError } from '../../../base/errors.ts';
import { sha256File } from '../../../base/files.node.ts';
import type { Operation } from '../../../db/sync/protocol.ts';
import type { HostCore } from '../core.ts';
import { LOGOS_FOLDER, logoPath } from '../logos.node.ts';
import type { Transfers } from './transfers.node.ts';

/** A logo may be on its way from the studio that chose it: it is waited for so long, and asked for so often, milliseconds. */
const COMING = { most: 8_000, every: 500 };
const HASH = /^[0-9a-f]{64}$/;

export class TeamLogos {
  private readonly core: HostCore;
  private readonly transfers: Transfers;

  constructor(core: HostCore, transfers: Transfers) {
    this.core = core;
    this.transfers = transfers;
  }

  /** Sends the logos that these operations name, beside them: no step of a film waits for a picture. */
  sendOf(operations: readonly Operation[]): void {
    const named = new Set(operations.flatMap(({ body }) => (body.kind.startsWith('film.') ? logosIn(body) : [])));
    for (const id of named) this.send(id).catch((error: unknown) => this.failed(error));
  }

  /** Sends those that shared films name and the team lacks, for what was chosen while it could not be reached. */
  async sendAll(): Promise<void> {
    const files = await readdir(join(this.core.home.dir, LOGOS_FOLDER)).catch(() => []);
    for (const file of files) {
      const id = file.slice(0, -'.png'.length);
      if (HASH.test(id) && (await this.isShared(id))) await this.send(id).catch((error: unknown) => this.failed(error));
    }
  }

  private async isShared(id: string): Promise<boolean> {
    const row = await this.core.database.db
      .selectFrom('listings')
      .innerJoin('timeline', 'timeline.job_id', 'listings.job_id')
      .leftJoin('films', 'films.listing_id', 'listings.id')
      .select('listings.id')
      .where('listings.team_id', 'is not', null)
      .where((is) => is.or([is('timeline.settings', 'like', `%${id}%`), is('films.settings', 'like', `%${id}%`)]))
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  private async send(id: string): Promise<void> {
    const path = logoPath(this.core.home, id);
    if (this.transfers.holds(id)) return;
    const info = await stat(path).catch(() => undefined);
    // One that came from the team, or whose name is of an older studio and says nothing of its bytes.
    if (info === undefined || (await sha256File(path)) !== id) return;
    const file = { sha256: id, bytes: info.size };
    await this.transfers.look([file]);
    await this.transfers.upload({ ...file, path, contentType: 'image/png' });
  }

  /**
   * Fetches a logo that is not here. Nothing where the team does not have it: whoever draws says so. Errors:
   * `host_unreachable`.
   */
  async bring(id: string): Promise<void> {
    const path = logoPath(this.core.home, id);
    for (const until = Date.now() + COMING.most; (await stat(path).catch(() => undefined)) === undefined; ) {
      const blob = await this.transfers.find(id).catch(away);
      if (blob !== undefined) return this.transfers.download(blob, path, true).catch(away);
      if (Date.now() > until) return;
      await sleep(COMING.every);
    }
  }

  private failed(cause: unknown): void {
    const error = toPicaividError(cause);
    if (error.code !== 'host_unreachable' && error.code !== 'cancelled')
      this.core.log.info({ err: error }, 'a logo was not sent to the team');
  }
}

function away(cause: unknown): never {
  const error = toPicaividError(cause);
  if (error.code !== 'host_unreachable') throw error;
  const message = 'The logo of this film is not on this machine yet, and the team’s server cannot be reached now.';
  throw new PicaividError('host_unreachable', message, { cause });
}

/** Hashes of the logos that settings, titles or steps name, wherever in them. */
export function logosIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    name === 'logoId' ? (typeof part === 'string' && HASH.test(part) ? [part] : []) : logosIn(part),
  );
}
