import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Timeline } from '../domain.ts';
import { toOtio } from './otio.ts';
import { cutFrames, describeTimeline } from './report.ts';

/** Two clips, one dissolve, a fade from black, looped music, a title and a marker: every schema that is written. */
const FILM: Timeline = {
  id: 't1',
  version: 3,
  status: 'draft',
  template: 'classic',
  frameRate: { num: 30, den: 1 },
  width: 1920,
  height: 1080,
  clips: [
    {
      id: 'a', orderKey: 'a0', photoId: 'front', clusterId: 'c0', motion: 'push_in', amount: 0.5,
      renderer: 'depth_parallax', moveFrames: 74, sourceInFrame: 8, durationFrames: 60,
      transitionIn: { type: 'dip_black', frames: 16 }, audioPolicy: 'mute', reason: 'opens',
    },
    {
      id: 'b', orderKey: 'a1', photoId: 'kitchen', clusterId: 'c1', motion: 'static', amount: 0,
      renderer: 'ken_burns', moveFrames: 100, sourceInFrame: 20, durationFrames: 45,
      transitionIn: { type: 'cross_dissolve', frames: 12 }, audioPolicy: 'mute', reason: 'closes',
    },
  ], // biome-ignore format: two rows
  beats: [0, 15, 30, 45, 60, 75, 90, 105, 120].map((frame, i) => ({ frame, beatInBar: (i % 4) + 1, confidence: 1 })),
  music: {
    segments: [
      { filmStartFrame: 0, filmEndFrame: 90, musicStartSeconds: 1.5 },
      { filmStartFrame: 90, filmEndFrame: 105, musicStartSeconds: 0.01 },
    ],
    fadeInFrames: 3,
    fadeOutFrames: 30,
  },
  titles: [{ id: 't', startFrame: 10, durationFrames: 50, text: 'Elm Street', subtext: '12' }],
  markers: [{ id: 'm', frame: 33, label: 'door' }],
  leftOut: [],
};

const node = z.looseObject({ OTIO_SCHEMA: z.string() });
const document = JSON.parse(
  toOtio(FILM, {
    name: 'Elm Street 12',
    musicPath: 'music/loop.flac',
    musicSeconds: 4.5,
    mediaFor: (clip) => ({ path: `clips/${clip.id}.mp4`, frames: clip.moveFrames }),
  }),
);
const time = (value: number) => ({ OTIO_SCHEMA: 'RationalTime.1', value, rate: 30 });
const range = (start: number, duration: number) => ({ OTIO_SCHEMA: 'TimeRange.1', start_time: time(start), duration: time(duration) }); // biome-ignore format: one thought

describe('OpenTimelineIO export', () => {
  it('has the tracks and items that the official library reads (structure checked by scripts/oracles/otio_check.py)', () => {
    expect(node.parse(document).OTIO_SCHEMA).toBe('Timeline.1');
    expect(document.global_start_time).toEqual(time(0));
    expect(document.tracks.OTIO_SCHEMA).toBe('Stack.1');
    const shape = document.tracks.children.map((track: { kind: string; name: string; children: unknown[] }) => [
      track.kind,
      track.name,
      track.children.map((child) => node.parse(child).OTIO_SCHEMA),
    ]);
    expect(shape).toEqual([
      ['Video', 'Film', ['Transition.1', 'Clip.2', 'Transition.1', 'Clip.2']],
      ['Video', 'Titles', ['Gap.1', 'Clip.2']],
      ['Audio', 'Music', ['Clip.2', 'Clip.2']],
    ]);
  });

  it('writes source windows, media and transitions in frames', () => {
    const [fade, a, dissolve, b] = document.tracks.children[0].children;
    expect([fade.in_offset, fade.out_offset]).toEqual([time(0), time(16)]);
    expect(fade.transition_type).toBe('Custom_Transition');
    expect([dissolve.in_offset, dissolve.out_offset]).toEqual([time(6), time(6)]);
    expect(dissolve.transition_type).toBe('SMPTE_Dissolve');
    expect(a.source_range).toEqual(range(8, 60));
    expect(b.source_range).toEqual(range(20, 45));
    expect(b.active_media_reference_key).toBe('DEFAULT_MEDIA');
    expect(b.media_references.DEFAULT_MEDIA).toMatchObject({
      OTIO_SCHEMA: 'ExternalReference.1',
      target_url: 'clips/b.mp4',
      available_range: range(0, 100),
    });
  });

  it('writes titles, music pieces and markers', () => {
    const [gap, title] = document.tracks.children[1].children;
    expect(gap.source_range).toEqual(range(0, 10));
    expect(title.media_references.DEFAULT_MEDIA.parameters).toEqual({ text: 'Elm Street', subtext: '12' });
    const [first, second] = document.tracks.children[2].children;
    expect(first.source_range).toEqual(range(45, 90));
    expect(second.source_range).toEqual(range(0.3, 15));
    expect(second.media_references.DEFAULT_MEDIA.available_range).toEqual(range(0, 135));
    // The beat at 120 lies behind the film's end.
    const markers = document.tracks.markers.map((one: { name: string; marked_range: unknown }) => [
      one.name,
      one.marked_range,
    ]);
    expect(markers).toHaveLength(9);
    expect(markers[0]).toEqual(['downbeat', range(0, 0)]);
    expect(markers[2]).toEqual(['beat 3', range(30, 0)]);
    expect(markers.at(-1)).toEqual(['door', range(33, 0)]);
  });
});

describe('report', () => {
  it('describes clips in film frames', () => {
    const report = describeTimeline(FILM);
    expect(report).toMatchObject({ totalFrames: 105, totalSeconds: 3.5, endsOnBeat: true, frameRate: '30', beats: 8 });
    expect(report.clips[1]).toMatchObject({
      startFrame: 60, endFrame: 105, inFrame: 20, outFrame: 65, beatIndex: 4, beatInBar: 1, durationSeconds: 1.5,
    }); // biome-ignore format: one row
    expect(cutFrames(FILM)).toEqual([60]);
  });
});
