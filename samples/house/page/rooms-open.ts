/** The open living area: living room, kitchen and dining room. Each `at` frame faces +z. */
import { bookcase, cabinets, sofa } from './furniture.ts';
import type { Kit } from './kit.ts';

export function living(k: Kit): void {
  const rug = k.sheet('rug_living', 1, 1, (u, v) => [1.1 + 2.9 * u, 0.012, 8.6 - 2.1 * v]);
  rug.name = 'rug';
  k.at(2.6, 0, 9.05, 2, () => sofa(k, 'sofa', 3, ['print_a', 'print_b', 'throw_rust']));
  k.at(0.95, 0, 6.2, 0.35, () => sofa(k, 'armchair', 1, ['print_c']));
  k.at(4.55, 0, 7.2, -1, () => sofa(k, 'sofa_dark', 1, ['print_b']));
  k.at(2.6, 0, 7.5, 0, () => {
    k.lathe(
      'walnut',
      0,
      0,
      0,
      [
        [0.001, 0.36],
        [0.5, 0.36],
        [0.52, 0.38],
        [0.5, 0.4],
        [0.001, 0.4],
      ],
      48,
    );
    for (let i = 0; i < 3; i++)
      k.cylinder('walnut_v', 0.34 * Math.cos(i * 2.1), 0, 0.34 * Math.sin(i * 2.1), 0.018, 0.026, 0.37, 10);
    k.plant(0.16, 0.4, -0.14, 0.36, 14, 'leaf', 'teal', 0.055);
    k.round('book_1', -0.16, 0.4, 0.1, 0.3, 0.035, 0.22, 0.004);
    k.round('book_2', -0.15, 0.435, 0.11, 0.26, 0.03, 0.19, 0.004);
    k.lathe('brass', -0.15, 0.465, 0.1, [
      [0.001, 0],
      [0.04, 0],
      [0.07, 0.05],
      [0.062, 0.05],
      [0.03, 0.012],
    ]);
    k.round('throw_cream', 0.22, 0.4, 0.2, 0.22, 0.012, 0.16, 0.005);
  });
  // Media wall and bookcase along the kitchen wall (z 5.1), west of the opening; shelves east of it.
  k.at(0, 0, 5.1, 0, () => {
    bookcase(k, 4.45, 1.4);
    k.plant(0.75, 0, 0.35, 1.9, 46, 'leaf_dark', 'basket', 0.2);
    k.art(2, 0.8, 1.65, 0, 0.55, 0.75, 'walnut_v');
  });
  // West wall: console under the window; pictures either side.
  k.at(0.2, 0, 7.5, 1, () => {
    k.round('walnut', 0, 0.12, 0.2, 1.9, 0.36, 0.36, 0.01);
    for (let i = 0; i < 3; i++) k.box('walnut_v', -0.9 + i * 0.61, 0.16, 0.38, -0.32 + i * 0.61, 0.44, 0.392);
    for (let i = 0; i < 3; i++) k.block('brass', -0.61 + i * 0.61, 0.38, 0.398, 0.12, 0.012, 0.014);
    k.tableLamp(0, -0.75, 0.48, 0.2, 'terracotta');
    k.books(0.2, 0.6, 0.48, 0.2, 0.17, 0.2);
    k.lathe('teal', 0.78, 0.48, 0.2, [
      [0.001, 0],
      [0.06, 0],
      [0.1, 0.12],
      [0.05, 0.25],
      [0.055, 0.28],
    ]);
    k.curtain('curtain', -1.62, -1.22, 2.48, 0.03, 0.12, 5);
    k.curtain('curtain', 1.22, 1.62, 2.48, 0.03, 0.12, 5);
    k.cylinder('brass', 0, 2.5, 0.12, 0.014, 0.014, 3.5, 10).rotation.z = Math.PI / 2;
    k.art(4, 2.05, 1.55, 0, 0.5, 0.65);
    k.art(7, -2.0, 1.55, 0, 0.5, 0.65);
  });
  k.at(2.6, 0, 9.8, 2, () => {
    k.curtain('curtain', -1.85, -1.42, 2.48, 0.03, 0.12, 5);
    k.curtain('curtain', 1.42, 1.85, 2.48, 0.03, 0.12, 5);
    k.cylinder('brass', 0, 2.5, 0.12, 0.014, 0.014, 3.9, 10).rotation.z = Math.PI / 2;
  });
  k.at(5.9, 0, 9.8, 2, () => k.doorFace(0.0, 0, 'frontdoor'));
  k.at(6.0, 0, 5.65, -1, () => {
    k.art(5, 0, 1.55, 0.0, 0.6, 0.8, 'oakwood_v');
    k.round('oakwood', 0, 0.7, 0.16, 0.8, 0.04, 0.3, 0.01);
    for (const x of [-0.36, 0.36]) k.block('oakwood_v', x, 0, 0.16, 0.04, 0.7, 0.28);
    k.plant(0.22, 0.74, 0.16, 0.4, 16, 'leaf', 'pot_white', 0.065);
    k.books(-0.34, 0.0, 0.74, 0.15, 0.15, 0.2);
  });
  k.at(6.0, 0, 9.2, -1, () => k.art(9, 0, 1.6, 0.0, 0.5, 0.5, 'black'));
  k.floorLamp(0, 0.62, 9.15);
  for (const [x, z] of [
    [1.4, 6.4],
    [3.9, 6.4],
    [1.4, 8.6],
    [3.9, 8.6],
  ] as const)
    k.downlight(0, x, z, 0.5);
  k.plant(5.35, 0, 5.5, 1.0, 26, 'leaf', 'pot_grey', 0.17);
}

export function kitchen(k: Kit): void {
  // Along the west wall (x 0.2), facing +x: frame turned so that local x runs along −z.
  k.at(0.2, 0, 4.4, 1, () => {
    k.box('black', 0.7, 0, 0, 4.2, 0.1, 0.54);
    cabinets(k, 'cabinet_green', 0.7, 1.9, 0.1, 0.88, 0.6, 2);
    cabinets(k, 'cabinet_green', 2.66, 4.2, 0.1, 0.88, 0.6, 3);
    k.box('marble', 0.7, 0.88, 0, 1.9, 0.92, 0.64);
    k.box('marble', 2.66, 0.88, 0, 4.2, 0.92, 0.64);
    k.box('subway', 0.7, 0.92, 0, 4.2, 2.0, 0.012);
    // Range and hood.
    k.round('steel', 2.28, 0.02, 0.32, 0.75, 0.9, 0.64, 0.01);
    k.box('black', 1.98, 0.25, 0.64, 2.58, 0.62, 0.646);
    k.round('steel', 2.28, 0.68, 0.68, 0.6, 0.025, 0.025, 0.01);
    for (let i = 0; i < 5; i++)
      k.cylinder('black', 2.03 + i * 0.125, 0.8, 0.65, 0.022, 0.022, 0.03, 14).rotation.x = Math.PI / 2;
    for (const [x, z] of [
      [2.1, 0.2],
      [2.46, 0.2],
      [2.1, 0.46],
      [2.46, 0.46],
    ] as const) {
      k.cylinder('black', x, 0.92, z, 0.09, 0.09, 0.015);
      k.block('blackmetal', x, 0.93, z, 0.24, 0.02, 0.02);
      k.block('blackmetal', x, 0.93, z, 0.02, 0.02, 0.24);
    }
    k.lathe('teal', 2.1, 0.95, 0.2, [
      [0.001, 0],
      [0.1, 0],
      [0.11, 0.02],
      [0.11, 0.13],
      [0.1, 0.13],
    ]);
    k.cylinder('steel', 2.28, 1.75, 0.25, 0.42, 0.16, 0.3, 4).rotation.y = Math.PI / 4;
    k.box('steel', 2.14, 2.05, 0.05, 2.42, 2.7, 0.33);
    cabinets(k, 'cabinet', 0.7, 1.85, 1.45, 2.45, 0.35, 2);
    k.box('oakwood', 2.75, 1.45, 0, 4.2, 1.485, 0.25);
    k.box('oakwood', 2.75, 1.85, 0, 4.2, 1.885, 0.25);
    for (let i = 0; i < 6; i++) {
      k.lathe(['white', 'teal', 'pot_white', 'terracotta', 'white', 'glass'][i], 2.9 + i * 0.23, 1.485, 0.13, [
        [0.001, 0],
        [0.05, 0],
        [0.08, 0.06 + 0.02 * (i % 3)],
        [0.075, 0.06 + 0.02 * (i % 3)],
        [0.04, 0.01],
      ]);
      k.cylinder(
        ['lemon', 'glass', 'white', 'brass', 'terracotta', 'white'][i],
        2.88 + i * 0.24,
        1.885,
        0.13,
        0.05,
        0.05,
        0.12 + 0.04 * (i % 3),
        18,
      );
    }
    k.block('oakwood_v', 1.2, 0.92, 0.08, 0.28, 0.4, 0.02);
    k.cylinder('terracotta', 1.55, 0.92, 0.18, 0.055, 0.065, 0.16);
    for (let i = 0; i < 5; i++)
      k.cylinder('oakwood_v', 1.53 + 0.02 * i, 0.98, 0.17 + 0.012 * (i % 3), 0.006, 0.012, 0.28, 8);
    k.plant(3.0, 0.92, 0.25, 0.34, 14, 'leaf', 'pot', 0.06);
    k.round('steel', 3.6, 0.92, 0.25, 0.3, 0.2, 0.2, 0.04);
  });
  // Under the window (z 0.2), facing +z.
  k.at(0, 0, 0.2, 0, () => {
    cabinets(k, 'cabinet_green', 0.8, 3.0, 0.1, 0.88, 0.6, 4);
    k.box('black', 0.2, 0, 0, 3.0, 0.1, 0.54);
    k.box('marble', 0.2, 0.88, 0, 3.05, 0.92, 0.64);
    k.box('subway', 0.2, 0.92, 0, 0.92, 2.2, 0.012);
    k.box('subway', 2.48, 0.92, 0, 3.05, 2.2, 0.012);
    k.box('steel', 1.35, 0.915, 0.14, 2.05, 0.923, 0.54);
    k.box('charcoal', 1.38, 0.92, 0.17, 2.02, 0.925, 0.51);
    k.cylinder('brass', 1.7, 0.92, 0.1, 0.016, 0.014, 0.34, 12);
    k.round('brass', 1.7, 1.25, 0.2, 0.025, 0.025, 0.22, 0.011);
    k.plant(2.6, 0.92, 0.25, 0.5, 18, 'leaf_dark', 'pot_white', 0.08);
    k.lathe('glass', 0.95, 0.92, 0.3, [
      [0.001, 0],
      [0.05, 0],
      [0.055, 0.2],
      [0.03, 0.26],
    ]);
    for (const x of [2.62, 2.86]) k.round('towel_teal', x, 0.5, 0.63, 0.16, 0.3, 0.012, 0.005);
  });
  // Fridge by the living room wall, island, pendants.
  k.at(0.2, 0, 4.55, 1, () => {
    k.round('steel', 0.25, 0.03, 0.36, 0.85, 1.82, 0.68, 0.015);
    k.box('black', 0.245, 0.72, 0.7, 0.255, 1.84, 0.704);
    for (const x of [0.2, 0.3]) k.round('chrome', x, 0.95, 0.73, 0.018, 0.7, 0.03, 0.008);
    cabinets(k, 'cabinet', -0.18, 0.68, 1.9, 2.45, 0.6, 2);
  });
  k.at(2.75, 0, 2.55, 0, () => {
    k.box('cabinet_blue', -0.45, 0.02, -0.95, 0.4, 0.88, 0.95);
    k.round('marble', 0.0, 0.88, 0, 1.15, 0.045, 2.15, 0.012);
    for (let i = 0; i < 3; i++) {
      k.box('cabinet_blue', 0.4, 0.1, -0.92 + i * 0.62, 0.415, 0.84, -0.34 + i * 0.62);
      k.box('trim', 0.4, 0.02, -0.95, 0.41, 0.09, 0.95);
      k.at(0.75, 0, -0.62 + i * 0.62, 0, () => {
        k.soft('armchair', 0, 0.63, 0, 0.36, 0.06, 0.36, 0.028, 0.012);
        for (const [x, z] of [
          [-1, -1],
          [1, -1],
          [-1, 1],
          [1, 1],
        ] as const)
          k.cylinder('oakwood_v', x * 0.14, 0, z * 0.14, 0.02, 0.016, 0.64, 10);
        for (const z of [-0.14, 0.14]) k.block('brass', 0, 0.25, z, 0.28, 0.018, 0.018);
      });
    }
    k.lathe('white', 0.05, 0.925, -0.45, [
      [0.001, 0.01],
      [0.09, 0],
      [0.18, 0.09],
      [0.17, 0.09],
      [0.08, 0.015],
    ]);
    for (let i = 0; i < 7; i++)
      k.ball(
        ['lemon', 'apple', 'lime'][i % 3],
        0.05 + 0.085 * Math.cos(i * 1.05),
        1.0 + 0.03 * (i % 2),
        -0.45 + 0.085 * Math.sin(i * 1.05),
        0.042,
      );
    k.round('oakwood', -0.05, 0.925, 0.35, 0.3, 0.025, 0.45, 0.008);
    k.round('book_6', 0.1, 0.925, 0.75, 0.22, 0.03, 0.28, 0.004);
    k.plant(-0.2, 0.925, 0.78, 0.42, 16, 'leaf', 'teal', 0.07);
    for (const z of [-0.6, 0.6]) {
      k.cylinder('blackmetal', 0, 1.95, z, 0.006, 0.006, 0.75, 8);
      k.lathe('brass', 0, 1.7, z, [
        [0.19, 0],
        [0.17, 0.1],
        [0.06, 0.2],
        [0.03, 0.26],
        [0.001, 0.26],
      ]);
      k.ball('glow_warm', 0, 1.74, z, 0.06);
      k.lamp(0, 0, 1.72, z, 0.24, 0.4);
    }
  });
  for (const [x, z] of [
    [1.2, 1.3],
    [1.2, 3.6],
    [4.4, 1.3],
    [4.4, 3.6],
  ] as const)
    k.downlight(0, x, z, 0.5);
  k.at(5.5, 0, 2.6, -1, () => {
    k.art(6, 0, 1.6, 0, 0.9, 0.65, 'oakwood');
    k.round('oakwood', 0, 0.72, 0.2, 1.2, 0.035, 0.36, 0.01);
    for (const x of [-0.55, 0.55]) k.block('oakwood_v', x, 0, 0.2, 0.05, 0.72, 0.3);
    k.block('basket', -0.25, 0.02, 0.2, 0.4, 0.3, 0.3);
    k.books(0.0, 0.4, 0.755, 0.18, 0.18, 0.26);
    k.plant(-0.35, 0.755, 0.2, 0.5, 20, 'leaf_dark', 'pot', 0.08);
  });
  k.sheet('rug_bedroom', 1, 1, (u, v) => [1.15 + 0.75 * u, 0.01, 3.7 - 2.0 * v]);
}

export function dining(k: Kit): void {
  k.sheet('rug_dining', 1, 1, (u, v) => [6.75 + 2.7 * u, 0.01, 8.75 - 2.3 * v]);
  k.at(8.1, 0, 7.6, 0, () => {
    k.round('walnut', 0, 0.71, 0, 2.0, 0.045, 1.0, 0.015);
    for (const [x, z] of [
      [-0.85, -0.38],
      [0.85, -0.38],
      [-0.85, 0.38],
      [0.85, 0.38],
    ] as const)
      k.block('walnut_v', x, 0, z, 0.07, 0.71, 0.07);
    for (const [x, z, t] of [
      [-0.6, -0.72, 2],
      [0.05, -0.72, 2],
      [0.62, -0.72, 2],
      [-0.6, 0.72, 0],
      [0.05, 0.72, 0],
      [0.62, 0.72, 0],
    ] as const)
      k.at(x, 0, z, t, () => {
        k.soft('dining_seat', 0, 0.43, 0, 0.46, 0.07, 0.44, 0.03, 0.012);
        k.soft('dining_seat', 0, 0.56, 0.2, 0.44, 0.36, 0.06, 0.028, 0.008);
        for (const [px, pz] of [
          [-1, -1],
          [1, -1],
          [-1, 1],
          [1, 1],
        ] as const)
          k.cylinder('walnut_v', px * 0.18, 0, pz * 0.18, 0.012, 0.018, pz > 0 ? 0.62 : 0.44, 8);
      });
    k.round('linen', 0, 0.756, 0, 1.5, 0.006, 0.34, 0.002);
    for (const x of [-0.6, 0.05, 0.62])
      for (const z of [-0.34, 0.34]) {
        k.lathe('white', x, 0.755, z, [
          [0.001, 0.004],
          [0.08, 0.004],
          [0.13, 0.016],
          [0.128, 0.02],
          [0.08, 0.01],
        ]);
        k.lathe('teal', x, 0.77, z, [
          [0.001, 0.004],
          [0.05, 0.004],
          [0.09, 0.014],
          [0.088, 0.018],
          [0.05, 0.01],
        ]);
        k.lathe('glass', x + 0.17, 0.755, z * 0.72, [
          [0.03, 0],
          [0.004, 0.01],
          [0.004, 0.08],
          [0.034, 0.11],
          [0.036, 0.17],
        ]);
      }
    k.plant(0, 0.76, 0, 0.55, 26, 'leaf', 'pot_white', 0.085);
    for (const x of [-0.35, 0.35]) {
      k.cylinder('brass', x, 0.76, 0, 0.035, 0.02, 0.12);
      k.cylinder('bedding', x, 0.88, 0, 0.011, 0.011, 0.2, 10);
    }
    k.cylinder('blackmetal', 0, 1.95, 0, 0.008, 0.008, 0.75, 8);
    k.block('blackmetal', 0, 1.93, 0, 1.2, 0.025, 0.025);
    for (let i = 0; i < 5; i++) {
      const x = -0.54 + i * 0.27;
      k.ball('glow_warm', x, 1.85, 0, 0.06);
      k.cylinder('brass', x, 1.9, 0, 0.025, 0.02, 0.04);
      k.lamp(0, x, 1.85, 0, 0.1, 0.12);
    }
  });
  k.at(10, 0, 7.45, -1, () => {
    k.round('walnut', 0, 0.16, 0.22, 1.8, 0.7, 0.42, 0.01);
    for (let i = 0; i < 4; i++) {
      k.box('walnut_v', -0.88 + i * 0.445, 0.2, 0.43, -0.45 + i * 0.445, 0.82, 0.442);
      k.round('brass', -0.67 + i * 0.445, 0.74, 0.46, 0.1, 0.014, 0.014, 0.006);
    }
    k.tableLamp(0, -0.65, 0.86, 0.2, 'mustard');
    k.plant(0.6, 0.86, 0.2, 0.55, 22, 'leaf_dark', 'pot_white', 0.09);
    k.books(-0.2, 0.2, 0.86, 0.2, 0.18, 0.24);
    k.art(8, -0.45, 1.75, 0, 0.75, 0.75, 'brass');
    k.art(3, 0.45, 1.75, 0, 0.75, 0.75, 'brass');
  });
  k.at(8.25, 0, 9.8, 2, () => {
    k.curtain('curtain_sand', -1.5, -1.08, 2.48, 0.03, 0.12, 5);
    k.curtain('curtain_sand', 1.08, 1.5, 2.48, 0.03, 0.12, 5);
    k.cylinder('blackmetal', 0, 2.5, 0.12, 0.014, 0.014, 3.1, 10).rotation.z = Math.PI / 2;
  });
  k.at(0, 0, 5.1, 0, () => {
    k.art(10, 7.4, 1.6, 0, 0.6, 0.8);
    k.art(11, 8.4, 1.6, 0, 0.6, 0.8);
    k.plant(9.55, 0, 0.4, 1.7, 40, 'leaf', 'basket', 0.18);
  });
  k.plant(9.6, 0, 9.4, 1.2, 30, 'leaf_dark', 'pot_grey', 0.18);
  k.at(6.1, 0, 9.15, 1, () => k.art(12, 0, 1.6, 0, 0.6, 0.6));
  for (const [x, z] of [
    [7, 6],
    [9.2, 6],
    [7, 9.2],
    [9.2, 9.2],
  ] as const)
    k.downlight(0, x, z, 0.4);
}
