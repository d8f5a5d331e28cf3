/** Cards and tasks for tests. */
import type { ListingCard, TaskView } from '../../main/host/contract.ts';

export function testCard(id: string, rest: Partial<ListingCard> = {}): ListingCard {
  return {
    id,
    name: `House ${id}`,
    folder: `/photos/${id}`,
    status: 'planned',
    photoCount: 20,
    rejectedCount: 0,
    attentionCount: 0,
    posterPhotoId: null,
    task: null,
    error: null,
    folderMissing: false,
    archived: false,
    createdAt: '2026-11-22T09:00:00.000Z',
    updatedAt: '2026-11-22T09:00:00.000Z',
    template: 'classic',
    targetSeconds: 45,
    ...rest,
  };
}

export function testTask(id: string, rest: Partial<TaskView> = {}): TaskView {
  return {
    id,
    kind: 'analyze',
    listingId: null,
    listingName: null,
    state: 'running',
    fraction: 0.5,
    sentence: 'Measuring depth',
    secondsLeft: 10,
    error: null,
    createdAt: '2026-11-22T09:00:00.000Z',
    ...rest,
  };
}
