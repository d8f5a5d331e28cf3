/** Furniture that stands in more than one place, or is long to say. Each faces +z in its frame: a sofa has its back towards −z. */
import type { Kit } from './kit.ts';

export function sofa(k: Kit, cloth: string, seats: number, cushions: readonly string[]): void {
  const w = seats * 0.72;
  k.round(cloth, 0, 0.1, 0, w + 0.1, 0.22, 0.88, 0.04);
  k.soft(cloth, 0, 0.3, -0.36, w + 0.1, 0.5, 0.2, 0.08, 0.01);
  for (const s of [-1, 1]) k.soft(cloth, s * (w / 2 + 0.1), 0.1, 0, 0.22, 0.54, 0.9, 0.08, 0.015);
  for (let i = 0; i < seats; i++) {
    const x = (i - (seats - 1) / 2) * 0.72;
    k.soft(cloth, x, 0.31, 0.04, 0.71, 0.16, 0.74, 0.06, 0.025, 0.012);
    k.soft(cloth, x, 0.45, -0.2, 0.69, 0.42, 0.2, 0.09, 0.02, 0.02);
  }
  cushions.forEach((c, i) => {
    const side = i % 2 === 0 ? -1 : 1;
    k.pillow(
      c,
      side * (w / 2 - 0.26 - 0.3 * Math.floor(i / 2)),
      0.67,
      0.0 + 0.05 * i,
      0.46,
      0.44,
      0.17,
      0.35,
      -side * 0.3,
    );
  });
  for (const [x, z] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ] as const)
    k.cylinder('walnut_v', x * (w / 2), 0, z * 0.36, 0.018, 0.025, 0.11, 10);
}

export function bookcase(k: Kit, x: number, w: number): void {
  k.box('oakwood_v', x, 0, 0, x + 0.03, 2.1, 0.32);
  k.box('oakwood_v', x + w, 0, 0, x + w + 0.03, 2.1, 0.32);
  k.box('oakwood', x, 0, 0, x + w, 2.1, 0.015);
  for (let i = 0; i < 6; i++) {
    const y = 0.06 + i * 0.4;
    k.box('oakwood', x, y, 0, x + w + 0.03, y + 0.03, 0.32);
    if (i === 5) break;
    const split = x + w * (0.35 + 0.3 * k.random());
    k.books(x + 0.05, split, y + 0.03, 0.15, 0.2, 0.29);
    const m = ['teal', 'pot_white', 'terracotta', 'mustard', 'brass'][i];
    k.lathe(m, split + 0.2, y + 0.03, 0.16, [
      [0.001, 0],
      [0.06, 0],
      [0.09, 0.09],
      [0.04, 0.2],
      [0.05, 0.22],
    ]);
    if (i % 2 === 0) k.books(split + 0.34, x + w - 0.02, y + 0.03, 0.15, 0.2, 0.26);
  }
}

export function cabinets(
  k: Kit,
  material: string,
  x0: number,
  x1: number,
  y0: number,
  y1: number,
  depth: number,
  doors: number,
  handle = 'brass',
): void {
  k.box(material, x0, y0, 0, x1, y1, depth - 0.02);
  const w = (x1 - x0) / doors;
  for (let i = 0; i < doors; i++) {
    const a = x0 + i * w + 0.004;
    const b = x0 + (i + 1) * w - 0.004;
    k.box(material, a, y0 + 0.004, depth - 0.02, b, y1 - 0.004, depth);
    const f = 0.055;
    k.box(material, a, y0 + 0.004, depth, a + f, y1 - 0.004, depth + 0.008);
    k.box(material, b - f, y0 + 0.004, depth, b, y1 - 0.004, depth + 0.008);
    k.box(material, a, y1 - f, depth, b, y1 - 0.004, depth + 0.008);
    k.box(material, a, y0 + 0.004, depth, b, y0 + f, depth + 0.008);
    const hx = i % 2 === 0 ? b - 0.03 : a + 0.03;
    const hy = y0 < 0.6 ? y1 - 0.2 : y0 + 0.06;
    k.round(handle, hx, hy, depth + 0.03, 0.012, 0.14, 0.012, 0.005);
  }
}

export function bed(
  k: Kit,
  w: number,
  duvet: string,
  throwCloth: string,
  cushions: readonly string[],
  head: string,
): void {
  const l = 2.05;
  k.round('walnut', 0, 0.12, 0, w + 0.08, 0.16, l, 0.02);
  k.soft('bedding', 0, 0.26, 0, w, 0.24, l - 0.05, 0.06, 0.01);
  k.soft(duvet, 0, 0.34, 0.24, w + 0.2, 0.24, l - 0.5, 0.09, 0.05, 0.05);
  k.soft(throwCloth, 0, 0.36, 0.72, w + 0.24, 0.26, 0.55, 0.09, 0.05, 0.05);
  k.soft('bedding', 0, 0.44, -0.44, w + 0.18, 0.16, 0.26, 0.06, 0.03, 0.03);
  k.soft(head, 0, 0.1, -l / 2 - 0.05, w + 0.2, 1.1, 0.12, 0.05, 0.01, 0.004);
  for (let i = -2; i <= 2; i++)
    k.soft(head, (i * w) / 5.2, 0.5, -l / 2 + 0.0, w / 5.4, 0.66, 0.06, 0.028, 0.004, 0.002);
  for (const s of [-1, 1]) {
    k.pillow('bedding', s * w * 0.25, 0.72, -0.86, w * 0.46, 0.48, 0.2, 0.35);
    k.pillow(duvet, s * w * 0.24, 0.68, -0.7, w * 0.42, 0.42, 0.18, 0.45);
  }
  cushions.forEach((c, i) => {
    k.pillow(c, (i - (cushions.length - 1) / 2) * 0.46, 0.66, -0.52, 0.42, 0.38, 0.15, 0.5);
  });
}

export function nightstand(k: Kit, zone: number, base: string): void {
  k.round('walnut', 0, 0.1, 0.22, 0.5, 0.44, 0.4, 0.012);
  for (const y of [0.14, 0.34]) {
    k.box('walnut_v', -0.23, y, 0.42, 0.23, y + 0.18, 0.432);
    k.round('brass', 0, y + 0.09, 0.445, 0.09, 0.014, 0.014, 0.006);
  }
  k.tableLamp(zone, 0, 0.54, 0.2, base);
  k.round('book_4', 0.13, 0.54, 0.3, 0.14, 0.03, 0.2, 0.003);
  k.round('book_0', 0.13, 0.57, 0.3, 0.12, 0.025, 0.18, 0.003);
}
