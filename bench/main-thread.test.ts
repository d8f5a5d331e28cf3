import { expect, test } from 'vitest';
import { mainThreadWork } from './main-thread.ts';

const thread = { pid: 7, tid: 1 };
const named = { name: 'thread_name', ph: 'M', ts: 0, ...thread, args: { name: 'CrRendererMain' } };
const task = (ts: number, dur: number, tdur: number) => ({
  name: 'ThreadControllerImpl::RunTask',
  ph: 'X',
  ts,
  dur,
  tdur,
  ...thread,
});
const commit = (ts: number) => ({ name: 'ProxyMain::BeginMainFrame::commit', ph: 'X', ts, dur: 10, ...thread });

test('a frame is all tasks since the frame before and the one that draws; other threads do not count', () => {
  const work = mainThreadWork({
    traceEvents: [
      named,
      task(0, 3000, 1000), // before the first drawing task, so of its frame
      task(5000, 8000, 4000),
      commit(12_000),
      task(20_000, 1000, 500),
      task(40_000, 60_000, 9500),
      commit(90_000),
      task(200_000, 100, 50), // nothing is drawn after it
      { ...task(300_000, 90_000, 90_000), tid: 2 },
    ],
  });
  expect(work).toEqual({
    frames: 2,
    median: { cpu: 5, wall: 11 },
    p95: { cpu: 10, wall: 61 },
    longestTask: { cpu: 9.5, wall: 60 },
    longTasks: { cpu: 0, wall: 1 },
  });
});

test('frames with next to no work are left out, and a trace that is none is refused', () => {
  const idle = mainThreadWork({ traceEvents: [named, task(0, 150, 100), commit(120)] });
  expect(idle.frames).toBe(0);
  expect(idle.p95).toEqual({ cpu: 0, wall: 0 });
  expect(() => mainThreadWork({ events: [] })).toThrow();
});
