/** Which render is tried next when one fails: every rung asks less of the picture than the one before. Pure. */
import type { ClipSpec, Motion } from '../domain.ts';

export interface Rung {
  readonly spec: ClipSpec;
  /** Plain words: why this rung and not the one above. */
  readonly reason: string;
}

/** What can be rendered here and now. */
export interface Means {
  readonly ltx: boolean;
  readonly depth: boolean;
}

const DOLLY: Partial<Record<Motion, Motion>> = { orbit_left: 'dolly_left', orbit_right: 'dolly_right' };

/** The first rung that the means allow for a wanted spec, with the reason when it is lower than asked. */
export function firstRung(spec: ClipSpec, means: Means): { spec: ClipSpec; reason?: string } {
  if (spec.renderer === 'ltx' && !means.ltx) {
    const rung = firstRung({ ...spec, renderer: 'depth_parallax' }, means);
    return { spec: rung.spec, reason: 'No LTX worker is available here, so the move is made from the photo itself.' };
  }
  if (spec.renderer === 'depth_parallax' && !means.depth) {
    return {
      spec: { ...spec, renderer: 'ken_burns', depthSha256: null },
      reason: 'The photo has no depth map, so the camera moves over a flat picture.',
    };
  }
  return { spec };
}

/** The rung below every generated one: the move is made from the photo itself. */
export function belowGenerated(spec: ClipSpec, means: Means): ClipSpec {
  return firstRung({ ...spec, renderer: 'depth_parallax' }, means).spec;
}

/** orbit → dolly → push (ltx) → depth_parallax → ken_burns → static; undefined below the last. */
export function nextRung(spec: ClipSpec, means: Means): Rung | undefined {
  if (spec.renderer === 'ltx') {
    const dolly = DOLLY[spec.motion];
    if (dolly !== undefined)
      return { spec: { ...spec, motion: dolly }, reason: 'The orbit failed its checks; a dolly asks less.' };
    if (spec.motion !== 'push_in' && spec.motion !== 'pull_out' && spec.motion !== 'static')
      return { spec: { ...spec, motion: 'push_in' }, reason: 'The dolly failed its checks; a push asks less.' };
    return {
      spec: belowGenerated(spec, means),
      reason: 'The generated clip failed its checks; the move is made from the photo itself.',
    };
  }
  if (spec.renderer === 'depth_parallax')
    return {
      spec: { ...spec, renderer: 'ken_burns', depthSha256: null },
      reason: 'The move through depth failed its checks; the camera moves over a flat picture.',
    };
  if (spec.motion !== 'static')
    return { spec: { ...spec, motion: 'static' }, reason: 'The move failed its checks; the photo is held still.' };
  return undefined;
}
