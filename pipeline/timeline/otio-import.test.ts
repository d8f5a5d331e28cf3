import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../domain.ts';
import { cutFrames } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import { replaceBy } from './edits-make.ts';
import { counter } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { toOtio } from './otio.ts';
import { fromOtio, type OtioContext, type OtioImport } from './otio-import.ts';
import { FILMS, HOUSE_ANALYSIS, madeFilm, randomEdit, seeded } from './testing.ts';

const FILM = madeFilm('classic', 24);
const OTHER = madeFilm('luxury', 30, 'other');
const context = (base: Timeline = OTHER): OtioContext => ({
  photos: HOUSE_ANALYSIS.photos,
  shots: new Map(HOUSE_ANALYSIS.clusters.flatMap(({ shots }) => shots.map((shot) => [shot.photoId, shot]))),
  base,
  newId: counter('import'),
});
const write = (film: Timeline): string =>
  toOtio(film, { name: 'Elm', musicPath: 'm.flac', mediaFor: (clip) => ({ path: `${clip.id}.mp4`, frames: clip.moveFrames }) }); // biome-ignore format: one line
const read = (text: string, base?: Timeline): OtioImport => fromOtio(text, context(base));

describe('our own OpenTimelineIO file', () => {
  it('gives the equal timeline back, whatever was edited', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: FILMS.length - 1 }), (seed, which) => {
        const random = seeded(seed);
        let film = FILMS[which] as Timeline;
        let n = 0;
        for (let i = 0; i < 15; i++) {
          try {
            film = applyEdit(
              film,
              randomEdit(random, film, () => `n${++n}`),
            ).timeline;
          } catch {
            // Refused.
          }
        }
        const { timeline, notes } = read(write(film));
        expect(timeline).toEqual(film);
        expect(notes).toEqual([]);
        // As the edit that the host makes of it: nothing changes.
        expect(applyEdit(film, replaceBy(timeline, { withMarkers: true })).timeline).toEqual(film);
      }),
      { numRuns: 80 },
    );
  });

  it('takes over what another program did with it: order, lengths, a shot cut in two, a transition taken out', () => {
    const file = JSON.parse(write(FILM));
    const film = file.tracks.children[0];
    const clips = film.children.filter((one: { OTIO_SCHEMA: string }) => one.OTIO_SCHEMA === 'Clip.2');
    const [first, second, third] = clips;
    second.source_range.duration.value -= 10;
    film.children = [first, second, structuredClone(third), third, ...clips.slice(3)];
    const { timeline } = read(JSON.stringify(file));
    expect(checkTimeline(timeline)).toEqual([]);
    expect(timeline.clips.map((clip) => clip.id)).toEqual([FILM.clips[0]?.id, FILM.clips[1]?.id, FILM.clips[2]?.id, 'import1', ...FILM.clips.slice(3).map((clip) => clip.id)]); // biome-ignore format: one row
    expect(timeline.clips[1]?.durationFrames).toBe((FILM.clips[1]?.durationFrames ?? 0) - 10);
    expect(timeline.clips.every((clip) => clip.transitionIn.type === 'cut')).toBe(true);
    expect(timeline.clips[2]).toMatchObject({ motion: FILM.clips[2]?.motion, moveFrames: FILM.clips[2]?.moveFrames });
    expect(timeline.beats).toEqual(FILM.beats);
  });
});

// ─────────────── Files of other programs ───────────────

const time = (value: number, rate = 25) => ({ OTIO_SCHEMA: 'RationalTime.1', value, rate });
const range = (start: number, frames: number, rate = 25) => ({
  OTIO_SCHEMA: 'TimeRange.1',
  start_time: time(start, rate),
  duration: time(frames, rate),
});
const clip = (file: string | null, frames: number, more: object = {}) => ({
  OTIO_SCHEMA: 'Clip.1',
  name: 'V1',
  metadata: { someone: { clip_id: 7 } },
  source_range: range(90_000, frames),
  effects: [],
  markers: [],
  media_reference:
    file === null ? { OTIO_SCHEMA: 'MissingReference.1' } : { OTIO_SCHEMA: 'ExternalReference.1', target_url: file },
  ...more,
});
const dissolve = (type = 'SMPTE_Dissolve') => ({ OTIO_SCHEMA: 'Transition.1', name: 'Mix', transition_type: type, in_offset: time(6), out_offset: time(7) }); // biome-ignore format: one line
const gap = (frames: number) => ({ OTIO_SCHEMA: 'Gap.1', source_range: range(0, frames) });
const track = (children: object[], kind = 'Video', more: object = {}) => ({ OTIO_SCHEMA: 'Track.1', kind, name: 'V', children, ...more }); // biome-ignore format: one line
const file = (...tracks: object[]): string =>
  JSON.stringify({ OTIO_SCHEMA: 'Timeline.1', name: 'x', tracks: { OTIO_SCHEMA: 'Stack.1', children: tracks, markers: [{ OTIO_SCHEMA: 'Marker.2', name: '', comment: 'here', marked_range: range(50, 0) }] } }); // biome-ignore format: as above
const MARK = { OTIO_SCHEMA: 'Marker.1', name: 'door', marked_range: range(90_010, 0) };

describe('a file of another program', () => {
  it('is understood: media names, ranges at another rate, dissolves, markers; the rest is said', () => {
    const { timeline, notes } = read(
      file(
        track([
          clip('file:///Volumes/Job%201/KITCHEN-0-1.JPG', 50),
          dissolve(),
          clip('C:\\job\\pool-11-0.jpg', 37, { effects: [{ OTIO_SCHEMA: 'LinearTimeWarp.1' }], markers: [MARK] }),
          dissolve('Star_Wipe'),
          clip(null, 25, { name: 'office-8-0' }),
          gap(10),
        ]),
        track([clip('sound.wav', 100)], 'Audio'),
      ),
    );
    expect(checkTimeline(timeline)).toEqual([]);
    // 50, 87 and 112 frames at 25 are 60, 104.4 and 134.4 at 30: rounded from the start, so nothing drifts.
    expect(cutFrames(timeline)).toEqual([60, 104]);
    expect(timeline.clips.map((one) => [one.photoId, one.clusterId, one.durationFrames])).toEqual([
      ['kitchen-0-1', 'c0', 60],
      ['pool-11-0', 'c11', 44],
      ['office-8-0', 'c8', 30],
    ]);
    expect(timeline.clips.map((one) => one.transitionIn)).toEqual([
      { type: 'cut', frames: 0 },
      { type: 'cross_dissolve', frames: 16 },
      { type: 'cross_dissolve', frames: 16 },
    ]);
    expect(timeline.markers.map(({ frame, label }) => [frame, label])).toEqual([[60, 'here'], [72, 'door']]); // biome-ignore format: one row
    expect(timeline).toMatchObject({ beats: OTHER.beats, music: OTHER.music, template: 'luxury', id: OTHER.id });
    expect(notes).toEqual([
      'The sound of the file is not taken over: the film keeps its music.',
      'The transition “Mix” becomes a cross dissolve.',
      'Effects on 1 shot are not taken over.',
      'The file counts 25 frames a second, the film 30: cuts are put on the nearest frame.',
    ]);
  });

  const pool = clip('pool-11-0.jpg', 40);
  it.each<[string, string, RegExp]>([
    ['text', 'EDL', /not JSON/],
    ['other JSON', '{"clips":[]}', /does not say what it holds/],
    ['a clip alone', JSON.stringify(pool), /holds a Clip/],
    ['no tracks', '{"OTIO_SCHEMA":"Timeline.1"}', /no tracks/],
    ['no pictures', file(track([gap(5)])), /no video track with pictures/],
    ['two tracks', file(track([pool]), track([pool])), /2 video tracks/],
    ['a gap', file(track([pool, gap(30), pool])), /gap at 0:01\.6/],
    ['a shot that is off', file(track([pool, { ...pool, enabled: false }, pool])), /“V1” is switched off at 0:01\.6/],
    ['a nested sequence', file(track([pool, { OTIO_SCHEMA: 'Stack.1', name: 'Intro', children: [] }])), /“Intro” is a Stack/],
    ['unknown media', file(track([pool, clip('drone.mp4', 30), clip('b.mp4', 30)])), /no photo for “drone\.mp4” and “b\.mp4”/],
    ['no length', file(track([{ ...pool, source_range: null }])), /says nothing of its length/],
    ['negative length', file(track([{ ...pool, source_range: range(0, -4) }])), /shorter than a frame/],
    ['rate zero', file(track([{ ...pool, source_range: range(0, 4, 0) }])), /says nothing of its length/],
    ['a newer studio', write(FILM).replace('"format": 1', '"format": 2'), /newer version of the studio/],
    ['several timelines', JSON.stringify({ OTIO_SCHEMA: 'SerializableCollection.1', children: [] }), /holds 0 timelines/],
  ])('is refused by a sentence: %s', (_, text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
    try {
      read(text);
    } catch (error) {
      expect(error).toBeInstanceOf(PicaividError);
      expect((error as PicaividError).code).toBe('bad_usage');
    }
  }); // biome-ignore format: a table

  it('any damage of our own file gives a valid film or a refusal, never something else', () => {
    const text = write(FILM);
    const random = seeded(4);
    let refused = 0;
    for (let n = 0; n < 150; n++) {
      const damaged = JSON.parse(text);
      // One value anywhere is replaced.
      let at = damaged;
      for (;;) {
        const keys = Object.keys(at);
        const key = keys[Math.floor(random() * keys.length)] ?? '';
        if (typeof at[key] !== 'object' || at[key] === null || random() < 0.15) {
          at[key] = [null, -1, 'x', 1e300, [], {}, true][Math.floor(random() * 7)];
          break;
        }
        at = at[key];
        if (Object.keys(at).length === 0) break;
      }
      try {
        expect(checkTimeline(read(JSON.stringify(damaged)).timeline)).toEqual([]);
      } catch (error) {
        if (!(error instanceof PicaividError) || error.code !== 'bad_usage') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(3);
  });
});
