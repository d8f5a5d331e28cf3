/** Long work of the host: each card and the status line choose what they show of it. */
import { create } from 'zustand';
import type { TaskState, TaskView } from '../../main/host/contract.ts';
import { api, errorOf } from '../api.ts';
import { toast } from './toasts.ts';

interface Tasks {
  readonly byId: ReadonlyMap<string, TaskView>;
  /** Listing id → its newest task, whatever its state. */
  readonly byListing: ReadonlyMap<string, TaskView>;
}

export const useTasks = create<Tasks>(() => ({ byId: new Map(), byListing: new Map() }));

const ACTIVE: ReadonlySet<TaskState> = new Set(['waiting', 'running', 'paused']);
export const isActive = (task: TaskView): boolean => ACTIVE.has(task.state);

/** Newest task of each listing; the same map when nothing of it changed. */
function newestByListing(byId: ReadonlyMap<string, TaskView>): ReadonlyMap<string, TaskView> {
  const newest = new Map<string, TaskView>();
  for (const task of byId.values()) {
    if (task.listingId === null) continue;
    const other = newest.get(task.listingId);
    if (other === undefined || other.createdAt <= task.createdAt) newest.set(task.listingId, task);
  }
  return newest;
}

/** All that the host knows now; what it no longer lists is forgotten. */
export function setTasks(tasks: readonly TaskView[]): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  useTasks.setState({ byId, byListing: newestByListing(byId) });
}

/** One task moved on. Gives the state it was in before, or null for a new one. */
export function applyTask(task: TaskView): TaskState | null {
  const { byId, byListing } = useTasks.getState();
  const before = byId.get(task.id)?.state ?? null;
  const next = new Map(byId).set(task.id, task);
  const current = task.listingId === null ? undefined : byListing.get(task.listingId);
  const newest =
    task.listingId !== null && (current === undefined || current.id === task.id || current.createdAt <= task.createdAt);
  useTasks.setState({
    byId: next,
    byListing: newest && task.listingId !== null ? new Map(byListing).set(task.listingId, task) : byListing,
  });
  return before;
}

/** Waiting, running and paused, the oldest first. */
export function activeTasks(byId: ReadonlyMap<string, TaskView>): readonly TaskView[] {
  return [...byId.values()].filter(isActive).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** The active task of a listing; a component that selects by this is drawn again only when that task moves. */
export function activeTaskOf(listingId: string): (state: Tasks) => TaskView | null {
  return ({ byListing }) => {
    const task = byListing.get(listingId);
    return task !== undefined && isActive(task) ? task : null;
  };
}

async function told(title: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    toast({ tone: 'fail', title, detail: errorOf(error).message });
  }
}

export const pauseTask = (id: string): Promise<void> => told('It could not be paused', api.tasks.pause.mutate({ id }));
export const resumeTask = (id: string): Promise<void> => told('It could not go on', api.tasks.resume.mutate({ id }));
export const cancelTask = (id: string): Promise<void> =>
  told('It could not be cancelled', api.tasks.cancel.mutate({ id }));
export const retryTask = (id: string): Promise<void> =>
  told('It could not be started again', api.tasks.retry.mutate({ id }));
