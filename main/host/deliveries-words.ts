/** What a delivery is called, where it goes, what stands in its way: the parts without a disk. Pure. */
import { DISCLOSURE } from '../../pipeline/assemble/originals.ts';
import { enlargement } from '../../pipeline/assemble/outputs.ts';
import type { ClipSpec, OutputSpec, Timeline } from '../../pipeline/domain.ts';
import { TRUE_PEAK_DBTP, WEB_LOUDNESS_LUFS } from '../hand-over.ts';
import type { Blocker, ClipRender, DeliveryOutput, DeliverySettings, VoiceOver } from './review-contract.ts';
import { FRAME_SIZES, type FrameShape } from './timeline-contract.ts';

/** Bytes of a delivered second at 1080p: the encoder's mean over the fixtures is 1.1 MB, twice it for detail and sound. */
const BYTES_PER_SECOND_1080P = 2_500_000;
/** Copies of clips and photos on the originals page, bytes a clip. */
const BYTES_PER_CLIP = 6_000_000;

/** The shape of a film's frame. */
export function shapeOf({ width, height }: Pick<Timeline, 'width' | 'height'>): FrameShape {
  return width === height ? '1:1' : width > height ? '16:9' : '9:16';
}

/** What a delivery holds until somebody chooses: the film as it was edited. */
export function firstSettings(timeline: Timeline): DeliverySettings {
  const fps = Math.round(timeline.frameRate.num / timeline.frameRate.den);
  return {
    outputs: [
      { shape: shapeOf(timeline), resolution: '1080p', fps: fps === 24 || fps === 25 || fps === 60 ? fps : 30 },
    ],
    loudnessLufs: WEB_LOUDNESS_LUFS,
    coverFrame: null,
    disclosure: DISCLOSURE,
    folder: null,
    voiceOver: null,
  };
}

export function outputSpec(output: DeliveryOutput, loudnessLufs: number): OutputSpec {
  const { width, height } = FRAME_SIZES[output.shape];
  const scale = output.resolution === '4k' ? 2 : 1;
  return {
    width: width * scale,
    height: height * scale,
    frameRate: { num: output.fps, den: 1 },
    loudnessLufs,
    truePeakDbtp: TRUE_PEAK_DBTP,
  };
}

/** A part of a file's name that every file system takes: letters of any script, digits, `_` and `-`. */
export function fileStem(name: string): string {
  const stem = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
  // Windows keeps these names for devices; 60 letters of any script are at most 240 bytes.
  const safe = /^(con|prn|aux|nul|com\d|lpt\d)$/.test(stem) ? `${stem}_film` : stem;
  return [...safe].slice(0, 60).join('') || 'film';
}

/** `3 Mill Road` in 9:16 at 30 → `3_mill_road_9x16_1080p30.mp4`. */
export function filmName(listing: string, { shape, resolution, fps }: DeliveryOutput): string {
  return `${fileStem(listing)}_${shape.replace(':', 'x')}_${resolution}${fps}.mp4`;
}

/** Bytes that a delivery may need at most, on the disk where it is made and again where it goes. */
export function bytesNeeded(outputs: readonly DeliveryOutput[], seconds: number, clips: number): number {
  const films = outputs.reduce((sum, { resolution }) => sum + (resolution === '4k' ? 4 : 1) * seconds, 0);
  return films * BYTES_PER_SECOND_1080P + clips * BYTES_PER_CLIP;
}

const named = ({ room, index }: Pick<ClipRender, 'room' | 'index'>): string =>
  room === '' ? `Clip ${index + 1}` : `${room}, clip ${index + 1}`;

/** Photos that are drawn this little larger than they are look as sharp as the others. */
const NOTICED = 1.005;

/** A clip as it is drawn, and its photo's pixels; null where the photo is not known (any more). */
export interface DrawnClip {
  readonly room: string;
  /** Place in the film from 0. */
  readonly index: number;
  readonly spec: ClipSpec | null;
  readonly photo: { readonly width: number; readonly height: number } | null;
}

/** Photos that have fewer pixels than an output larger than the edited film would show, as a sentence; null: all carry it. */
export function softness(
  output: Pick<OutputSpec, 'width' | 'height'>,
  timeline: Pick<Timeline, 'width' | 'height'>,
  clips: readonly DrawnClip[],
): string | null {
  if (output.width * output.height <= timeline.width * timeline.height) return null;
  const soft = clips
    .flatMap((clip) => {
      const { spec, photo } = clip;
      if (spec === null || photo === null || spec.renderer === 'ltx') return [];
      const times = enlargement(spec, output, photo);
      return times < NOTICED ? [] : [{ name: named(clip), times }];
    })
    .sort((a, b) => b.times - a.times);
  const [worst, other, ...more] = soft;
  if (worst === undefined) return null;
  const size = `${output.width} × ${output.height}`;
  const most = `${worst.times.toFixed(2)} times its own pixels`;
  if (other === undefined)
    return `The photo of ${worst.name} does not carry ${size}: it is drawn at up to ${most} and looks softer.`;
  const who =
    more.length === 0 ? `The photos of ${worst.name} and ${other.name}` : `${soft.length} of ${clips.length} photos`;
  return `${who} do not carry ${size} and look softer: the one of ${worst.name} is drawn at up to ${most}.`;
}

const inSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;

/** What keeps the voice-over out of the film; undefined when nothing does. `gone`: why its file cannot be read. */
export function voiceBlocker(voice: VoiceOver, filmSeconds: number, gone: string | null): Blocker | undefined {
  if (gone !== null) return { kind: 'voice_over', clipId: null, sentence: gone };
  if (voice.startSeconds < filmSeconds) return undefined;
  const sentence = `The voice-over begins at ${inSeconds(voice.startSeconds)}, and the film lasts ${inSeconds(filmSeconds)}. Let it begin earlier.`;
  return { kind: 'voice_over', clipId: null, sentence };
}

/** A voice-over that is not heard to its end, as a sentence; null otherwise. */
export function voiceCaution({ seconds, startSeconds }: VoiceOver, filmSeconds: number): string | null {
  const over = startSeconds + seconds - filmSeconds;
  if (over < 0.05 || startSeconds >= filmSeconds) return null;
  return `The voice-over goes on for ${inSeconds(over)} after the film’s end: it is faded out there.`;
}

/** What keeps a clip out of a film, worst first; undefined when nothing does. */
export function blockerOf(clip: ClipRender): Blocker | undefined {
  const { clipId, state, review, takes } = clip;
  const who = named(clip);
  const current = takes.find((take) => take.current);
  if (state === 'queued' || state === 'rendering')
    return { kind: 'not_rendered', clipId, sentence: `${who} is being rendered.` };
  if (current === undefined) {
    const sentence =
      state === 'stale' ? `${who} was changed since it was rendered. Render it again.` : `${who} is not rendered yet.`;
    return { kind: 'not_rendered', clipId, sentence };
  }
  if (current.file === 'missing')
    return {
      kind: 'file_missing',
      clipId,
      sentence: `The file of ${who} is not on the disk any more. Render it again.`,
    };
  if (current.file === 'altered')
    return {
      kind: 'file_altered',
      clipId,
      sentence: `The file of ${who} is not the one that was rendered. Render it again.`,
    };
  if (review === 'approved') return undefined;
  const how = { pending: 'was not looked at yet', changes_requested: 'has changes asked for', rejected: 'is rejected' };
  return { kind: 'unapproved', clipId, sentence: `${who} ${how[review]}.` };
}
