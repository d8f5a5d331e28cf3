/** Every surface of the house, by name: a physically based three.js material with where and how its texture lies. */
import * as THREE from 'three';
import {
  boards,
  grass,
  leafTexture,
  marble,
  picture,
  pile,
  plaster,
  print,
  rug,
  shingles,
  type Texture,
  tiles,
  weave,
  wood,
} from './textures.ts';

export interface Look {
  readonly texture?: Texture;
  /** Metres that one tile of the texture covers; 0: the mesh's own uv. */
  readonly tile?: number;
  /** Turn the texture by a quarter. */
  readonly turned?: boolean;
  readonly color?: number;
  readonly rough?: number;
  readonly metal?: number;
  /** Height of the bumps, metres. */
  readonly bump?: number;
  readonly glow?: readonly [number, number, number];
}
export type Surface = THREE.MeshStandardMaterial & {
  userData: { tile: number; turned: boolean; bump: number; mean: THREE.Color; glow: THREE.Color; index: number };
};

function surface(look: Look, index: number): Surface {
  const m = new THREE.MeshStandardMaterial({
    color: look.color ?? 0xffffff,
    map: look.texture?.map ?? null,
    roughness: look.rough ?? 0.8,
    metalness: look.metal ?? 0,
    side: THREE.DoubleSide,
  });
  const mean = m.color.clone();
  if (look.texture !== undefined) mean.multiply(new THREE.Color(...look.texture.mean));
  if ((look.metal ?? 0) > 0.5) mean.multiplyScalar(0.7);
  const glow = new THREE.Color(...(look.glow ?? [0, 0, 0]));
  m.userData = { tile: look.tile ?? 1, turned: look.turned ?? false, bump: look.bump ?? 0, mean, glow, index };
  return m as unknown as Surface;
}

export class Materials {
  readonly all: Surface[] = [];
  private readonly byName = new Map<string, Surface>();
  private readonly looks: Record<string, () => Look>;
  constructor() {
    this.looks = looks();
  }
  get(name: string): Surface {
    let m = this.byName.get(name);
    if (m === undefined) {
      const make = this.looks[name];
      if (make === undefined) throw new Error(`No material is called ${name}.`);
      m = surface(make(), this.all.length);
      this.all.push(m);
      this.byName.set(name, m);
    }
    return m;
  }
}

function looks(): Record<string, () => Look> {
  const wallTexture = plaster(244, 14, 3);
  const wall = (color: number): Look => ({
    texture: wallTexture,
    tile: 1.5,
    color,
    rough: 0.9,
    bump: 0.0007,
  });
  const oak = { dark: [120, 84, 50], light: [214, 172, 122] };
  const cloth = (tone: number[], seed: number, tile = 0.25): Look => ({
    texture: weave(tone, 0.5, 40, seed),
    tile,
    rough: 0.95,
    bump: 0.0012,
  });
  const metal = (color: number, rough = 0.25): Look => ({ color, rough, metal: 1 });
  const plain = (color: number, rough = 0.5): Look => ({ color, rough });
  const out: Record<string, () => Look> = {
    wall_living: () => wall(0xf1ece2),
    wall_kitchen: () => wall(0xf0efea),
    wall_dining: () => wall(0xa9b8b0),
    wall_primary: () => wall(0xd9d2c8),
    wall_bedroom: () => wall(0xb9c8d6),
    wall_bath: () => wall(0xe9edec),
    ceiling: () => wall(0xfbfaf7),
    accent_primary: () => wall(0x50646a),
    accent_living: () => wall(0x7d8d84),
    trim: () => plain(0xf7f5f0, 0.45),
    door: () => plain(0xf2efe8, 0.45),
    frontdoor: () => ({ texture: wood([40, 62, 70], [62, 92, 100], 71), tile: 0.9, turned: true, rough: 0.4 }),
    floor_oak: () => ({ texture: boards(14, 2, oak.dark, oak.light, 11), tile: 2.2, rough: 0.34, bump: 0.0012 }),
    floor_tile: () => ({
      texture: tiles(4, 4, 0, [196, 190, 180], 26, [150, 145, 138], 0.0045, 21, 0.3),
      tile: 1.8,
      rough: 0.28,
      bump: 0.002,
    }),
    floor_bath: () => ({ texture: hexFloor(), tile: 1.2, rough: 0.3, bump: 0.0015 }),
    carpet: () => ({ texture: pile([150, 138, 122], [204, 194, 178], 31), tile: 0.6, rough: 1, bump: 0.006 }),
    carpet2: () => ({ texture: boards(14, 2, [98, 66, 40], [182, 136, 92], 12), tile: 2.2, rough: 0.36, bump: 0.0012 }),
    subway: () => ({
      texture: tiles(6, 12, 0.5, [236, 238, 234], 12, [176, 176, 170], 0.0035, 41),
      tile: 1.0,
      rough: 0.12,
      bump: 0.0025,
    }),
    bathtile: () => ({
      texture: tiles(4, 8, 0.5, [118, 158, 162], 40, [220, 222, 218], 0.0035, 43),
      tile: 0.9,
      rough: 0.14,
      bump: 0.0025,
    }),
    marble: () => ({ texture: marble([238, 236, 232], [120, 122, 128], 51), tile: 1.6, rough: 0.15 }),
    granite: () => ({ texture: pile([46, 48, 52], [120, 116, 110], 53), tile: 0.5, rough: 0.15 }),
    oakwood: () => ({ texture: wood([150, 108, 66], [208, 166, 116], 61), tile: 0.9, rough: 0.45 }),
    oakwood_v: () => ({ texture: wood([150, 108, 66], [208, 166, 116], 61), tile: 0.9, turned: true, rough: 0.45 }),
    walnut: () => ({ texture: wood([66, 42, 28], [128, 86, 56], 63), tile: 0.9, rough: 0.4 }),
    walnut_v: () => ({ texture: wood([66, 42, 28], [128, 86, 56], 63), tile: 0.9, turned: true, rough: 0.4 }),
    cabinet: () => plain(0xf0eee8, 0.38),
    cabinet_blue: () => plain(0x2f4a5c, 0.4),
    cabinet_green: () => plain(0x5a6f62, 0.42),
    white: () => plain(0xf6f6f4, 0.35),
    porcelain: () => plain(0xfafafa, 0.08),
    black: () => plain(0x17181a, 0.35),
    screen: () => plain(0x0b0c0e, 0.06),
    charcoal: () => plain(0x34363a, 0.6),
    steel: () => metal(0xc9ccd0, 0.3),
    chrome: () => metal(0xe8eaec, 0.08),
    brass: () => metal(0xd2a860, 0.25),
    mirror: () => metal(0xf2f4f4, 0.0),
    blackmetal: () => plain(0x202124, 0.4),
    sofa: () => cloth([164, 160, 150], 81),
    sofa_dark: () => cloth([86, 100, 106], 82),
    armchair: () => cloth([190, 132, 84], 83),
    linen: () => cloth([232, 226, 214], 84),
    bedding: () => cloth([240, 238, 232], 85, 0.4),
    duvet: () => cloth([222, 220, 214], 86, 0.4),
    duvet_blue: () => cloth([132, 156, 184], 87, 0.4),
    throw_rust: () => ({ texture: print(0, '#a4583a', '#8e4a30', '#c88a62', 88), tile: 0.35, rough: 1, bump: 0.003 }),
    throw_cream: () => ({ texture: weave([214, 200, 176], 0.8, 16, 89), tile: 0.3, rough: 1, bump: 0.006 }),
    headboard: () => cloth([112, 104, 96], 90),
    dining_seat: () => cloth([70, 86, 84], 91),
    curtain: () => ({ texture: weave([232, 228, 218], 0.25, 40, 92), tile: 0.3, rough: 0.95, bump: 0.0006 }),
    curtain_blue: () => ({ texture: weave([110, 132, 156], 0.3, 40, 93), tile: 0.3, rough: 0.95, bump: 0.0006 }),
    curtain_sand: () => ({ texture: weave([196, 178, 150], 0.3, 40, 94), tile: 0.3, rough: 0.95, bump: 0.0006 }),
    towel: () => ({ texture: pile([216, 206, 190], [246, 240, 230], 95), tile: 0.3, rough: 1, bump: 0.006 }),
    towel_teal: () => ({ texture: pile([40, 104, 110], [80, 150, 152], 96), tile: 0.3, rough: 1, bump: 0.006 }),
    print_a: () => ({ texture: print(1, '#e8dfce', '#35566a', '#c4703c', 101), tile: 0.45, rough: 1, bump: 0.001 }),
    print_b: () => ({ texture: print(2, '#cf9b45', '#f3ead8', '#7c4a2a', 102), tile: 0.4, rough: 1, bump: 0.001 }),
    print_c: () => ({ texture: print(0, '#f1ece2', '#3f6d66', '#c9a46a', 103), tile: 0.5, rough: 1, bump: 0.001 }),
    print_d: () => ({ texture: print(1, '#28445a', '#e8ecec', '#d08a5a', 104), tile: 0.4, rough: 1, bump: 0.001 }),
    rug_living: () => ({
      texture: rug([52, 84, 104], [178, 96, 60], [226, 214, 192], 111),
      tile: 0,
      rough: 1,
      bump: 0.004,
    }),
    rug_dining: () => ({
      texture: rug([122, 58, 48], [48, 58, 78], [218, 196, 160], 112),
      tile: 0,
      rough: 1,
      bump: 0.004,
    }),
    rug_bedroom: () => ({
      texture: rug([206, 196, 178], [92, 118, 140], [236, 230, 218], 113),
      tile: 0,
      rough: 1,
      bump: 0.004,
    }),
    rug_primary: () => ({
      texture: rug([70, 98, 92], [196, 152, 96], [232, 222, 204], 114),
      tile: 0,
      rough: 1,
      bump: 0.004,
    }),
    mat_bath: () => ({ texture: print(1, '#e6ded0', '#4f8a8c', '#d8b078', 115), tile: 0.5, rough: 1, bump: 0.005 }),
    leaf: () => ({ texture: leafTexture([34, 74, 34], [92, 138, 62], 121), tile: 0, rough: 0.45, bump: 0.0005 }),
    leaf_dark: () => ({ texture: leafTexture([24, 58, 40], [62, 112, 70], 122), tile: 0, rough: 0.4, bump: 0.0005 }),
    tree_a: () => ({ texture: leafTexture([58, 88, 34], [120, 150, 62], 123), tile: 0, rough: 0.7 }),
    tree_b: () => ({ texture: leafTexture([40, 74, 34], [92, 122, 52], 124), tile: 0, rough: 0.7 }),
    tree_c: () => ({ texture: leafTexture([84, 104, 42], [160, 168, 80], 125), tile: 0, rough: 0.7 }),
    flower: () => plain(0xd86a8a, 0.7),
    flower_b: () => plain(0xf0d060, 0.7),
    bark: () => ({ texture: wood([62, 48, 38], [118, 98, 80], 126), tile: 0.7, turned: true, rough: 1, bump: 0.02 }),
    soil: () => ({ texture: pile([40, 30, 22], [86, 66, 48], 127), tile: 0.5, rough: 1, bump: 0.02 }),
    pot: () => ({ texture: plaster(240, 30, 128), tile: 0.5, color: 0xc8785a, rough: 0.8 }),
    pot_white: () => plain(0xecebe6, 0.4),
    pot_grey: () => ({ texture: plaster(220, 40, 129), tile: 0.5, color: 0x8c9090, rough: 0.8 }),
    basket: () => ({ texture: weave([184, 148, 100], 0.9, 12, 130), tile: 0.3, rough: 0.9, bump: 0.008 }),
    siding: () => ({
      texture: boards(8, 1, [206, 210, 208], [236, 238, 236], 131, 0.05),
      tile: 1.4,
      rough: 0.7,
      bump: 0.006,
    }),
    brick: () => ({
      texture: tiles(6, 16, 0.5, [158, 92, 70], 60, [190, 182, 170], 0.007, 132),
      tile: 1.4,
      rough: 0.95,
      bump: 0.008,
    }),
    roof: () => ({ texture: shingles(133), tile: 2.6, rough: 0.95, bump: 0.012 }),
    grass: () => ({ texture: grass(134), tile: 1.5, rough: 1, bump: 0.02 }),
    paver: () => ({
      texture: tiles(3, 3, 0.5, [186, 178, 164], 34, [120, 112, 98], 0.006, 135),
      tile: 1.8,
      rough: 0.9,
      bump: 0.006,
    }),
    deck: () => ({
      texture: boards(10, 1, [118, 82, 54], [186, 142, 100], 136, 0.06),
      tile: 1.4,
      rough: 0.7,
      bump: 0.004,
    }),
    concrete: () => ({ texture: plaster(205, 50, 137), tile: 1.6, color: 0xd8d4cc, rough: 0.95, bump: 0.002 }),
    fence: () => ({
      texture: boards(7, 1, [120, 96, 74], [176, 148, 118], 138, 0.05),
      tile: 1.05,
      turned: true,
      rough: 0.9,
      bump: 0.006,
    }),
    glow_warm: () => ({ color: 0xfff2da, rough: 0.9, glow: [2.2, 1.75, 1.2] }),
    glow_lamp: () => ({
      texture: weave([250, 240, 220], 0.2, 40, 141),
      tile: 0.25,
      rough: 0.9,
      glow: [1.0, 0.78, 0.5],
    }),
    glow_cool: () => ({ color: 0xffffff, rough: 0.9, glow: [2.4, 2.2, 1.9] }),
    flame: () => ({ color: 0xffa040, glow: [3, 1.2, 0.3] }),
    lemon: () => plain(0xf0c830, 0.5),
    apple: () => plain(0xb03028, 0.35),
    lime: () => plain(0x7fa838, 0.45),
    terracotta: () => plain(0xb8694a, 0.8),
    teal: () => plain(0x2f7f86, 0.3),
    mustard: () => plain(0xc8962f, 0.6),
    glass: () => plain(0xbfd4d4, 0.05),
    page: () => plain(0xefe8d8, 0.9),
    umbrella: () => cloth([214, 196, 164], 142),
    cushion_out: () => cloth([96, 128, 132], 143),
  };
  for (let i = 0; i < 16; i++) out[`picture_${i}`] = () => ({ texture: picture(200 + i), tile: 0, rough: 0.5 });
  const spines = [
    0x7a2f2a, 0x2f4a5c, 0xc8a45a, 0x3f6650, 0xe0d6c2, 0x54454e, 0xa85a3a, 0x24303a, 0x8c9a8a, 0xb8483e, 0x355f7a,
    0xd8c49a,
  ];
  spines.forEach((color, i) => {
    out[`book_${i}`] = () => plain(color, 0.7);
  });
  return out;
}

/** Small hexagon-like mosaic in three tones. */
function hexFloor(): Texture {
  return tiles(12, 14, 0.5, [226, 226, 222], 46, [150, 152, 152], 0.0055, 45);
}
