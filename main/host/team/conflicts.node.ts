/** Conflicts in words that a person can decide by. */
import type { RefusedOperation } from '../../../db/sync/outbox.node.ts';
import type { Conflict } from '../../../db/sync/protocol.ts';
import type { Field } from '../../../pipeline/rooms/decisions.ts';
import { roomName } from '../../../pipeline/rooms/view.ts';
import type { HostCore } from '../core.ts';
import type { ConflictView, TeamStatus } from '../team-contract.ts';

const FIELD_WORDS: Readonly<Record<Field, string>> = {
  room: 'Room', place: 'Lane', excluded: 'Use', hero: 'First photo', motion: 'Motion', amount: 'Strength of the move',
  duration: 'Length', kept: 'Near-duplicate', dismissed: 'Suggestion',
}; // biome-ignore format: one glance
const CARD_WORDS: Readonly<Record<string, string>> = {
  name: 'The listing’s name', archived: 'The listing’s place', deletedAt: 'The listing', template: 'The style',
  targetSeconds: 'The film’s length',
}; // biome-ignore format: one glance

export async function conflictView(core: HostCore, conflict: Conflict): Promise<ConflictView> {
  const row = await core.store.listing(conflict.listingId);
  const { kind, subject, kept, lost } = conflict;
  const field = conflict.field.replace(/^listing\./, '');
  const words = (value: unknown): string => (kind === 'listing' ? cardWords(field, value) : registerWords(field as Field, value)); // biome-ignore format: one thought
  const base = { ...conflict, listingName: row?.name ?? '' };
  if (kind === 'film')
    return {
      ...base,
      what: 'The film',
      keptText: `As ${conflict.keptBy.name || 'the team'} has it`,
      lostText: `As ${conflict.lostBy.name || 'you'} had it, kept as a version`,
      photoId: null,
      versionId: typeof lost === 'string' ? lost : null,
    };
  const photo =
    kind === 'listing' || row === undefined ? undefined : (await core.analyses.get(row))?.photos.get(subject);
  const what =
    kind === 'listing'
      ? (CARD_WORDS[field] ?? 'The listing')
      : `${FIELD_WORDS[field as Field] ?? field}${photo === undefined ? '' : ` of ${photo.file}`}`;
  return {
    ...base,
    what,
    keptText: words(kept),
    lostText: words(lost),
    photoId: photo === undefined ? null : subject,
    versionId: null,
  };
}

function registerWords(field: Field, value: unknown): string {
  if (value === null || value === undefined || value === false) {
    if (field === 'excluded') return 'Used';
    if (field === 'hero') return 'Not the first photo';
    if (field === 'kept') return 'Left out as a near-duplicate';
    if (field === 'dismissed') return 'Shown';
    return 'As the analysis says';
  }
  if (value === true) {
    const yes: Partial<Record<Field, string>> = { excluded: 'Left out', hero: 'The first photo', kept: 'Kept', dismissed: 'Put away' }; // biome-ignore format: one glance
    return yes[field] ?? 'Yes';
  }
  if (field === 'room' && typeof value === 'string') return roomName(value as Parameters<typeof roomName>[0]);
  if (field === 'place') return 'A lane by hand';
  if (field === 'motion' && typeof value === 'string') return sentence(value.replaceAll('_', ' '));
  if (field === 'amount' && typeof value === 'number') return `${Math.round(value * 100)} %`;
  if (field === 'duration' && typeof value === 'number') return `${Math.round(value * 10) / 10} s`;
  return String(value);
}

function cardWords(field: string, value: unknown): string {
  if (field === 'archived') return value === true ? 'Archived' : 'In the library';
  if (field === 'deletedAt') return value === null ? 'In the library' : 'Deleted';
  if (field === 'targetSeconds') return `${String(value)} s`;
  if (field === 'template') return sentence(String(value).replaceAll('_', ' '));
  return String(value);
}

const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** What the server refused, until it is put away. */
export function refusedView({ operation, outcome, at }: RefusedOperation): TeamStatus['refused'][number] {
  return { id: operation.id, listingId: operation.listingId, sentence: outcome.reason, at };
}
