/** A message as text on the wire, in the seed's words: `{job_id, action: "run", start_phase?}`, and ours: `{task_id}`. Pure. */
import { z } from 'zod';
import type { QueueMessage } from './queue.ts';

const id = z.string().min(1).max(100);
const phase = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const taskSchema = z.object({ task_id: id });
const jobSchema = z.object({ job_id: id, action: z.string().default('run'), start_phase: phase.nullish() });

export type ReadMessage =
  | { readonly message: QueueMessage }
  /** Never handed to a worker: logged, answered and not tried again. */
  | { readonly ignored: string };

export function readMessage(data: unknown): ReadMessage {
  const task = taskSchema.safeParse(data);
  if (task.success) return { message: { kind: 'task', taskId: task.data.task_id } };
  const job = jobSchema.safeParse(data);
  if (!job.success) return { ignored: 'It is no message of ours.' };
  const { job_id: jobId, action, start_phase: startPhase } = job.data;
  if (action !== 'run') return { ignored: `The action ${JSON.stringify(action.slice(0, 40))} is not known.` };
  return { message: { kind: 'job', jobId, ...(startPhase == null ? {} : { startPhase }) } };
}

/** Text of the wire; what is no JSON is no message. */
export function readMessageText(text: string): ReadMessage {
  try {
    return readMessage(JSON.parse(text));
  } catch {
    return { ignored: 'It is no JSON.' };
  }
}

export function writeMessage(message: QueueMessage): Record<string, unknown> {
  if (message.kind === 'task') return { task_id: message.taskId };
  const { jobId, startPhase } = message;
  return { job_id: jobId, action: 'run', ...(startPhase === undefined ? {} : { start_phase: startPhase }) };
}
