/** Clips as the host tells of them, for tests. */
import type { ClipRender } from '../../main/host/review-contract.ts';

export function testClip(id: string, rest: Partial<ClipRender> = {}): ClipRender {
  return {
    clipId: id,
    index: 0,
    photoId: 'p1',
    photoFile: 'kitchen.jpg',
    room: 'Kitchen',
    motion: 'push_in',
    renderer: 'depth_parallax',
    amount: 0.5,
    seed: 0,
    allowedMotions: ['push_in', 'static'],
    startFrame: 0,
    durationFrames: 90,
    usedFrames: { first: 0, last: 89 },
    moveFrames: 90,
    state: 'missing',
    progress: null,
    place: null,
    error: null,
    review: 'pending',
    takes: [],
    downgradeReason: null,
    estimateSeconds: null,
    ...rest,
  };
}
