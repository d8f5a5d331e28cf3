/** Made-up clips, takes and notes for tests of the review. Fakes; nothing of the studio uses them. Pure. */
import type { ReviewClip, ReviewNote, ReviewState, TakeView } from '../../main/host/review-contract.ts';
import { FPS_30 } from '../../pipeline/time.ts';

/** Names a take by its number. */
export const fakeHash = (number: number): string => String(number).padStart(64, '0');

export const fakeTake = (number: number, current: boolean): TakeView => ({
  specHash: fakeHash(number),
  number,
  renderer: 'ken_burns',
  motion: 'push_in',
  amount: 0.6,
  seed: 0,
  frames: 48,
  frameRate: FPS_30,
  width: 640,
  height: 360,
  verdict: 'pass',
  validationScore: 0.9,
  figures: [],
  reasons: [],
  renderSeconds: 1,
  bytes: 1,
  at: '2026-11-22T10:00:00Z',
  current,
  file: 'present',
});

export const fakeNote = (
  id: string,
  frame: number,
  specHash: string,
  resolved: ReviewNote['resolved'] = null,
): ReviewNote => ({
  id,
  clipId: 'clip-0',
  specHash,
  inFrame: frame,
  outFrame: frame,
  text: id,
  marks: [],
  author: { name: 'Ada', role: 'reviewer' },
  at: '2026-11-22T10:00:00Z',
  resolved,
});

/** A rendered clip of one take, which the film shows. */
export const fakeClip = (index: number, review: ReviewState): ReviewClip => ({
  clipId: `clip-${index}`,
  index,
  photoId: `photo-${index}`,
  photoFile: `IMG_${index}.jpg`,
  room: `Room ${index}`,
  motion: 'push_in',
  renderer: 'ken_burns',
  amount: 0.6,
  seed: 0,
  allowedMotions: ['static', 'push_in'],
  startFrame: index * 40,
  durationFrames: 40,
  usedFrames: { first: 4, last: 43 },
  moveFrames: 48,
  state: 'rendered',
  progress: null,
  place: null,
  error: null,
  review,
  takes: [fakeTake(1, true)],
  downgradeReason: null,
  estimateSeconds: null,
  notes: [],
  decisions: [],
  findings: [],
});
