import { expect, test } from 'vitest';
import type { Take } from '../pipeline/domain.ts';
import { FPS_30 } from '../pipeline/time.ts';
import { deliveryClip, posterFrame } from './hand-over.ts';

const take: Take = {
  specHash: 'b'.repeat(64), path: '/takes/clip.mp4', verdict: 'pass', validationScore: 0.9, figures: [], reasons: [], renderSeconds: 1, frames: 90,
  spec: {
    photoSha256: 'a'.repeat(64), depthSha256: null, motion: 'push_in', amount: 0.5, renderer: 'ken_burns', frames: 90,
    frameRate: FPS_30, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 7,
  },
}; // biome-ignore format: one take
const handed = {
  clipId: 'c1', title: 'Kitchen', take, clipPath: '/takes/clip.mp4', clipSha256: null, photo: { path: '/photos/k.jpg', file: 'k.jpg' }, downgradeReason: null,
}; // biome-ignore format: one clip

test('a clip is told of with its photo, its spec and its figures; what nobody knows is left out', () => {
  expect(deliveryClip(handed)).toEqual({
    clipId: 'c1', title: 'Kitchen', clipPath: '/takes/clip.mp4', frames: 90, photoPath: '/photos/k.jpg', photoFile: 'k.jpg',
    photoSha256: 'a'.repeat(64), motion: 'push_in', renderer: 'ken_burns', seed: 7,
    settings: { spec: take.spec, specHash: take.specHash, validationScore: 0.9, figures: [] },
  }); // biome-ignore format: one clip
  const known = deliveryClip({
    ...handed,
    clipSha256: 'c'.repeat(64),
    depthSource: 'network',
    downgradeReason: 'No depth.',
  });
  expect(known).toMatchObject({
    clipSha256: 'c'.repeat(64),
    settings: { depthSource: 'network', downgradeReason: 'No depth.' },
  });
});

test('the poster stands at the same moment of a film at another rate', () => {
  expect(posterFrame(null, FPS_30, { num: 60, den: 1 })).toBe(60);
  expect(posterFrame(45, FPS_30, { num: 24, den: 1 })).toBe(36);
});
