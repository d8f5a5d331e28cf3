/** Walls, floors, ceilings, roof and garden. Metres; the house covers x 0..14, z 0..10, its front faces +z. */
import * as THREE from 'three';
import type { Kit } from './kit.ts';

export function buildShell(k: Kit): void {
  const floor = (m: string, x0: number, z0: number, x1: number, z1: number): void => {
    k.box(m, x0, -0.05, z0, x1, 0, z1);
  };
  floor('floor_oak', 0, 5.05, 10.05, 10);
  floor('floor_tile', 0, 0, 5.5, 5.05);
  floor('floor_bath', 5.5, 0, 8.5, 5.05);
  floor('carpet', 8.5, 0, 14, 5.05);
  floor('carpet2', 10.05, 5.05, 14, 10);
  k.box('ceiling', 0, 2.7, 0, 14, 2.76, 10);
  // Outer walls: front (z 10), back (z 0), west (x 0), east (x 14).
  const living = 'wall_living';
  k.wall('x', 10, 0, 6, 0.2, -1, living, 'brick', [[1.2, 4.0, 0.6, 2.3]]);
  k.wall('x', 10, 6, 10, 0.2, -1, 'wall_dining', 'siding', [[7.2, 9.3, 0.6, 2.3]]);
  k.wall('x', 10, 10, 14, 0.2, -1, 'wall_bedroom', 'siding', [[11.2, 12.9, 0.75, 2.2]]);
  k.window('x', 10, -1, 1.2, 4.0, 0.6, 2.3, 0, 4, 2);
  k.window('x', 10, -1, 7.2, 9.3, 0.6, 2.3, 0, 3, 2);
  k.window('x', 10, -1, 11.2, 12.9, 0.75, 2.2, 2, 2, 2);
  k.wall('z', 0, 5, 10, 0.2, 1, living, 'siding', [[6.3, 8.7, 0.5, 2.3]]);
  k.window('z', 0, 1, 6.3, 8.7, 0.5, 2.3, 0, 3, 2);
  k.wall('z', 0, 0, 5, 0.2, 1, 'wall_kitchen', 'siding', []);
  k.wall('x', 0, 0, 5.5, 0.2, 1, 'wall_kitchen', 'siding', [
    [1.0, 2.4, 1.08, 2.15],
    [3.3, 5.2, 0, 2.25],
  ]);
  k.window('x', 0, 1, 1.0, 2.4, 1.08, 2.15, 0, 2, 2);
  k.window('x', 0, 1, 3.3, 5.2, 0, 2.25, 0, 2, 1);
  k.wall('x', 0, 5.5, 8.5, 0.2, 1, 'bathtile', 'siding', [[6.4, 7.6, 1.15, 2.1]]);
  k.window('x', 0, 1, 6.4, 7.6, 1.15, 2.1, 3, 2, 1);
  k.wall('x', 0, 8.5, 14, 0.2, 1, 'wall_primary', 'siding', [[9.9, 11.9, 0.6, 2.25]]);
  k.window('x', 0, 1, 9.9, 11.9, 0.6, 2.25, 1, 3, 2);
  k.wall('z', 14, 0, 5, 0.2, -1, 'accent_primary', 'siding', []);
  k.wall('z', 14, 5, 10, 0.2, -1, 'wall_bedroom', 'siding', [[6.6, 8.0, 0.75, 2.2]]);
  k.window('z', 14, -1, 6.6, 8.0, 0.75, 2.2, 2, 2, 2);
  // Inner walls, 0.1 thick, faces by room.
  k.wall('x', 5, 0, 5.5, 0.1, 1, living, 'wall_kitchen', [[1.4, 4.2, 0, 2.35]]);
  k.wall('x', 5, 5.5, 10, 0.1, 1, 'wall_dining', 'wall_bath', []);
  k.wall('x', 5, 10, 14, 0.1, 1, 'wall_bedroom', 'wall_primary', []);
  k.wall('z', 6, 5, 10, 0.1, 1, 'wall_dining', living, [[6.3, 8.5, 0, 2.35]]);
  k.wall('z', 10, 5, 10, 0.1, 1, 'wall_bedroom', 'wall_dining', []);
  k.wall('z', 5.5, 0, 5, 0.1, 1, 'bathtile', 'wall_kitchen', []);
  k.wall('z', 8.5, 0, 5, 0.1, 1, 'wall_primary', 'wall_bath', []);
  k.wall('x', 4, 5.6, 8.5, 0.1, 1, 'wall_bath', 'wall_bath', []);
  // Casings of the two wide openings, and coves under the ceiling.
  for (const [x0, x1] of [
    [1.3, 1.4],
    [4.2, 4.3],
  ] as const)
    k.box('trim', x0, 0, 4.97, x1, 2.45, 5.13);
  k.box('trim', 1.3, 2.35, 4.97, 4.3, 2.45, 5.13);
  for (const [z0, z1] of [
    [6.2, 6.3],
    [8.5, 8.6],
  ] as const)
    k.box('trim', 5.97, 0, z0, 6.13, 2.45, z1);
  k.box('trim', 5.97, 2.35, 6.2, 6.13, 2.45, 8.6);
  const rooms: [number, number, number, number][] = [
    [0.2, 5.1, 6, 9.8],
    [6.1, 5.1, 10, 9.8],
    [10.1, 5.1, 13.8, 9.8],
    [0.2, 0.2, 5.5, 5],
    [8.6, 0.2, 13.8, 5],
  ];
  for (const [x0, z0, x1, z1] of rooms) {
    k.box('trim', x0, 2.63, z0, x1, 2.7, z0 + 0.05);
    k.box('trim', x0, 2.63, z1 - 0.05, x1, 2.7, z1);
    k.box('trim', x0, 2.63, z0, x0 + 0.05, 2.7, z1);
    k.box('trim', x1 - 0.05, 2.63, z0, x1, 2.7, z1);
  }
  roof(k);
  garden(k);
}

function slope(k: Kit, a: number[], b: number[], c: number[], d: number[]): void {
  k.sheet(
    'roof',
    1,
    1,
    (u, v) =>
      [0, 1, 2].map((i) => (a[i] * (1 - u) + b[i] * u) * (1 - v) + (d[i] * (1 - u) + c[i] * u) * v) as [
        number,
        number,
        number,
      ],
  );
}

function roof(k: Kit): void {
  const e = 0.6;
  const y = 2.85;
  const top = 5.1;
  // A hip roof with a ridge along x, and a gable over the living room's front.
  slope(k, [-e, y, 10 + e], [14 + e, y, 10 + e], [10.2, top, 5], [3.8, top, 5]);
  slope(k, [14 + e, y, -e], [-e, y, -e], [3.8, top, 5], [10.2, top, 5]);
  slope(k, [-e, y, -e], [-e, y, 10 + e], [3.8, top, 5], [3.8, top, 5]);
  slope(k, [14 + e, y, 10 + e], [14 + e, y, -e], [10.2, top, 5], [10.2, top, 5]);
  k.box('trim', -e, y - 0.14, -e, 14 + e, y, -e + 0.04);
  k.box('trim', -e, y - 0.14, 10 + e - 0.04, 14 + e, y, 10 + e);
  k.box('trim', -e, y - 0.14, -e, -e + 0.04, y, 10 + e);
  k.box('trim', 14 + e - 0.04, y - 0.14, -e, 14 + e, y, 10 + e);
  k.box('trim', -e, 2.77, -e, 14 + e, 2.8, 10 + e);
  const gx = 2.6;
  const gw = 3.2;
  const gz = 10.75;
  const gy = 4.75;
  slope(k, [gx - gw, y - 0.02, gz + 0.1], [gx, gy, gz + 0.1], [gx, gy, 5.6], [gx - gw, y - 0.02, 9.4]);
  slope(k, [gx, gy, gz + 0.1], [gx + gw, y - 0.02, gz + 0.1], [gx + gw, y - 0.02, 9.4], [gx, gy, 5.6]);
  k.sheet('siding', 1, 1, (u, v) => [
    gx + (2 * u - 1) * (gw - 0.25) * (1 - v),
    y - 0.06 + v * (gy - y - 0.1),
    gz - 0.3,
  ]);
  for (const s of [-1, 1]) {
    const m = k.block('trim', 0, 0, 0, Math.hypot(gw, gy - y) + 0.05, 0.14, 0.04);
    m.position.set(gx + (s * gw) / 2, (y + gy) / 2 - 0.08, gz + 0.08);
    m.rotation.z = -s * Math.atan2(gy - y, gw);
  }
  k.cylinder('trim', gx, 3.6, gz - 0.32, 0.24, 0.24, 0.06, 24).rotation.x = Math.PI / 2;
  k.block('brick', 11.2, 3.4, 3.2, 0.8, 2.4, 0.7);
  k.block('concrete', 11.2, 5.8, 3.2, 0.92, 0.1, 0.82);
}

function garden(k: Kit): void {
  k.sheet('grass', 1, 1, (u, v) => [-60 + 134 * u, -0.15, 70 - 130 * v]);
  k.box('concrete', -0.05, -0.15, -0.05, 14.05, -0.02, 10.05);
  // Front: steps, porch, path, drive, beds, letter box.
  k.box('concrete', 4.3, -0.15, 10, 6.6, -0.01, 12.0);
  k.box('concrete', 4.3, -0.15, 12.0, 6.6, -0.08, 12.35);
  k.box('paver', 4.7, -0.15, 12.35, 6.2, -0.125, 26);
  k.box('paver', 10.6, -0.15, 10.2, 14.2, -0.12, 30);
  k.box('concrete', -60, -0.16, 26, 74, -0.11, 27.6);
  k.box('charcoal', -60, -0.2, 28.2, 74, -0.13, 36);
  k.at(5.02, 0, 10.0, 0, () => k.doorFace(0, 0, 'frontdoor'));
  k.block('glow_warm', 4.75, 1.85, 10.1, 0.12, 0.26, 0.12);
  k.block('blackmetal', 4.75, 2.11, 10.1, 0.16, 0.05, 0.16);
  k.block('glow_warm', 6.2, 1.85, 10.1, 0.12, 0.26, 0.12);
  k.block('blackmetal', 6.2, 2.11, 10.1, 0.16, 0.05, 0.16);
  for (const x of [4.4, 6.5]) {
    k.block('trim', x, -0.02, 11.8, 0.2, 2.75, 0.2);
    k.block('trim', x, -0.02, 11.8, 0.3, 0.2, 0.3);
    k.block('trim', x, 2.55, 11.8, 0.3, 0.15, 0.3);
  }
  k.box('trim', 4.2, 2.72, 10.1, 6.7, 2.9, 12.0);
  slope(k, [4.0, 2.9, 12.2], [6.9, 2.9, 12.2], [6.9, 3.35, 10.1], [4.0, 3.35, 10.1]);
  k.plant(4.65, -0.01, 11.3, 1.05, 26, 'leaf', 'pot_grey', 0.2);
  k.plant(6.3, -0.01, 11.3, 1.05, 26, 'leaf_dark', 'pot_grey', 0.2);
  for (const [x0, x1] of [
    [0.2, 4.1],
    [6.9, 10.2],
  ] as const) {
    k.box('soil', x0, -0.15, 10.05, x1, -0.1, 11.1);
    for (let x = x0 + 0.4; x < x1 - 0.2; x += 0.62) {
      k.foliage(k.random() < 0.5 ? 'tree_b' : 'tree_c', x, 0.18, 10.55, 0.36, 0.3 + 0.1 * k.random(), 0.34, 260, 0.055);
      if (k.random() < 0.6)
        k.foliage(k.random() < 0.5 ? 'flower' : 'flower_b', x + 0.25, 0.12, 10.95, 0.25, 0.16, 0.16, 60, 0.04);
    }
  }
  k.tree(-2.6, 13.5, 6.5, 2.1, 'tree_a');
  k.tree(9.0, 17.2, 4.2, 1.3, 'tree_c', 1800);
  k.tree(17.5, 12.5, 7.5, 2.5, 'tree_b');
  // Behind: patio, fence, trees.
  k.box('paver', 0.4, -0.15, -4.6, 9.2, -0.06, -0.05);
  for (let i = 0; i < 2; i++) k.block('concrete', 4.25, -0.12 + i * 0.05, -0.35 + i * 0.15, 2.4, 0.05, 0.6);
  for (const [x0, x1, z0, z1] of [
    [-7, 21, -16, -15.94],
    [-7, -6.94, -16, 6],
    [20.94, 21, -16, 6],
  ] as const)
    k.box('fence', x0, -0.15, z0, x1, 1.75, z1);
  const crowns: [number, number, number, number, string][] = [
    [-4.5, -12, 7, 2.3, 'tree_b'],
    [1.5, -18.5, 8, 2.8, 'tree_a'],
    [7, -17.8, 6.5, 2.4, 'tree_c'],
    [12.5, -18.5, 8.5, 3, 'tree_b'],
    [17.5, -11, 6.5, 2.2, 'tree_a'],
    [-11, 4, 8, 2.8, 'tree_b'],
    [-8.5, 10, 6.5, 2.4, 'tree_c'],
    [24, -2, 8, 2.8, 'tree_a'],
    [22.5, 7, 6.8, 2.3, 'tree_b'],
    [-4, 40, 8, 3, 'tree_a'],
    [4, 41, 7, 2.7, 'tree_b'],
    [12, 40, 8.5, 3.1, 'tree_c'],
    [19, 41, 7, 2.7, 'tree_a'],
    [-14, 22, 8, 2.8, 'tree_a'],
    [29, 18, 8, 3, 'tree_b'],
  ];
  for (const [x, z, h, s, m] of crowns) k.tree(x, z, h, s, m, 1700);
  for (let x = -6; x < 20.5; x += 1.15)
    k.foliage(k.random() < 0.5 ? 'tree_b' : 'tree_a', x, 0.35, -15.3, 0.65, 0.55, 0.5, 200, 0.08);
  for (let x = 6.0; x < 13.8; x += 0.8)
    k.foliage(k.random() < 0.5 ? 'tree_c' : 'tree_b', x + (x < 9.2 ? 3.3 : 0), 0.2, -0.6, 0.45, 0.4, 0.36, 200, 0.06);
  for (let x = -40; x < 60; x += 4) k.foliage('tree_b', x, 2.2, 47 + 2 * k.random(), 3, 3.2, 2, 160, 0.5);
  for (let x = -40; x < 60; x += 4) k.foliage('tree_b', x, 2.4, -30 - 4 * k.random(), 3, 3.4, 2, 160, 0.5);
  patio(k);
}

function patio(k: Kit): void {
  // Dining set under an umbrella, a lounge corner, a fire bowl, planters.
  k.at(2.4, -0.06, -2.6, 0, () => {
    k.round('oakwood', 0, 0.7, 0, 1.7, 0.045, 0.95, 0.02);
    for (const [x, z] of [
      [-0.72, -0.36],
      [0.72, -0.36],
      [-0.72, 0.36],
      [0.72, 0.36],
    ] as const)
      k.block('oakwood_v', x, 0, z, 0.07, 0.7, 0.07);
    for (const [x, z, t] of [
      [-0.4, -0.78, 2],
      [0.4, -0.78, 2],
      [-0.4, 0.78, 0],
      [0.4, 0.78, 0],
    ] as const)
      k.at(x, 0, z, t, () => {
        k.soft('cushion_out', 0, 0.4, 0, 0.48, 0.07, 0.46, 0.03);
        k.block('blackmetal', 0, 0.37, 0, 0.5, 0.03, 0.48);
        k.soft('cushion_out', 0, 0.5, 0.22, 0.46, 0.4, 0.06, 0.03);
        for (const [px, pz] of [
          [-0.22, -0.2],
          [0.22, -0.2],
          [-0.22, 0.22],
          [0.22, 0.22],
        ] as const)
          k.cylinder('blackmetal', px, 0, pz, 0.012, 0.012, pz > 0 ? 0.9 : 0.38, 8);
      });
    k.cylinder('oakwood_v', 0, 0, 0, 0.025, 0.025, 2.5, 12);
    k.cylinder('concrete', 0, 0, 0, 0.26, 0.26, 0.08);
    k.mesh('umbrella', new THREE.ConeGeometry(1.55, 0.55, 8, 1, true), 0, 2.45, 0);
    k.plant(0.5, 0.745, 0.1, 0.3, 12, 'leaf', 'pot', 0.06);
    for (const x of [-0.45, 0.35]) k.cylinder('white', x, 0.745, -0.2, 0.11, 0.12, 0.012);
    k.lathe('glass', -0.15, 0.745, 0.15, [
      [0.001, 0],
      [0.06, 0],
      [0.07, 0.2],
      [0.06, 0.22],
    ]);
  });
  const sofa = (x: number, z: number, turn: number, n: number): void =>
    k.at(x, -0.06, z, turn, () => {
      const w = n * 0.7;
      k.round('basket', 0, 0.06, 0, w + 0.16, 0.26, 0.8, 0.03);
      k.round('basket', 0, 0.3, 0.34, w + 0.16, 0.36, 0.12, 0.03);
      for (const s of [-1, 1]) k.round('basket', s * (w / 2 + 0.03), 0.3, 0, 0.1, 0.22, 0.8, 0.03);
      for (let i = 0; i < n; i++) {
        const cx = (i - (n - 1) / 2) * 0.7;
        k.soft('linen', cx, 0.31, -0.04, 0.68, 0.13, 0.68, 0.05);
        k.soft('linen', cx, 0.42, 0.22, 0.66, 0.36, 0.16, 0.06);
      }
      k.pillow('print_d', -w / 2 + 0.3, 0.62, 0.05, 0.42, 0.42, 0.16, 0.35);
      if (n > 1) k.pillow('print_b', w / 2 - 0.3, 0.62, 0.05, 0.42, 0.42, 0.16, 0.35);
    });
  sofa(7.2, -1.35, 0, 3);
  sofa(8.7, -3.2, 1, 2);
  sofa(5.5, -3.3, -1, 1);
  k.at(7.1, -0.06, -3.1, 0, () => {
    k.lathe('concrete', 0, 0, 0, [
      [0.001, 0],
      [0.3, 0],
      [0.55, 0.36],
      [0.48, 0.36],
      [0.4, 0.24],
      [0.001, 0.22],
    ]);
    for (let i = 0; i < 7; i++)
      k.cylinder('bark', 0.2 * Math.cos(i), 0.26, 0.2 * Math.sin(i), 0.04, 0.03, 0.3, 8).rotation.set(1.2, i, 0.2);
    k.foliage('flame', 0, 0.42, 0, 0.14, 0.2, 0.14, 16, 0.06);
  });
  k.plant(0.9, -0.06, -0.6, 1.5, 34, 'leaf_dark', 'pot', 0.26);
  k.plant(2.9, -0.06, -0.45, 1.0, 24, 'leaf', 'pot_grey', 0.22);
  k.plant(8.8, -0.06, -0.6, 1.3, 30, 'leaf', 'pot', 0.24);
  k.at(0.62, 0, 0, 2, () => {
    k.block('glow_warm', 0, 1.9, 0.08, 0.12, 0.24, 0.1);
  });
  k.round('steel', 1.4, 0.55, -0.55, 1.0, 0.35, 0.5, 0.03);
  k.mesh(
    'charcoal',
    new THREE.CylinderGeometry(0.24, 0.24, 0.98, 24, 1, false, 0, Math.PI),
    1.4,
    0.9,
    -0.55,
  ).rotation.z = Math.PI / 2;
  k.block('charcoal', 1.4, -0.06, -0.55, 0.95, 0.62, 0.45);
}
