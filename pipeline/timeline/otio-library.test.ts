/**
 * Our .otio file in the official OpenTimelineIO library. Runs where a Python with the package is found: `python3`, or
 * the one named by PICAIVID_PYTHON.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Timeline } from '../domain.ts';
import { clipStarts, framesAfterCut, framesBeforeCut, totalFrames } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import { counter } from './fixtures.ts';
import { toOtio } from './otio.ts';
import { fromOtio } from './otio-import.ts';
import { HOUSE_ANALYSIS, madeFilm, randomEdit, seeded } from './testing.ts';

const PYTHON = process.env.PICAIVID_PYTHON ?? 'python3';
const SCRIPT = fileURLToPath(new URL('../../scripts/oracles/otio_facts.py', import.meta.url));
const found = spawnSync(PYTHON, ['-c', 'import opentimelineio']).status === 0;

interface Fact {
  readonly kind: string;
  readonly name: string;
  readonly start: number;
  readonly frames: number;
  readonly source?: number;
  readonly media?: string | null;
  readonly inside?: boolean;
  readonly type?: string;
  readonly before?: number;
  readonly after?: number;
}
interface Facts {
  readonly rate: number;
  readonly frames: number;
  readonly tracks: readonly { readonly kind: string; readonly name: string; readonly children: readonly Fact[] }[];
  readonly markers: readonly { readonly name: string; readonly frame: number }[];
}

function throughLibrary(film: Timeline): { readonly facts: Facts; readonly written: string } {
  const folder = mkdtempSync(join(tmpdir(), 'otio-'));
  try {
    const [from, to] = [join(folder, 'film.otio'), join(folder, 'again.otio')];
    const mediaFor = (clip: Timeline['clips'][number]) => ({ path: `clips/${clip.id}.mp4`, frames: clip.moveFrames });
    writeFileSync(from, toOtio(film, { name: 'Élm Street · улица', musicPath: 'm.flac', mediaFor }));
    const run = spawnSync(PYTHON, [SCRIPT, from, to], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    return { facts: JSON.parse(run.stdout) as Facts, written: readFileSync(to, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Films of all sorts: one as built, two after many edits, one at a rate that is no whole number. */
function films(): Timeline[] {
  const edited = (seed: number): Timeline => {
    const random = seeded(seed);
    let film = madeFilm('walkthrough', 45);
    for (let i = 0; i < 40; i++) {
      try {
        film = applyEdit(film, randomEdit(random, film, counter(`n${i}-`))).timeline;
      } catch {
        // Refused.
      }
    }
    return film;
  };
  const marked = applyEdit(madeFilm(), { type: 'setMarker', marker: { id: 'm', frame: 33, label: 'Tür' } }).timeline;
  return [marked, edited(5), edited(6), { ...madeFilm('luxury', 30), frameRate: { num: 30000, den: 1001 } }];
}

it.skipIf(!found)(
  `the official library reads and rewrites it without loss${found ? '' : ' (skipped: no Python with opentimelineio)'}`,
  () => {
    for (const film of films()) {
      const { facts, written } = throughLibrary(film);
      const total = totalFrames(film.clips);
      const starts = clipStarts(film.clips);
      expect(facts.rate).toBeCloseTo(film.frameRate.num / film.frameRate.den, 9);
      expect(facts.frames).toBe(
        Math.max(total, ...film.titles.map((title) => title.startFrame + title.durationFrames)),
      );
      const children = facts.tracks[0]?.children ?? [];
      const clips = children.filter((child) => child.kind === 'Clip');
      expect(clips.map(({ name, start, frames, source, media }) => [name, start, frames, source, media])).toEqual(
        film.clips.map((clip, i) => [clip.photoId, starts[i], clip.durationFrames, clip.sourceInFrame, `clips/${clip.id}.mp4`]), // biome-ignore format: a row
      );
      // With the handles that its transitions take, every clip lies inside its media: the library says so, too.
      expect(clips.filter((clip) => clip.inside !== true)).toEqual([]);
      const transitions = film.clips.flatMap((clip, i) => {
        const { type, frames } = clip.transitionIn;
        if (frames === 0) return [];
        const before = i === 0 ? 0 : framesBeforeCut(clip.transitionIn);
        return [[type, (starts[i] ?? 0) - before, before, i === 0 ? frames : framesAfterCut(clip.transitionIn)]];
      });
      const read = children.filter((child) => child.kind === 'Transition');
      expect(read.map(({ name, start, before, after }) => [name, start, before, after])).toEqual(transitions);
      const markers = facts.markers.map(({ name, frame }) => [name, frame]);
      const beats = film.beats.filter((beat) => beat.frame <= total);
      expect(markers).toEqual([
        ...beats.map((beat) => [beat.beatInBar === 1 ? 'downbeat' : `beat ${beat.beatInBar}`, beat.frame]),
        ...film.markers.map((marker) => [marker.label, marker.frame]),
      ]);
      const context = {
        photos: HOUSE_ANALYSIS.photos,
        base: madeFilm('luxury', 30, 'other'),
        newId: counter('import'),
      };
      expect(fromOtio(written, context)).toEqual({ timeline: film, notes: [] });
    }
  },
);
