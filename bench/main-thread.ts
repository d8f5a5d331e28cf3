/** Reads a browser's trace: how much a page's main thread worked in each frame. Pure. */
import { z } from 'zod';

/** Chromium's trace format; times are microseconds. `tdur` is the thread's processor time, `dur` the time on the wall. */
const traceEvent = z.object({
  name: z.string(),
  ph: z.string(),
  pid: z.number(),
  tid: z.number(),
  ts: z.number(),
  dur: z.number().optional(),
  tdur: z.number().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
});
const traceFile = z.object({ traceEvents: z.array(traceEvent) });
type Event = z.infer<typeof traceEvent>;

/**
 * What has to be recorded for `mainThreadWork`, and nothing more: what the developer tools record beside it (each
 * request with its stack, each layer) is work of the same thread, and made 6.0 ms of a frame that loads photos 10.8.
 */
export const TRACE_CATEGORIES = ['toplevel', 'cc', '__metadata'];
const TASK = 'ThreadControllerImpl::RunTask';
const DRAW = 'ProxyMain::BeginMainFrame::commit';
/** A frame with less work than this had nothing to do: it would only flatter the percentiles. Milliseconds. */
const IDLE_MS = 0.2;
/** The web's definition of a long task, milliseconds. */
const LONG_TASK_MS = 50;

export interface Work {
  /** Milliseconds of the thread's own processor time: script, style, layout, paint. A busy machine does not change it. */
  readonly cpu: number;
  /** Milliseconds on the wall, which other programs lengthen. */
  readonly wall: number;
}

export interface MainThreadWork {
  /** Frames that were drawn. */
  readonly frames: number;
  readonly median: Work;
  readonly p95: Work;
  readonly longestTask: Work;
  /** Tasks of 50 ms and more. */
  readonly longTasks: Work;
}

/**
 * The work of each frame that a page drew: all tasks of its main thread since the frame before, with the one that drew.
 * Throws on a damaged trace.
 */
export function mainThreadWork(trace: unknown): MainThreadWork {
  const events = traceFile.parse(trace).traceEvents;
  const mains = new Set(
    events
      .filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const threads = new Map<string, { tasks: Event[]; draws: number[] }>();
  for (const event of events) {
    const name = `${event.pid} ${event.tid}`;
    if (!mains.has(name) || event.ph !== 'X') continue;
    const thread = threads.get(name) ?? { tasks: [], draws: [] };
    threads.set(name, thread);
    if (event.name === TASK) thread.tasks.push(event);
    else if (event.name === DRAW) thread.draws.push(event.ts);
  }
  const frames: Work[] = [];
  const all: Work[] = [];
  for (const { tasks, draws } of threads.values()) {
    tasks.sort((a, b) => a.ts - b.ts);
    draws.sort((a, b) => a - b);
    let frame = { cpu: 0, wall: 0 };
    for (const { ts, dur = 0, tdur = dur } of tasks) {
      const work = { cpu: tdur / 1000, wall: dur / 1000 };
      all.push(work);
      frame = { cpu: frame.cpu + work.cpu, wall: frame.wall + work.wall };
      if (draws[0] === undefined || draws[0] > ts + dur) continue;
      while (draws[0] !== undefined && draws[0] <= ts + dur) draws.shift();
      frames.push(frame);
      frame = { cpu: 0, wall: 0 };
    }
  }
  const busy = frames.filter(({ cpu }) => cpu > IDLE_MS);
  const both = (of: (values: readonly number[]) => number, works: readonly Work[]): Work => ({
    cpu: of(works.map(({ cpu }) => cpu)),
    wall: of(works.map(({ wall }) => wall)),
  });
  return {
    frames: busy.length,
    median: both((values) => quantile(values, 0.5), busy),
    p95: both((values) => quantile(values, 0.95), busy),
    longestTask: both((values) => Math.max(0, ...values), all),
    longTasks: both((values) => values.filter((ms) => ms >= LONG_TASK_MS).length, all),
  };
}

/** The smallest value that this part of the values does not exceed; 0 of none. */
function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;
}
