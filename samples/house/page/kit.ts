/** What rooms and shell are built of: pictures, books, plants, lamps, walls, windows and doors, made of shapes. */
import * as THREE from 'three';
import type { Lamp, Portal } from './light-sources.ts';
import { Shapes } from './shapes.ts';

export class Kit extends Shapes {
  readonly portals: Portal[] = [];
  readonly lamps: Lamp[] = [];

  /** Picture on a wall: in the x–y plane facing +z, middle at x, y. */
  art(which: number, x: number, y: number, z: number, w: number, h: number, frame = 'black', mount = 0.06): void {
    const b = 0.025;
    this.box(frame, x - w / 2 - b, y - h / 2 - b, z, x + w / 2 + b, y + h / 2 + b, z + 0.025);
    this.box('white', x - w / 2, y - h / 2, z + 0.02, x + w / 2, y + h / 2, z + 0.028);
    const m = this.mesh(`picture_${which}`, new THREE.PlaneGeometry(w - 2 * mount, h - 2 * mount), x, y, z + 0.032);
    m.rotation.set(0, 0, 0);
  }
  /** A row of books along x from x0 to about x1. */
  books(x0: number, x1: number, y: number, z: number, depth = 0.18, tallest = 0.28): void {
    let x = x0;
    while (x < x1 - 0.05) {
      const w = 0.018 + 0.035 * this.random();
      const h = tallest * (0.65 + 0.35 * this.random());
      const d = depth * (0.8 + 0.2 * this.random());
      const color = Math.floor(this.random() * 12);
      this.block(`book_${color}`, x + w / 2, y, z - depth / 2 + d / 2, w * 0.94, h, d);
      const band = `book_${(color + 4) % 12}`;
      this.box(band, x + 0.002, y + h * 0.72, z - depth / 2 + d, x + w * 0.92, y + h * 0.8, z - depth / 2 + d + 0.001);
      this.box(band, x + 0.002, y + h * 0.15, z - depth / 2 + d, x + w * 0.92, y + h * 0.19, z - depth / 2 + d + 0.001);
      x += w;
    }
  }
  /** Potted plant with arching leaves. */
  plant(
    x: number,
    y: number,
    z: number,
    height: number,
    leaves: number,
    leaf = 'leaf',
    pot = 'pot_white',
    potSize = 0.16,
  ): void {
    const ph = potSize * 1.7;
    this.lathe(pot, x, y, z, [
      [0.001, 0],
      [potSize * 0.72, 0],
      [potSize, ph],
      [potSize * 0.9, ph],
      [potSize * 0.88, ph * 0.9],
    ]);
    this.cylinder('soil', x, y + ph * 0.86, z, potSize * 0.86, potSize * 0.86, 0.02);
    this.cylinder('bark', x, y + ph * 0.8, z, 0.014 + height * 0.008, 0.012, Math.max(0.05, (height - ph) * 0.6), 8);
    for (let i = 0; i < leaves; i++) {
      const a = i * 2.39996 + this.random();
      const tall = (i + 0.5) / leaves;
      const base = y + ph + (height - ph) * 0.62 * tall;
      const reach = height * (0.14 + 0.2 * (1 - tall) + 0.1 * this.random());
      const rise = height * (0.05 + 0.24 * tall * this.random() + 0.1 * tall);
      const width = Math.min(0.16, height * (0.05 + 0.05 * this.random()));
      const droop = 0.25 + 0.5 * this.random();
      this.sheet(leaf, 2, 5, (u, v) => {
        const along = v * reach;
        const half = width * Math.sin(Math.PI * Math.min(1, 0.06 + v * 0.94)) * (u - 0.5) * 2;
        const up = rise * v * (1 + droop) - droop * reach * v * v + Math.abs(u - 0.5) * width * 0.5;
        return [
          x + Math.cos(a) * (along + 0.01) - Math.sin(a) * half,
          base + up,
          z + Math.sin(a) * (along + 0.01) + Math.cos(a) * half,
        ];
      });
    }
  }
  /** A crown of loose leaves inside an ellipsoid, one mesh. */
  foliage(
    material: string,
    x: number,
    y: number,
    z: number,
    rx: number,
    ry: number,
    rz: number,
    leaves: number,
    size: number,
  ): void {
    const position = new Float32Array(leaves * 12);
    const uv = new Float32Array(leaves * 8);
    const index: number[] = [];
    for (let i = 0; i < leaves; i++) {
      const a = 2 * Math.PI * this.random();
      const c = 2 * this.random() - 1;
      const s = Math.sqrt(1 - c * c);
      const lump = 0.8 + 0.3 * Math.sin(a * 3 + c * 5) * Math.sin(c * 7 + 1);
      const r = lump * (0.55 + 0.45 * this.random() ** 0.6);
      const centre = new THREE.Vector3(x + rx * r * s * Math.cos(a), y + ry * r * c, z + rz * r * s * Math.sin(a));
      const n = new THREE.Vector3(this.random() - 0.5, this.random() * 0.8, this.random() - 0.5)
        .add(new THREE.Vector3(s * Math.cos(a), c, s * Math.sin(a)).multiplyScalar(0.5))
        .normalize();
      const t = new THREE.Vector3(this.random() - 0.5, this.random() - 0.6, this.random() - 0.5).cross(n).normalize();
      const b = new THREE.Vector3().crossVectors(n, t);
      const l = size * (0.7 + 0.6 * this.random());
      const corners = [
        t.clone().multiplyScalar(-l),
        b.clone().multiplyScalar(l * 0.45),
        t.clone().multiplyScalar(l),
        b.clone().multiplyScalar(-l * 0.45),
      ];
      corners.forEach((q, k) => {
        q.add(centre).toArray(position, i * 12 + k * 3);
        uv.set([0.5 + 0.5 * ((k % 2) * (k - 2)), k === 0 ? 0 : k === 2 ? 1 : 0.5], i * 8 + k * 2);
      });
      index.push(i * 4, i * 4 + 1, i * 4 + 2, i * 4, i * 4 + 2, i * 4 + 3);
    }
    const g = new THREE.BufferGeometry();
    g.setAttribute('position', new THREE.BufferAttribute(position, 3));
    g.setAttribute('uv', new THREE.BufferAttribute(uv, 2));
    g.setIndex(index);
    g.computeVertexNormals();
    this.mesh(material, g);
  }
  tree(x: number, z: number, height: number, spread: number, material: string, leaves = 2600): void {
    this.cylinder('bark', x, 0, z, 0.06 + height * 0.018, 0.05, height * 0.6, 10);
    for (let i = 0; i < 5; i++) {
      const a = i * 2.4;
      const m = this.cylinder(
        'bark',
        x + Math.cos(a) * spread * 0.2,
        height * 0.38,
        z + Math.sin(a) * spread * 0.2,
        0.05,
        0.02,
        height * 0.35,
        6,
      );
      m.rotation.set(Math.sin(a) * 0.6, 0, -Math.cos(a) * 0.6);
    }
    this.foliage(material, x, height * 0.66, z, spread, height * 0.36, spread, leaves, 0.05 + height * 0.022);
  }
  lamp(zone: number, x: number, y: number, z: number, radius: number, power: number, warm = 1): void {
    const p = new THREE.Vector3(x, y, z);
    this.frame.updateWorldMatrix(true, false);
    p.applyMatrix4(this.frame.matrixWorld);
    this.lamps.push({
      zone,
      at: [p.x, p.y, p.z],
      radius,
      power: [power, power * (1 - 0.16 * warm), power * (1 - 0.38 * warm)],
    });
  }
  /** Table lamp with a cloth shade. */
  tableLamp(zone: number, x: number, y: number, z: number, base = 'teal'): void {
    this.lathe(base, x, y, z, [
      [0.001, 0],
      [0.07, 0],
      [0.07, 0.012],
      [0.03, 0.03],
      [0.075, 0.12],
      [0.08, 0.17],
      [0.04, 0.25],
      [0.012, 0.28],
      [0.012, 0.36],
    ]);
    this.mesh('glow_lamp', new THREE.CylinderGeometry(0.11, 0.165, 0.22, 32, 1, true), x, y + 0.43, z);
    this.lamp(zone, x, y + 0.43, z, 0.19, 0.42);
  }
  floorLamp(zone: number, x: number, z: number): void {
    this.cylinder('brass', x, 0, z, 0.15, 0.15, 0.02);
    this.cylinder('brass', x, 0, z, 0.011, 0.011, 1.5, 10);
    this.mesh('glow_lamp', new THREE.CylinderGeometry(0.16, 0.22, 0.28, 32, 1, true), x, 1.52, z);
    this.lamp(zone, x, 1.52, z, 0.25, 0.6);
  }
  /** Recessed light in the ceiling. */
  downlight(zone: number, x: number, z: number, power = 0.55): void {
    this.cylinder('glow_cool', x, 2.694, z, 0.05, 0.05, 0.006);
    this.cylinder('white', x, 2.696, z, 0.065, 0.065, 0.005);
    this.lamp(zone, x, 2.6, z, 0.09, power, 0.5);
  }

  /**
   * A wall along x (`axis` 'x', at z = `at`) or z, from `from` to `to`, `depth` thick towards `inward` (+1 or −1),
   * with openings [a, b, sill, head]. `inside` and `outside` name its two faces.
   */
  wall(
    axis: 'x' | 'z',
    at: number,
    from: number,
    to: number,
    depth: number,
    inward: number,
    inside: string,
    outside: string,
    openings: readonly (readonly [number, number, number, number])[] = [],
    height = 2.7,
    skirt = true,
  ): void {
    const piece = (a: number, b: number, y0: number, y1: number): void => {
      if (b - a < 1e-4 || y1 - y0 < 1e-4) return;
      const mid = at + inward * depth * 0.5;
      const faces: [number, number, string][] = [
        [at, mid, outside],
        [mid, at + inward * depth, inside],
      ];
      for (const [p, q, material] of faces)
        if (axis === 'x') this.box(material, a, y0, p, b, y1, q);
        else this.box(material, p, y0, a, q, y1, b);
      if (y0 < 0.01 && skirt) {
        const p = at + inward * depth;
        if (axis === 'x') this.box('trim', a, 0, p, b, 0.11, p + inward * 0.015);
        else this.box('trim', p, 0, a, p + inward * 0.015, 0.11, b);
      }
    };
    let x = from;
    for (const [a, b, sill, head] of [...openings].sort((p, q) => p[0] - q[0])) {
      piece(x, a, 0, height);
      piece(a, b, 0, sill);
      piece(a, b, head, height);
      x = b;
    }
    piece(x, to, 0, height);
  }

  /** Window (or glazed door when `sill` is 0) in an outer wall: frame, bars, boards, portal for the light. */
  window(
    axis: 'x' | 'z',
    at: number,
    inward: number,
    a: number,
    b: number,
    sill: number,
    head: number,
    zone: number,
    bars = 2,
    rows = 2,
  ): void {
    const z = at + inward * 0.1;
    const bar = (a0: number, b0: number, y0: number, y1: number, t: number): void => {
      if (axis === 'x') this.box('trim', a0, y0, z - t / 2, b0, y1, z + t / 2);
      else this.box('trim', z - t / 2, y0, a0, z + t / 2, y1, b0);
    };
    const f = 0.055;
    bar(a, a + f, sill, head, 0.09);
    bar(b - f, b, sill, head, 0.09);
    bar(a, b, sill, sill + f, 0.09);
    bar(a, b, head - f, head, 0.09);
    for (let i = 1; i < bars; i++)
      bar(a + ((b - a) * i) / bars - 0.022, a + ((b - a) * i) / bars + 0.022, sill, head, 0.06);
    for (let i = 1; i < rows; i++)
      bar(a, b, sill + ((head - sill) * i) / rows - 0.014, sill + ((head - sill) * i) / rows + 0.014, 0.04);
    for (const side of [1, -1]) {
      const p = side > 0 ? at + inward * 0.2 : at;
      const q = p + side * inward * 0.022;
      const c = 0.075;
      const trim = (a0: number, b0: number, y0: number, y1: number, out = 0): void => {
        if (axis === 'x') this.box('trim', a0, y0, p, b0, y1, q + side * inward * out);
        else this.box('trim', p, y0, a0, q + side * inward * out, y1, b0);
      };
      trim(a - c, a, sill, head + c);
      trim(b, b + c, sill, head + c);
      trim(a, b, head, head + c);
      if (sill > 0.05) trim(a - c, b + c, sill - 0.05, sill, 0.05);
    }
    const mid = (a + b) / 2;
    const y = (sill + head) / 2;
    const hw = (b - a) / 2;
    const hh = (head - sill) / 2;
    this.portals.push(
      axis === 'x'
        ? { zone, centre: [mid, y, at], u: [hw, 0, 0], v: [0, hh, 0] }
        : { zone, centre: [at, y, mid], u: [0, 0, hw], v: [0, hh, 0] },
    );
  }

  /** Closed panel door in the x–y plane facing +z, from x to x + 0.86, with casing. */
  doorFace(x: number, z: number, material = 'door'): void {
    this.box(material, x, 0.005, z, x + 0.86, 2.05, z + 0.02);
    for (const [y0, y1] of [
      [0.18, 0.95],
      [1.1, 1.9],
    ] as const)
      for (const dx of [0.12, 0.48]) {
        this.box('trim', x + dx, y0, z + 0.02, x + dx + 0.27, y1, z + 0.026);
        this.box(material, x + dx + 0.025, y0 + 0.025, z + 0.024, x + dx + 0.245, y1 - 0.025, z + 0.034);
      }
    this.cylinder('brass', x + 0.78, 1.0, z + 0.03, 0.028, 0.028, 0.012, 16).rotation.x = Math.PI / 2;
    this.round('brass', x + 0.73, 1.0, z + 0.06, 0.13, 0.02, 0.02, 0.009);
    this.box('trim', x - 0.08, 0, z, x, 2.14, z + 0.03);
    this.box('trim', x + 0.86, 0, z, x + 0.94, 2.14, z + 0.03);
    this.box('trim', x, 2.05, z, x + 0.86, 2.14, z + 0.03);
  }
}
