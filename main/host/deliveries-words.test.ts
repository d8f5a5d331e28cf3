import { expect, test } from 'vitest';
import type { ClipSpec } from '../../pipeline/domain.ts';
import { FPS_30 } from '../../pipeline/time.ts';
import { type DrawnClip, softness, voiceBlocker, voiceCaution } from './deliveries-words.ts';

const SPEC: ClipSpec = {
  photoSha256: 'a'.repeat(64), depthSha256: null, motion: 'static', amount: 0.5, renderer: 'ken_burns', frames: 90,
  frameRate: FPS_30, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 0,
}; // biome-ignore format: one spec
const HD = { width: 1920, height: 1080 };
const UHD = { width: 3840, height: 2160 };
const clip = (index: number, width: number, change: Partial<ClipSpec> = {}): DrawnClip => ({
  room: ['Kitchen', 'Hall', 'Bath'][index] ?? '',
  index,
  spec: { ...SPEC, ...change },
  photo: { width, height: (width * 9) / 16 },
});

test('a photo with fewer pixels than the output would show is named, and by how much', () => {
  // A still frame shows the whole photo but for a hair at its edge: 3840 of picture out of 2400 of photo.
  expect(softness(UHD, HD, [clip(0, 2400), clip(1, 6000)])).toBe(
    'The photo of Kitchen, clip 1 does not carry 3840 × 2160: it is drawn at up to 1.60 times its own pixels and looks softer.',
  );
  expect(softness(UHD, HD, [clip(0, 2400), clip(1, 1920)])).toBe(
    'The photos of Hall, clip 2 and Kitchen, clip 1 do not carry 3840 × 2160 and look softer: the one of Hall, clip 2 is drawn at up to 2.00 times its own pixels.',
  );
  expect(softness(UHD, HD, [clip(0, 2400), clip(1, 1920), clip(2, 3000), clip(3, 6000)])).toBe(
    '3 of 4 photos do not carry 3840 × 2160 and look softer: the one of Hall, clip 2 is drawn at up to 2.00 times its own pixels.',
  );
});

test('a move that comes closer needs more of the photo', () => {
  const times = (change: Partial<ClipSpec>): number =>
    Number(/up to (\d+\.\d+)/.exec(softness(UHD, HD, [clip(0, 2400, change)]) ?? '')?.[1]);
  expect(times({ motion: 'push_in', amount: 1 })).toBeCloseTo(1.25 * times({ amount: 1 }), 1);
});

test('nothing is said where photos carry the size, of the size that was approved, or of what is not drawn from photos', () => {
  expect(softness(UHD, HD, [clip(0, 4000), clip(1, 6000)])).toBeNull();
  expect(softness(HD, HD, [clip(0, 800)])).toBeNull();
  expect(softness({ width: 1080, height: 1920 }, HD, [clip(0, 800)])).toBeNull();
  expect(softness(UHD, HD, [clip(0, 800, { renderer: 'ltx' }), { ...clip(1, 800), photo: null }])).toBeNull();
});

const VOICE = { id: 'a'.repeat(64), name: 'voice.wav', seconds: 10, startSeconds: 5 };

test('a voice-over that is longer than the film is told of; one that begins after it stands in the way', () => {
  expect(voiceCaution(VOICE, 20)).toBeNull();
  expect(voiceCaution(VOICE, 12.5)).toBe(
    'The voice-over goes on for 2.5 s after the film’s end: it is faded out there.',
  );
  expect(voiceBlocker(VOICE, 12.5, null)).toBeUndefined();
  expect(voiceBlocker(VOICE, 5, null)).toEqual({
    kind: 'voice_over',
    clipId: null,
    sentence: 'The voice-over begins at 5.0 s, and the film lasts 5.0 s. Let it begin earlier.',
  });
  expect(voiceBlocker(VOICE, 20, 'Gone.')).toEqual({ kind: 'voice_over', clipId: null, sentence: 'Gone.' });
});
