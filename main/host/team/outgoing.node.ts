/**
 * Own operations on their way: those that name files leave once the team's storage holds them, and so do those that speak
 * of what waits (a decision on a take that is still being sent). All others leave at once.
 */
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type PicaividError, toPicaividError } from '../../../base/errors.ts';
import { settleOutcomes } from '../../../db/sync/outbox.node.ts';
import type { BlobRef, Operation, Outcome } from '../../../db/sync/protocol.ts';
import type { HostCore } from '../core.ts';
import type { Music } from '../music.node.ts';
import type { TeamFiles } from './files.node.ts';
import type { Transfers } from './transfers.node.ts';

export interface OutgoingParts {
  readonly core: HostCore;
  readonly music: Music;
  readonly files: TeamFiles;
  readonly transfers: Transfers;
  /** A file has arrived: what waited for it may leave. */
  readonly onSent: () => void;
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void;
}

/** After a file could not be sent for a reason that passes, milliseconds. */
const AGAIN_MS = 5_000;

interface Need extends BlobRef {
  readonly what: 'photo' | 'depth' | 'analysis' | 'music' | 'take';
  /** Photo's id and file, or the take's hash. */
  readonly name: string;
  readonly file: string;
}

export class Outgoing {
  private readonly parts: OutgoingParts;
  private readonly sending = new Set<string>();

  constructor(parts: OutgoingParts) {
    this.parts = parts;
  }

  /** Which of these may leave now, in their order. Begins to send the files of the others. */
  async sendable(operations: readonly Operation[]): Promise<readonly Operation[]> {
    const { transfers } = this.parts;
    const needs = new Map(operations.map((operation) => [operation, needsOf(operation)]));
    const lacking = [...needs.values()].flat().filter(({ sha256 }) => !transfers.holds(sha256));
    if (lacking.length > 0) await transfers.look(lacking);
    const held = new Set<string>();
    const free: Operation[] = [];
    for (const operation of operations) {
      const missing = needs.get(operation)?.filter(({ sha256 }) => !transfers.holds(sha256)) ?? [];
      for (const need of missing) this.send(operation, need);
      if (missing.length > 0 || speaksOf(operation).some((key) => held.has(key)))
        for (const key of [...speaksOf(operation), ...makes(operation)]) held.add(key);
      else free.push(operation);
    }
    return free;
  }

  private send(operation: Operation, need: Need): void {
    const { transfers, core, onSent } = this.parts;
    const key = `${operation.id} ${need.sha256}`;
    if (this.sending.has(key)) return;
    this.sending.add(key);
    const work = async (): Promise<void> => {
      const path = await this.pathOf(operation, need);
      await transfers.upload({ ...need, path, contentType: TYPES[need.what] });
      onSent();
    };
    work()
      .catch(async (cause: unknown) => {
        const error = toPicaividError(cause);
        if (error.code === 'cancelled') return;
        if (error.code === 'host_unreachable' || error.code === 'database_failed' || error.code === 'internal') {
          core.log.info({ err: error, kind: operation.body.kind }, 'a file was not sent to the team');
          setTimeout(onSent, AGAIN_MS).unref();
          return;
        }
        await this.refuse(operation, need, error);
      })
      .catch((error: unknown) => core.log.warn({ err: error }, 'an operation could not be put aside'))
      .finally(() => this.sending.delete(key));
  }

  /** Without its file it would wait for ever: it is put aside and shown, and others go on. */
  private async refuse({ id }: Operation, { file }: Need, error: PicaividError): Promise<void> {
    const reason = `${file} could not be sent to the team. ${error.message}`;
    const outcomes: Outcome[] = [{ id, outcome: 'refused', code: error.code, reason }];
    await settleOutcomes(this.parts.core.database, outcomes);
    this.parts.onOutcomes(outcomes);
    this.parts.onSent();
  }

  private async pathOf({ listingId }: Operation, { what, name, sha256, file }: Need): Promise<string> {
    const { core, files, music } = this.parts;
    if (what === 'analysis') return files.analysisFile(sha256);
    if (what === 'music') return music.file(sha256);
    if (what === 'take') return join(core.home.takesDir, name, 'clip.mp4');
    const row = await core.store.listing(listingId);
    if (row === undefined) return join(core.home.dir, 'team', 'gone');
    if (what === 'depth') {
      const depth = (await core.analyses.get(row))?.photos.get(name)?.depth?.path;
      return depth ?? files.depthFile(listingId, sha256);
    }
    const root = await realpath(row.folder);
    const path = await realpath(join(root, ...file.split('/')));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return join(core.home.dir, 'team', 'gone');
    return path;
  }
}

const TYPES: Readonly<Record<Need['what'], string>> = {
  photo: 'application/octet-stream',
  depth: 'image/png',
  analysis: 'application/json',
  music: 'application/octet-stream',
  take: 'video/mp4',
};

function needsOf({ body }: Operation): readonly Need[] {
  switch (body.kind) {
    case 'photos.set':
      return body.put.flatMap(({ photoId, file, blob, depth }): Need[] => [
        { ...blob, what: 'photo', name: photoId, file },
        ...(depth === null ? [] : [{ ...depth, what: 'depth' as const, name: photoId, file: `The depth of ${file}` }]),
      ]);
    case 'analysis.set':
      return [{ ...body.blob, what: 'analysis', name: '', file: 'The analysis of the photos' }];
    case 'music.add':
      return [{ ...body.blob, what: 'music', name: '', file: body.name }];
    case 'take.add':
      return [{ ...body.blob, what: 'take', name: body.specHash, file: 'A rendered clip' }];
    default:
      return [];
  }
}

/** What an operation speaks of that others make. A later list of photos, or a later analysis, never passes an earlier one. */
function speaksOf({ listingId, body }: Operation): readonly string[] {
  if (body.kind === 'photos.set' || body.kind === 'analysis.set') return [`${body.kind} ${listingId}`];
  if ('clipId' in body && body.kind !== 'clip.seed') return [`clip ${listingId} ${body.clipId}`];
  return body.kind === 'review.resolve' ? [`note ${body.noteId}`] : [];
}

function makes({ body }: Operation): readonly string[] {
  return body.kind === 'review.note' ? [`note ${body.noteId}`] : [];
}
