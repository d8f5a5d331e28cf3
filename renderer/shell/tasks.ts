/** The list of unfinished tasks as events change it. Pure. */
import type { TaskState, TaskView } from '../../main/host/contract.ts';

const UNFINISHED: ReadonlySet<TaskState> = new Set(['waiting', 'running', 'paused']);

/** The list with one task's newest state; finished ones leave it. Oldest first. */
export function withTask(tasks: readonly TaskView[], task: TaskView): readonly TaskView[] {
  const rest = tasks.filter((one) => one.id !== task.id);
  if (!UNFINISHED.has(task.state)) return rest;
  return [...rest, task].toSorted((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

export function unfinished(tasks: readonly TaskView[]): readonly TaskView[] {
  return tasks.reduce<readonly TaskView[]>((list, task) => withTask(list, task), []);
}

/** The one that the status line shows: what runs, else what waits, else what is paused; the oldest of these. */
export function foremost(tasks: readonly TaskView[]): TaskView | null {
  return (
    tasks.find(({ state }) => state === 'running') ??
    tasks.find(({ state }) => state === 'waiting') ??
    tasks.find(({ state }) => state === 'paused') ??
    null
  );
}

/** What a task is, in a few words that stand before its sentence. */
export function taskSubject(task: TaskView): string {
  if (task.listingName !== null) return task.listingName;
  return {
    analyze: 'Analysis',
    pull_models: 'Models',
    verify_models: 'Models',
    diagnostics: 'Diagnostics',
    timeline: 'Film',
    render: 'Renders',
    deliver: 'Delivery',
  }[task.kind];
}
