/** Bedrooms and bathroom. Each `at` frame faces +z. */
import { bed, bookcase, cabinets, nightstand, sofa } from './furniture.ts';
import type { Kit } from './kit.ts';

export function primary(k: Kit): void {
  k.sheet('rug_primary', 1, 1, (u, v) => [10.6 + 2.6 * u, 0.014, 4.3 - 3.2 * v]);
  k.at(12.68, 0, 2.65, -1, () => bed(k, 1.85, 'duvet', 'throw_rust', ['print_a', 'print_b', 'print_a'], 'headboard'));
  for (const [z, b] of [
    [1.3, 'teal'],
    [4.0, 'teal'],
  ] as const)
    k.at(13.8, 0, z, -1, () => nightstand(k, 1, b));
  k.at(13.8, 0, 2.65, -1, () => {
    for (const [i, x] of [
      [0, -0.62],
      [13, 0],
      [14, 0.62],
    ] as const)
      k.art(i, x, 1.75, 0, 0.5, 0.64, 'brass');
  });
  k.at(10.9, 0, 0.2, 0, () => {
    k.curtain('curtain_sand', -1.5, -1.04, 2.48, 0.03, 0.12, 6);
    k.curtain('curtain_sand', 1.04, 1.5, 2.48, 0.03, 0.12, 6);
    k.cylinder('brass', 0, 2.5, 0.12, 0.014, 0.014, 3.1, 10).rotation.z = Math.PI / 2;
  });
  k.at(9.4, 0, 0.95, 0.5, () => sofa(k, 'armchair', 1, ['print_c']));
  k.floorLamp(1, 8.95, 0.6);
  k.at(10.2, 0, 5.0, 2, () => {
    k.round('oakwood', 0, 0.12, 0.24, 1.5, 0.72, 0.44, 0.012);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 2; j++) {
        k.box('oakwood', -0.73 + j * 0.74, 0.16 + i * 0.225, 0.46, -0.01 + j * 0.74, 0.37 + i * 0.225, 0.472);
        k.ball('brass', -0.37 + j * 0.74, 0.265 + i * 0.225, 0.485, 0.014);
      }
    k.art(1, 0, 1.65, 0, 0.9, 0.7, 'oakwood');
    k.plant(-0.5, 0.84, 0.22, 0.45, 18, 'leaf', 'pot_white', 0.07);
    k.books(0.1, 0.5, 0.84, 0.22, 0.16, 0.24);
  });
  k.at(8.6, 0, 2.9, 1, () => {
    k.art(15, 0, 1.6, 0, 0.6, 0.8);
    k.doorFace(-1.7, 0);
  });
  k.plant(13.4, 0, 0.6, 1.5, 38, 'leaf_dark', 'basket', 0.19);
  k.at(11.35, 0, 2.65, 1, () => {
    k.soft('sofa_dark', 0, 0.3, 0, 1.3, 0.16, 0.42, 0.05, 0.015);
    for (const x of [-0.55, 0.55]) k.block('walnut_v', x, 0, 0, 0.05, 0.3, 0.36);
    k.soft('throw_cream', 0.35, 0.4, 0, 0.4, 0.1, 0.46, 0.04, 0.01, 0.02);
  });
  for (const [x, z] of [
    [10, 1.3],
    [12.4, 1.3],
    [10, 3.8],
    [12.4, 3.8],
  ] as const)
    k.downlight(1, x, z, 0.4);
}

export function bedroom(k: Kit): void {
  k.sheet('rug_bedroom', 1, 1, (u, v) => [10.8 + 2.4 * u, 0.014, 8.6 - 2.4 * v]);
  k.at(12.05, 0, 8.62, 2, () => bed(k, 1.4, 'duvet_blue', 'throw_cream', ['print_d', 'print_c'], 'linen'));
  k.at(13.3, 0, 9.8, 2, () => nightstand(k, 2, 'mustard'));
  k.at(10.8, 0, 9.8, 2, () => nightstand(k, 2, 'mustard'));
  k.at(12.05, 0, 9.8, 2, () => {
    k.curtain('curtain_blue', -1.35, -0.9, 2.48, 0.7, 0.13, 5);
    k.curtain('curtain_blue', 0.9, 1.35, 2.48, 0.7, 0.13, 5);
    k.cylinder('blackmetal', 0, 2.5, 0.12, 0.014, 0.014, 2.8, 10).rotation.z = Math.PI / 2;
  });
  k.at(13.8, 0, 7.3, -1, () => {
    k.curtain('curtain_blue', -1.15, -0.75, 2.48, 0.03, 0.12, 5);
    k.curtain('curtain_blue', 0.75, 1.15, 2.48, 0.03, 0.12, 5);
    k.cylinder('blackmetal', 0, 2.5, 0.12, 0.014, 0.014, 2.5, 10).rotation.z = Math.PI / 2;
  });
  // Desk on the west wall, pictures over it.
  k.at(10.1, 0, 7.3, 1, () => {
    k.round('oakwood', 0, 0.71, 0.3, 1.4, 0.035, 0.58, 0.01);
    for (const x of [-0.64, 0.64]) k.block('oakwood_v', x, 0, 0.3, 0.05, 0.71, 0.52);
    k.round('charcoal', 0, 0.745, 0.3, 0.34, 0.016, 0.24, 0.006);
    k.block('screen', 0, 0.76, 0.2, 0.34, 0.22, 0.008);
    k.tableLamp(2, -0.5, 0.745, 0.22, 'pot_white');
    k.books(0.3, 0.62, 0.745, 0.2, 0.18, 0.25);
    k.art(4, -0.35, 1.6, 0, 0.5, 0.6, 'oakwood_v');
    k.art(9, 0.35, 1.6, 0, 0.5, 0.6, 'oakwood_v');
    k.box('oakwood', -0.7, 2.05, 0, 0.7, 2.08, 0.2);
    k.books(-0.65, 0.1, 2.08, 0.1, 0.16, 0.22);
    k.plant(0.4, 2.08, 0.1, 0.3, 14, 'leaf', 'pot', 0.05);
    k.at(0.05, 0, 0.85, 2, () => {
      k.soft('dining_seat', 0, 0.43, 0, 0.44, 0.06, 0.42, 0.028, 0.01);
      k.soft('dining_seat', 0, 0.55, -0.2, 0.42, 0.32, 0.05, 0.02, 0.006);
      for (const [px, pz] of [
        [-1, -1],
        [1, -1],
        [-1, 1],
        [1, 1],
      ] as const)
        k.cylinder('oakwood_v', px * 0.18, 0, pz * 0.18, 0.012, 0.016, 0.44, 8);
    });
  });
  k.at(0, 0, 5.1, 0, () => {
    bookcase(k, 12.2, 1.1);
    k.doorFace(10.6, 0);
  });
  k.plant(13.45, 0, 9.2, 0.9, 24, 'leaf', 'basket', 0.15);
  for (const [x, z] of [
    [11, 6.2],
    [13, 6.2],
    [11, 8.6],
    [13, 8.6],
  ] as const)
    k.downlight(2, x, z, 0.4);
}

export function bathroom(k: Kit): void {
  k.box('bathtile', 5.6, 0, 0.2, 5.612, 1.3, 4.0);
  // Tub under the window.
  k.at(7.05, 0, 0.75, 0, () => {
    k.lathe(
      'porcelain',
      0,
      0,
      0,
      [
        [0.001, 0.02],
        [0.55, 0.02],
        [0.62, 0.1],
        [0.72, 0.56],
        [0.75, 0.6],
        [0.7, 0.6],
        [0.6, 0.2],
        [0.45, 0.12],
        [0.001, 0.12],
      ],
      48,
    ).scale.set(1.18, 1, 0.62);
    k.cylinder('chrome', 0.55, 0, -0.42, 0.02, 0.02, 0.95, 12);
    k.round('chrome', 0.55, 0.93, -0.3, 0.03, 0.03, 0.26, 0.012);
    k.box('oakwood', -0.14, 0.6, -0.5, 0.14, 0.62, 0.5);
    k.round('towel', 0, 0.62, 0.1, 0.22, 0.08, 0.2, 0.03);
    k.cylinder('bedding', 0, 0.62, -0.2, 0.035, 0.035, 0.09);
  });
  // Vanity on the west wall.
  k.at(5.62, 0, 2.35, 1, () => {
    k.at(-0.75, 0, 0, 0, () => cabinets(k, 'cabinet_blue', 0, 1.5, 0.14, 0.8, 0.5, 4));
    k.round('marble', 0, 0.8, 0.26, 1.56, 0.035, 0.54, 0.008);
    for (const x of [-0.38, 0.38]) {
      k.lathe('porcelain', x, 0.835, 0.28, [
        [0.001, 0.02],
        [0.1, 0.0],
        [0.19, 0.11],
        [0.18, 0.115],
        [0.1, 0.03],
        [0.001, 0.028],
      ]).scale.z = 0.85;
      k.cylinder('brass', x, 0.835, 0.07, 0.015, 0.013, 0.26, 12);
      k.round('brass', x, 1.08, 0.13, 0.022, 0.022, 0.14, 0.009);
      k.cylinder('brass', x, 1.58, 0.012, 0.33, 0.33, 0.02, 48).rotation.x = Math.PI / 2;
      k.cylinder('mirror', x, 1.582, 0.028, 0.31, 0.31, 0.006, 48).rotation.x = Math.PI / 2;
    }
    for (const x of [-0.76, 0, 0.76]) {
      k.ball('glow_warm', x, 1.75, 0.1, 0.055);
      k.cylinder('brass', x, 1.64, 0.08, 0.02, 0.02, 0.08);
      k.lamp(3, x, 1.75, 0.1, 0.1, 0.16);
    }
    k.plant(0, 0.835, 0.2, 0.32, 14, 'leaf', 'pot_white', 0.05);
    k.lathe('mustard', 0.66, 0.835, 0.2, [
      [0.001, 0],
      [0.035, 0],
      [0.035, 0.12],
      [0.012, 0.14],
      [0.012, 0.18],
    ]);
  });
  // East wall: towels, lavatory, shelf, picture.
  k.at(8.5, 0, 2.4, -1, () => {
    k.round('porcelain', 0.0, 0.0, 0.4, 0.36, 0.4, 0.52, 0.09);
    k.round('porcelain', 0.0, 0.38, 0.4, 0.38, 0.035, 0.5, 0.016);
    k.round('porcelain', 0.0, 0.36, 0.11, 0.4, 0.42, 0.2, 0.03);
    k.art(11, 0, 1.65, 0, 0.5, 0.6, 'oakwood_v');
    k.cylinder('brass', -0.95, 1.25, 0.07, 0.01, 0.01, 0.7, 10).rotation.z = Math.PI / 2;
    k.curtain('towel_teal', -1.22, -0.96, 1.61, 0.95, 0.08, 2);
    k.curtain('towel', -0.92, -0.68, 1.61, 1.0, 0.08, 2);
    k.box('oakwood', 0.5, 1.2, 0, 1.2, 1.225, 0.2);
    k.box('oakwood', 0.5, 1.6, 0, 1.2, 1.625, 0.2);
    for (let i = 0; i < 4; i++)
      k.round(i % 2 === 0 ? 'towel' : 'towel_teal', 0.68, 1.225 + i * 0.07, 0.1, 0.26, 0.065, 0.17, 0.025);
    k.plant(1.0, 1.225, 0.1, 0.3, 12, 'leaf_dark', 'pot', 0.05);
    for (let i = 0; i < 4; i++)
      k.cylinder(
        ['mustard', 'teal', 'pot_white', 'glass'][i],
        0.6 + i * 0.15,
        1.625,
        0.1,
        0.035,
        0.03,
        0.1 + 0.04 * (i % 2),
      );
  });
  k.round('mat_bath', 7.05, 0, 1.75, 1.1, 0.02, 0.65, 0.008);
  k.round('basket', 8.15, 0, 0.75, 0.4, 0.45, 0.4, 0.04);
  k.round('towel', 8.15, 0.42, 0.75, 0.3, 0.1, 0.3, 0.04);
  k.plant(5.95, 0, 0.65, 1.1, 28, 'leaf', 'pot_grey', 0.16);
  for (const [x, z] of [
    [6.4, 1.4],
    [7.7, 1.4],
    [6.4, 3.2],
    [7.7, 3.2],
  ] as const)
    k.downlight(3, x, z, 0.32);
}
