/** `bench edits`: what the timeline's engine takes for a film of 500 shots and 2,000 beats, kind by kind. */
import { PicaividError } from '../base/errors.ts';
import { seededRandom } from '../base/seeded-random.ts';
import type { Timeline } from '../pipeline/domain.ts';
import { compareTimelines } from '../pipeline/timeline/compare.ts';
import { applyEdit } from '../pipeline/timeline/edits.ts';
import { settle } from '../pipeline/timeline/edits-clips.ts';
import { changeMany } from '../pipeline/timeline/edits-make.ts';
import { lintTimeline } from '../pipeline/timeline/lint.ts';
import { keysBetween } from '../pipeline/timeline/order-key.ts';
import { toOtio } from '../pipeline/timeline/otio.ts';
import { fromOtio } from '../pipeline/timeline/otio-import.ts';
import { rebaseEdit } from '../pipeline/timeline/rebase.ts';
import { HOUSE_ANALYSIS, madeFilm, randomEdit, TRACK } from '../pipeline/timeline/testing.ts';
import type { BenchResult, BenchRow } from './types.ts';

const CLIPS = 500;
const BEATS = 2000;
/** Random edits that are timed, after as many that warm the engine up. */
const EDITS = 3000;
/** Typical time of one edit, milliseconds: an eighth of a frame at 60 a second. */
const GOAL_MS = 2;

function longFilm(): Timeline {
  const film = madeFilm('walkthrough', 60);
  const clips = keysBetween(null, null, CLIPS).flatMap((orderKey, i) => {
    const clip = film.clips[i % film.clips.length];
    return clip === undefined ? [] : [{ ...clip, id: `c${i}`, orderKey }];
  });
  const beats = Array.from({ length: BEATS }, (_, i) => ({
    frame: Math.round(i * 29.3),
    beatInBar: (i % 4) + 1,
    confidence: 0.9,
  }));
  return { ...film, clips: settle(clips), beats };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function timed(what: string, action: () => unknown): BenchRow {
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    const began = performance.now();
    action();
    if (i >= 10) times.push(performance.now() - began);
  }
  return { what, value: median(times), unit: 'ms' };
}

export async function benchEdits(): Promise<BenchResult> {
  const start = longFilm();
  const random = seededRandom(1);
  const times = new Map<string, number[]>();
  let n = 0;
  for (let i = 0; i < 2 * EDITS; i++) {
    const edit = randomEdit(random, start, () => `n${++n}`);
    // Another film in its place would end the measurement; batches are of any size and timed below.
    if (edit.type === 'setTemplate' || edit.type === 'batch') continue;
    const began = performance.now();
    try {
      applyEdit(start, edit);
    } catch (error) {
      if (error instanceof PicaividError && error.code === 'edit_refused') continue;
      throw error;
    }
    const took = performance.now() - began;
    if (i >= EDITS) times.set(edit.type, [...(times.get(edit.type) ?? []), took]);
  }
  const rows = [...times]
    .map(([type, values]) => ({ what: `${type}, typical`, value: median(values), unit: 'ms' }))
    .map((row): BenchRow => ({ ...row, goal: `≤ ${GOAL_MS}`, met: row.value <= GOAL_MS }))
    .sort((a, b) => b.value - a.value);
  const trim = { type: 'trimOut', clipId: 'c3', frames: -20, ripple: true, magnet: 'beats' } as const;
  const trimmed = applyEdit(start, trim).timeline;
  const selected = start.clips.filter((_, i) => i % 5 === 0).map((clip) => clip.id);
  const options = { rooms: HOUSE_ANALYSIS.clusters, targetSeconds: 300, track: TRACK };
  const otio = toOtio(start, { name: 'x', mediaFor: (clip) => ({ path: clip.id, frames: clip.moveFrames }) });
  const context = { photos: HOUSE_ANALYSIS.photos, base: start, newId: () => `o${++n}` };
  return {
    name: `edits (${CLIPS} shots, ${BEATS} beats)`,
    rows: [
      ...rows,
      timed('four things of 100 shots, one batch', () =>
        applyEdit(
          start,
          changeMany(start, selected, { motion: 'pull_out', amount: 0.3, renderer: 'ken_burns', audioPolicy: 'duck' }),
        ),
      ),
      timed('lint, nothing asked for', () => lintTimeline(start)),
      timed('lint, with rooms, target and music', () => lintTimeline(start, options)),
      timed('compare two versions', () => compareTimelines(start, trimmed)),
      timed('rebase an edit', () => rebaseEdit({ type: 'setAmount', clipId: 'c7', amount: 0.1 }, [trim], start)),
      timed('read an .otio', () => fromOtio(otio, context)),
    ],
    notes: ['Medians; the engine in Node, as it runs in the page and on the host.'],
  };
}
