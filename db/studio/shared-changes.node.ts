/** Changes of shared listings: what the team is told of a card, and what of an action is still a person's own. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { TEMPLATE_NAMES, type Timeline } from '../../pipeline/domain.ts';
import type { Change, RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { readFlag, readMoment } from '../codec.ts';
import type { OperationBody } from '../sync/protocol.ts';
import type { Tables } from '../tables.ts';
import type { WholeFilm } from './film-versions.node.ts';
import type { StudioStore } from './types.ts';

/** The changes whose registers hold what they were made on: in others somebody has changed the value since. */
export function stillOwn(decisions: RoomsDecisions, changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ field, subject, from }) => {
    const register: Readonly<Record<string, unknown>> = decisions[field];
    return ((Object.hasOwn(register, subject) ? register[subject] : null) ?? null) === from;
  });
}

/** For the label of an undo that could take back so many of all. */
export function partlyWords(own: number, all: number): string {
  if (own === 0) return ' (nothing: others have changed all of it since)';
  return ` (${own} of ${all}: others have changed the rest since)`;
}

/** What of a listing's card changes, as the team is told of it. */
export async function cardChanges(
  db: Kysely<Tables>,
  id: string,
  changes: Parameters<StudioStore['updateListing']>[1],
): Promise<readonly OperationBody[]> {
  const row = await db
    .selectFrom('listings')
    .innerJoin('jobs', 'jobs.id', 'listings.job_id')
    .select(['listings.name', 'listings.archived', 'listings.deleted_at', 'jobs.template_type', 'jobs.target_length'])
    .where('listings.id', '=', id)
    .executeTakeFirstOrThrow();
  const kind = 'listing.set' as const;
  const { name, archived, deletedAt, template, targetSeconds } = changes;
  const was = {
    archived: readFlag(row.archived),
    deletedAt: row.deleted_at === null ? null : readMoment(row.deleted_at),
  };
  const bodies: OperationBody[] = [];
  if (name !== undefined && name !== row.name) bodies.push({ kind, field: 'name', from: row.name, to: name });
  if (archived !== undefined && archived !== was.archived)
    bodies.push({ kind, field: 'archived', from: was.archived, to: archived });
  if (deletedAt !== undefined && deletedAt !== was.deletedAt)
    bodies.push({ kind, field: 'deletedAt', from: was.deletedAt, to: deletedAt });
  if (template !== undefined && template !== row.template_type)
    bodies.push({ kind, field: 'template', from: z.enum(TEMPLATE_NAMES).parse(row.template_type), to: template });
  if (targetSeconds !== undefined && targetSeconds !== row.target_length)
    bodies.push({ kind, field: 'targetSeconds', from: row.target_length, to: targetSeconds });
  return bodies;
}

type TeamTimeline = Extract<OperationBody, { kind: 'film.create' }>['timeline'];
/** The protocol's shapes are parsed ones, which say of nothing that it is not to be changed. */
const mutable = (timeline: Timeline): TeamTimeline => timeline as unknown as TeamTimeline;

/** `revision` is filled in by the outbox. */
export function editBody(label: string, edit: Edit, facts: Omit<WholeFilm, 'timeline'> | undefined): OperationBody {
  const changed = facts === undefined ? {} : { settings: facts.settings, sourceKey: facts.sourceKey };
  return { kind: 'film.edit', revision: 0, label, edit, ...changed };
}

export function versionBody(
  versionId: string,
  name: string,
  { timeline, settings, sourceKey }: WholeFilm,
): OperationBody {
  return { kind: 'film.version', versionId, name, timeline: mutable(timeline), settings, sourceKey };
}

export function createBody({ timeline, settings, sourceKey }: WholeFilm): OperationBody {
  return { kind: 'film.create', timeline: mutable(timeline), settings, sourceKey };
}
