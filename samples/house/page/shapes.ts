/** Shapes of which everything in the house is made, placed in nested local frames: boxes, turned things, cloth, stuffing. */
import * as THREE from 'three';
import { RoundedBoxGeometry } from 'three/addons/geometries/RoundedBoxGeometry.js';
import { mergeVertices } from 'three/addons/utils/BufferGeometryUtils.js';
import { Materials } from './materials.ts';
import { fbm, type Random, seeded } from './random.ts';

type Point = [number, number, number];

export class Shapes {
  readonly scene = new THREE.Scene();
  readonly materials = new Materials();
  readonly random: Random = seeded(20240611);
  protected frame: THREE.Object3D = this.scene;

  /** What `build` adds stands at x, y, z, turned by `turn` quarter turns (fractions allowed) about the vertical. */
  at(x: number, y: number, z: number, turn: number, build: () => void): void {
    const group = new THREE.Group();
    group.position.set(x, y, z);
    group.rotation.y = (turn * Math.PI) / 2;
    const outer = this.frame;
    outer.add(group);
    this.frame = group;
    build();
    this.frame = outer;
  }

  mesh(material: string, geometry: THREE.BufferGeometry, x = 0, y = 0, z = 0): THREE.Mesh {
    const mesh = new THREE.Mesh(geometry, this.materials.get(material));
    mesh.position.set(x, y, z);
    this.frame.add(mesh);
    return mesh;
  }
  /** By corners. */
  box(material: string, x0: number, y0: number, z0: number, x1: number, y1: number, z1: number): THREE.Mesh {
    return this.mesh(
      material,
      new THREE.BoxGeometry(Math.abs(x1 - x0), Math.abs(y1 - y0), Math.abs(z1 - z0)),
      (x0 + x1) / 2,
      (y0 + y1) / 2,
      (z0 + z1) / 2,
    );
  }
  /** Standing on y, centred on x, z. */
  block(material: string, x: number, y: number, z: number, w: number, h: number, d: number): THREE.Mesh {
    return this.box(material, x - w / 2, y, z - d / 2, x + w / 2, y + h, z + d / 2);
  }
  /** Same with rounded edges of radius r. */
  round(material: string, x: number, y: number, z: number, w: number, h: number, d: number, r: number): THREE.Mesh {
    return this.mesh(
      material,
      new RoundedBoxGeometry(w, h, d, 2, Math.min(r, w / 2.01, h / 2.01, d / 2.01)),
      x,
      y + h / 2,
      z,
    );
  }
  cylinder(
    material: string,
    x: number,
    y: number,
    z: number,
    bottom: number,
    top: number,
    h: number,
    sides = 24,
  ): THREE.Mesh {
    return this.mesh(material, new THREE.CylinderGeometry(top, bottom, h, sides), x, y + h / 2, z);
  }
  ball(material: string, x: number, y: number, z: number, r: number, flat = 1): THREE.Mesh {
    const m = this.mesh(material, new THREE.SphereGeometry(r, 20, 14), x, y, z);
    m.scale.y = flat;
    return m;
  }
  /** A turned shape: pairs of radius and height. */
  lathe(
    material: string,
    x: number,
    y: number,
    z: number,
    profile: readonly (readonly [number, number])[],
    sides = 32,
  ): THREE.Mesh {
    return this.mesh(
      material,
      new THREE.LatheGeometry(
        profile.map(([r, h]) => new THREE.Vector2(r, h)),
        sides,
      ),
      x,
      y,
      z,
    );
  }
  /** A surface over the unit square, smooth normals, mesh uv. */
  sheet(material: string, nu: number, nv: number, f: (u: number, v: number) => Point): THREE.Mesh {
    const position: number[] = [];
    const uv: number[] = [];
    const index: number[] = [];
    for (let j = 0; j <= nv; j++)
      for (let i = 0; i <= nu; i++) {
        position.push(...f(i / nu, j / nv));
        uv.push(i / nu, j / nv);
        if (i < nu && j < nv) {
          const a = j * (nu + 1) + i;
          index.push(a, a + 1, a + nu + 2, a, a + nu + 2, a + nu + 1);
        }
      }
    const g = new THREE.BufferGeometry();
    g.setAttribute('position', new THREE.Float32BufferAttribute(position, 3));
    g.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
    g.setIndex(index);
    g.computeVertexNormals();
    return this.mesh(material, g);
  }
  /** A stuffed thing: a box with round corners, bulging by `puff` metres and wrinkled. */
  soft(
    material: string,
    x: number,
    y: number,
    z: number,
    w: number,
    h: number,
    d: number,
    r: number,
    puff = 0.02,
    wrinkle = 0.006,
  ): THREE.Mesh {
    const n = 14;
    const box = new THREE.BoxGeometry(w, h, d, n, 6, n);
    box.deleteAttribute('uv');
    box.deleteAttribute('normal');
    const g = mergeVertices(box, 1e-4);
    const p = g.attributes.position as THREE.BufferAttribute;
    const seed = Math.floor(this.random() * 1e6);
    for (let i = 0; i < p.count; i++) {
      const v = new THREE.Vector3().fromBufferAttribute(p, i);
      const inner = new THREE.Vector3(clamp(v.x, w / 2 - r), clamp(v.y, h / 2 - r), clamp(v.z, d / 2 - r));
      const out = v.clone().sub(inner);
      if (out.lengthSq() > 1e-9) v.copy(inner).addScaledVector(out.normalize(), r);
      const bulge = puff * (1 - ((2 * v.x) / w) ** 2) * (1 - ((2 * v.z) / d) ** 2);
      const fold = wrinkle * 2 * (fbm(v.x / w + 0.5 + v.y, v.z / d + 0.5 + v.y, 5, 5, 3, seed) - 0.5);
      v.y += Math.sign(v.y) * bulge * Math.min(1, Math.abs(v.y) / (h / 2)) + fold;
      v.x += fold * 0.5;
      p.setXYZ(i, v.x, v.y, v.z);
    }
    g.computeVertexNormals();
    return this.mesh(material, g, x, y + h / 2, z);
  }
  /** A pillow: w × h seen flat, t thick, standing at x, y, z (its middle) and leaning back by `lean` radians. */
  pillow(
    material: string,
    x: number,
    y: number,
    z: number,
    w: number,
    h: number,
    t: number,
    lean = 0.3,
    yaw = 0,
  ): void {
    const side = (s: number): void => {
      const m = this.sheet(material, 14, 14, (u, v) => {
        const a = 2 * u - 1;
        const b = 2 * v - 1;
        const thick = ((1 - a * a) * (1 - b * b)) ** 0.45;
        const pinch = 1 - 0.07 * (1 - Math.abs(a)) * b * b - 0.07 * (1 - Math.abs(b)) * a * a;
        return [s * a * w * 0.5 * pinch, b * h * 0.5 * pinch, s * t * 0.5 * thick];
      });
      m.position.set(x, y, z);
      m.rotation.set(-lean, yaw, 0, 'YXZ');
    };
    side(1);
    side(-1);
  }
  /** Curtain in the x–y plane of the frame, from x0 to x1, hanging from `top` to `bottom`. */
  curtain(material: string, x0: number, x1: number, top: number, bottom: number, z: number, folds = 7): void {
    const phase = this.random() * 6;
    this.sheet(material, folds * 8, 4, (u, v) => {
      const a = u * folds * 2 * Math.PI + phase;
      const flare = 0.75 + 0.35 * (1 - v);
      return [
        x0 + (x1 - x0) * u + 0.015 * Math.sin(a * 2),
        bottom + (top - bottom) * v,
        z + 0.045 * flare * Math.sin(a + 0.4 * Math.sin(a * 0.5)),
      ];
    });
  }
}

function clamp(x: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, x));
}
