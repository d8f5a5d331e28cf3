/** What gives light in the house, and where it is shared: windows as portals, lamps, the sun, the zones of the house. */

export interface Portal {
  readonly zone: number;
  readonly centre: readonly [number, number, number];
  /** Half edges. */
  readonly u: readonly [number, number, number];
  readonly v: readonly [number, number, number];
}
export interface Lamp {
  readonly zone: number;
  readonly at: readonly [number, number, number];
  /** Light is sampled on this sphere, and nothing within it casts a shadow: the shade does not black out its own bulb. */
  readonly radius: number;
  readonly power: readonly [number, number, number];
}
export interface Surfaces {
  /** Mean linear albedo, 3 a surface, and what it glows with, 3 a surface. */
  readonly albedo: Float32Array;
  readonly glow: Float32Array;
}

export const SUN = unit([-0.62, 0.72, 0.5]);
export const SUN_LIGHT = [9.5, 8.4, 6.9];
/** Radians: wider than the real sun's 0.0047, as thin haze makes it, so that edges are soft. */
export const SUN_RADIUS = 0.012;

export function unit(v: readonly number[]): [number, number, number] {
  const l = Math.hypot(v[0], v[1], v[2]);
  return [v[0] / l, v[1] / l, v[2] / l];
}

/** 0 the open living area, 1 primary bedroom, 2 bedroom, 3 bathroom, −1 outside. Light is shared within a zone only. */
export function zoneAt(x: number, y: number, z: number): number {
  if (x < -0.001 || x > 14.001 || z < -0.001 || z > 10.001 || y > 2.76 || y < -0.06) return -1;
  if (z > 5) return x < 10 ? 0 : 2;
  if (x < 5.5) return 0;
  return x < 8.5 ? 3 : 1;
}

export function portalWeight(p: Portal, x: number, y: number, z: number): number {
  const dx = p.centre[0] - x;
  const dy = p.centre[1] - y;
  const dz = p.centre[2] - z;
  return (
    (Math.hypot(p.u[0], p.u[1], p.u[2]) * Math.hypot(p.v[0], p.v[1], p.v[2])) /
    Math.max(0.3, dx * dx + dy * dy + dz * dz)
  );
}

export function lampWeight(l: Lamp, x: number, y: number, z: number): number {
  const dx = l.at[0] - x;
  const dy = l.at[1] - y;
  const dz = l.at[2] - z;
  return l.power[1] / Math.max(0.1, dx * dx + dy * dy + dz * dz);
}
