/**
 * OpenTimelineIO JSON of a timeline: video track with transitions, a title track, a music track, markers at beats. What
 * the format has no words for is metadata under `picaivid`, so that `fromOtio` gives the same timeline back.
 * Schemas and field names as the official library 0.18 writes them (Timeline.1, Stack.1, Track.1, Clip.2,
 * Transition.1, Marker.2, …); `scripts/oracles/otio_check.py` opens the result with that library.
 */
import type { MusicPlan, Timeline, TimelineClip, TransitionType } from '../domain.ts';
import type { FrameRate } from '../time.ts';
import { clipStarts, framesAfterCut, framesBeforeCut } from './clip-math.ts';

export interface OtioOptions {
  /** File of a clip (path or URL, `/` as separator) and how many frames it has. */
  readonly mediaFor: (clip: TimelineClip) => { readonly path: string; readonly frames: number };
  readonly musicPath?: string;
  /** Length of the music file, seconds; the music's available range is left open when absent. */
  readonly musicSeconds?: number;
  readonly name: string;
}

/** Counts changes of what is under `picaivid`; readers refuse a newer one. */
export const OTIO_METADATA_FORMAT = 1;

type Json = Readonly<Record<string, unknown>>;

/** The library's own name for dissolves; the others are not in its vocabulary and read as custom transitions. */
const TRANSITION_NAMES: Readonly<Record<TransitionType, string>> = {
  cut: 'Custom_Transition',
  cross_dissolve: 'SMPTE_Dissolve',
  dip_black: 'Custom_Transition',
  dip_white: 'Custom_Transition',
  slide: 'Custom_Transition',
  wipe: 'Custom_Transition',
  zoom: 'Custom_Transition',
};

/** The timeline as the text of an `.otio` file, indented by two spaces. Lengths are frames at the film's rate. */
export function toOtio(timeline: Timeline, options: OtioOptions): string {
  const rate = timeline.frameRate;
  const tracks = [videoTrack(timeline, options)];
  if (timeline.titles.length > 0) tracks.push(titleTrack(timeline));
  const music = musicTrack(timeline, options);
  if (music !== undefined) tracks.push(music);
  const document = {
    OTIO_SCHEMA: 'Timeline.1',
    metadata: {
      picaivid: {
        format: OTIO_METADATA_FORMAT,
        timeline_id: timeline.id,
        version: timeline.version,
        status: timeline.status,
        template: timeline.template,
        width: timeline.width,
        height: timeline.height,
        frame_rate: `${rate.num}/${rate.den}`,
        beats: timeline.beats.map((beat) => [beat.frame, beat.beatInBar, exactly(beat.confidence)]),
        music: timeline.music === null ? null : musicData(timeline.music),
        left_out: timeline.leftOut,
      },
    },
    name: options.name,
    global_start_time: time(0, rate),
    tracks: {
      ...item('Stack.1', 'tracks', null),
      markers: markers(timeline),
      children: tracks,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * A number of our metadata: integers as they are, others as text. The official library reads decimals of JSON to within
 * one unit in the last place only (0.18.1: 0.39102338487282395 comes back as 0.3910233848728239).
 */
function exactly(value: number): number | string {
  return Number.isInteger(value) ? value : String(value);
}

function musicData(music: MusicPlan): Json {
  return {
    ...music,
    segments: music.segments.map((one) => ({ ...one, musicStartSeconds: exactly(one.musicStartSeconds) })),
  };
}

function videoTrack(timeline: Timeline, options: OtioOptions): Json {
  const rate = timeline.frameRate;
  const children: Json[] = [];
  timeline.clips.forEach((clip, i) => {
    const { type, frames } = clip.transitionIn;
    if (frames > 0) {
      children.push({
        OTIO_SCHEMA: 'Transition.1',
        metadata: { picaivid: { type } },
        name: type,
        transition_type: TRANSITION_NAMES[type],
        // The first one is from black: there is nothing before it to overlap.
        in_offset: time(i === 0 ? 0 : framesBeforeCut(clip.transitionIn), rate),
        out_offset: time(i === 0 ? frames : framesAfterCut(clip.transitionIn), rate),
      });
    }
    const media = options.mediaFor(clip);
    children.push({
      ...item('Clip.2', clip.photoId, range(clip.sourceInFrame, clip.durationFrames, rate)),
      metadata: {
        picaivid: {
          clip_id: clip.id,
          order_key: clip.orderKey,
          move_frames: clip.moveFrames,
          photo_id: clip.photoId,
          cluster_id: clip.clusterId,
          motion: clip.motion,
          amount: exactly(clip.amount),
          renderer: clip.renderer,
          audio_policy: clip.audioPolicy,
          reason: clip.reason,
        },
      },
      ...reference(external(media.path, range(0, media.frames, rate))),
    });
  });
  return track('Video', 'Film', children);
}

function titleTrack(timeline: Timeline): Json {
  const rate = timeline.frameRate;
  const children: Json[] = [];
  let at = 0;
  for (const title of timeline.titles) {
    if (title.startFrame > at) children.push(item('Gap.1', '', range(0, title.startFrame - at, rate)));
    const span = range(0, title.durationFrames, rate);
    const { startFrame: _, durationFrames: __, ...card } = title;
    children.push({
      ...item('Clip.2', title.text, span),
      metadata: { picaivid: { title: card } },
      ...reference({
        OTIO_SCHEMA: 'GeneratorReference.1',
        metadata: {},
        name: title.text,
        available_range: span,
        available_image_bounds: null,
        generator_kind: 'title',
        parameters: { text: title.text, subtext: title.subtext ?? '' },
      }),
    });
    at = title.startFrame + title.durationFrames;
  }
  return track('Video', 'Titles', children);
}

/** Music pieces up to the film's end, starts in fractional frames so that sub-frame seams stay exact. */
function musicTrack(timeline: Timeline, options: OtioOptions): Json | undefined {
  const { music, frameRate: rate } = timeline;
  const path = options.musicPath;
  if (music === null || path === undefined) return undefined;
  const total = clipStarts(timeline.clips).at(-1) ?? 0;
  const perSecond = rate.num / rate.den;
  const available = options.musicSeconds === undefined ? null : range(0, options.musicSeconds * perSecond, rate);
  const children = music.segments
    .filter((segment) => segment.filmStartFrame < total)
    .map((segment, i) => ({
      ...item(
        'Clip.2',
        `Music ${i + 1}`,
        range(
          segment.musicStartSeconds * perSecond,
          Math.min(segment.filmEndFrame, total) - segment.filmStartFrame,
          rate,
        ),
      ),
      ...reference(external(path, available)),
    }));
  const fades = { fade_in_frames: music.fadeInFrames, fade_out_frames: music.fadeOutFrames };
  return { ...track('Audio', 'Music', children), metadata: { picaivid: fades } };
}

function markers(timeline: Timeline): Json[] {
  const total = clipStarts(timeline.clips).at(-1) ?? 0;
  const rate = timeline.frameRate;
  const marker = (frame: number, name: string, color: string, kind: string, id?: string): Json => ({
    OTIO_SCHEMA: 'Marker.2',
    metadata: { picaivid: { kind, ...(id === undefined ? {} : { marker_id: id }) } },
    name,
    color,
    marked_range: range(frame, 0, rate),
    comment: '',
  });
  return [
    ...timeline.beats
      .filter((beat) => beat.frame <= total)
      .map((beat) =>
        beat.beatInBar === 1
          ? marker(beat.frame, 'downbeat', 'RED', 'downbeat')
          : marker(beat.frame, `beat ${beat.beatInBar}`, 'CYAN', 'beat'),
      ),
    ...timeline.markers.map(({ id, frame, label }) => marker(frame, label, 'GREEN', 'marker', id)),
  ];
}

function track(kind: 'Video' | 'Audio', name: string, children: readonly Json[]): Json {
  return { ...item('Track.1', name, null), kind, children };
}

function item(schema: string, name: string, sourceRange: Json | null): Json {
  return {
    OTIO_SCHEMA: schema,
    metadata: {},
    name,
    source_range: sourceRange,
    effects: [],
    markers: [],
    enabled: true,
  };
}

function reference(media: Json): Json {
  return { media_references: { DEFAULT_MEDIA: media }, active_media_reference_key: 'DEFAULT_MEDIA' };
}

function external(url: string, available: Json | null): Json {
  return {
    OTIO_SCHEMA: 'ExternalReference.1',
    metadata: {},
    name: '',
    available_range: available,
    available_image_bounds: null,
    target_url: url,
  };
}

function range(start: number, duration: number, rate: FrameRate): Json {
  return { OTIO_SCHEMA: 'TimeRange.1', start_time: time(start, rate), duration: time(duration, rate) };
}

function time(value: number, rate: FrameRate): Json {
  return { OTIO_SCHEMA: 'RationalTime.1', value, rate: rate.num / rate.den };
}
