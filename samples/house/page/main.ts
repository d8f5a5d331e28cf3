/** In the page: builds the house once; `renderView` makes one photo and its depth and posts both to the server. */
import * as THREE from 'three';
import { type HouseView, verticalFovDegrees } from '../views.ts';
import { Kit } from './kit.ts';
import { House } from './light.ts';
import { zoneAt } from './light-sources.ts';
import { seeded } from './random.ts';
import { furnish } from './rooms.ts';
import { Shader } from './shade.ts';
import { buildShell } from './shell.ts';
import { Tracer } from './tracer.ts';

export interface RenderSettings {
  readonly width: number;
  readonly height: number;
  /** Light and depth are computed on this coarser grid. */
  readonly coarseWidth: number;
  readonly coarseHeight: number;
  readonly depthWidth: number;
  readonly depthHeight: number;
  readonly rays: number;
  readonly jitters: number;
}
export interface RenderedView {
  readonly matrix: number[];
  readonly verticalFovDegrees: number;
  readonly exposure: number;
  readonly seconds: { readonly light: number; readonly picture: number };
  readonly triangles: number;
}

const kit = new Kit();
buildShell(kit);
furnish(kit);
kit.scene.updateMatrixWorld(true);
const surfaces = kit.materials.all;
const triangles = collect();
const tracer = new Tracer(triangles);
const albedo = new Float32Array(surfaces.length * 3);
const glow = new Float32Array(surfaces.length * 3);
surfaces.forEach((m, i) => {
  m.userData.mean.toArray(albedo, i * 3);
  m.userData.glow.toArray(glow, i * 3);
});
const shader = new Shader(kit.scene, surfaces);
let house: House | undefined;
let group = '';

function collect(): { positions: Float32Array; surface: Uint16Array } {
  const meshes: { mesh: THREE.Mesh; index: number; count: number }[] = [];
  kit.scene.traverse((o) => {
    if (!(o instanceof THREE.Mesh)) return;
    const g = o.geometry as THREE.BufferGeometry;
    meshes.push({
      mesh: o,
      index: (o.material as THREE.Material).userData.index as number,
      count: (g.index?.count ?? g.attributes.position.count) / 3,
    });
  });
  const total = meshes.reduce((s, m) => s + m.count, 0);
  const positions = new Float32Array(total * 9);
  const surface = new Uint16Array(total);
  const v = new THREE.Vector3();
  let t = 0;
  for (const { mesh, index, count } of meshes) {
    const g = mesh.geometry as THREE.BufferGeometry;
    const p = g.attributes.position as THREE.BufferAttribute;
    for (let i = 0; i < count; i++, t++) {
      surface[t] = index;
      for (let k = 0; k < 3; k++)
        v.fromBufferAttribute(p, g.index === null ? i * 3 + k : g.index.getX(i * 3 + k))
          .applyMatrix4(mesh.matrixWorld)
          .toArray(positions, t * 9 + k * 3);
    }
  }
  return { positions, surface };
}

async function renderView(view: HouseView, s: RenderSettings): Promise<RenderedView> {
  // The light cache lives as long as the room's photos. It fills as it is asked, so a photo's noise depends on the photos
  // of its room that were made before it in this run: one photo made alone differs slightly from the same one in a series.
  if (house === undefined || group !== view.roomId) {
    house = new House(
      tracer,
      { albedo, glow },
      kit.portals,
      kit.lamps,
      seeded(view.roomId.length * 7919 + view.roomId.charCodeAt(0)),
    );
    group = view.roomId;
  }
  const camera = new THREE.PerspectiveCamera(verticalFovDegrees(view.focal35mm), 1.5, 0.05, 400);
  camera.position.set(...view.eye);
  camera.lookAt(view.look[0], view.eye[1], view.look[1]);
  camera.updateMatrixWorld(true);
  const w = s.coarseWidth;
  const h = s.coarseHeight;
  const coarse = shader.coarse(camera, w, h);
  const started = performance.now();
  const inside = zoneAt(...view.eye) >= 0;
  const n = w * h;
  const soft = new Float32Array(n * 4);
  const sun = new Float32Array(n * 4);
  const v = new Float32Array(n * 4);
  const spec = new Float32Array(n * 4);
  const out = new Float32Array(9);
  const { position: P, normal: N } = coarse;
  // First a sparse round that only fills the cache, so that no pixel reads half-known cells.
  for (const warm of [true, false])
    for (let y = warm ? 2 : 0; y < h; y += warm ? 4 : 1)
      for (let x = warm ? 2 : 0; x < w; x += warm ? 4 : 1) {
        const i = (y * w + x) * 4;
        if (P[i + 3] === 0) continue;
        house.gather(P[i], P[i + 1], P[i + 2], N[i], N[i + 1], N[i + 2], s.rays, (x & 3) * 4 + (y & 3), out);
        if (warm) continue;
        soft.set(out.subarray(0, 3), i);
        sun.set(out.subarray(3, 6), i);
        v.set(out.subarray(6, 9), i);
        const rough = N[i + 3];
        if (rough < 0.6) {
          let dx = P[i] - view.eye[0];
          let dy = P[i + 1] - view.eye[1];
          let dz = P[i + 2] - view.eye[2];
          const l = Math.hypot(dx, dy, dz);
          const k = (2 * (dx * N[i] + dy * N[i + 1] + dz * N[i + 2])) / l;
          dx = dx / l - k * N[i];
          dy = dy / l - k * N[i + 1];
          dz = dz / l - k * N[i + 2];
          house.reflect(
            P[i] + N[i] * 3e-3,
            P[i + 1] + N[i + 1] * 3e-3,
            P[i + 2] + N[i + 2] * 3e-3,
            dx,
            dy,
            dz,
            rough < 0.06 ? 0 : rough * rough * 1.6,
            rough < 0.06 ? 4 : 2,
            spec,
            i,
          );
        } else for (let c = 0; c < 3; c++) spec[i + c] = (out[c] + out[3 + c]) / Math.PI;
      }
  const smooth = (data: Float32Array, radius: number, sharp: boolean): Float32Array<ArrayBuffer> =>
    blur(data, P, N, w, h, radius, sharp);
  const e = smooth(smooth(smooth(soft, 3, false), 2, false), 2, false);
  const sunSoft = smooth(sun, 1, false);
  for (let i = 0; i < n * 4; i++) e[i] += sunSoft[i];
  const light = { e, v: smooth(v, 2, false), s: smooth(spec, 2, true) };
  // Exposure from the log mean of what is seen of the room (or of everything, outside).
  let sum = 0;
  let count = 0;
  for (let i = 0; i < n * 4; i += 4) {
    if (P[i + 3] === 0 || (inside && zoneAt(P[i], P[i + 1], P[i + 2]) < 0)) continue;
    const a = coarse.albedo;
    sum += Math.log(1e-4 + (0.3 * a[i] * e[i] + 0.6 * a[i + 1] * e[i + 1] + 0.1 * a[i + 2] * e[i + 2]) / Math.PI);
    count++;
  }
  const exposure = ((inside ? 0.3 : 0.165) * 2 ** (view.stops ?? 0)) / Math.exp(sum / Math.max(1, count));
  const lightSeconds = (performance.now() - started) / 1000;
  // As photographers blend a darker exposure into the windows: outdoors at most about as bright as white paper.
  const outdoorScale = inside ? Math.min(1, 0.62 / exposure) : 1;
  const pixels = shader.full(camera, s.width, s.height, w, h, coarse, light, s.jitters, inside, outdoorScale, exposure);
  await fetch(`/put/${view.file}`, { method: 'POST', body: pixels });
  const { depthWidth, depthHeight } = s;
  const D = depthWidth === w ? P : shader.coarse(camera, depthWidth, depthHeight).position;
  const depth = new Uint16Array(depthWidth * depthHeight);
  const forward = new THREE.Vector3();
  camera.getWorldDirection(forward);
  for (let y = 0; y < depthHeight; y++)
    for (let x = 0; x < depthWidth; x++) {
      const i = (y * depthWidth + x) * 4;
      if (D[i + 3] === 0) continue;
      const z =
        (D[i] - view.eye[0]) * forward.x + (D[i + 1] - view.eye[1]) * forward.y + (D[i + 2] - view.eye[2]) * forward.z;
      depth[(depthHeight - 1 - y) * depthWidth + x] = Math.min(65535, Math.round(z * 1000));
    }
  await fetch(`/put/${view.file}.depth`, { method: 'POST', body: depth });
  return {
    matrix: camera.matrixWorld.toArray(),
    verticalFovDegrees: camera.fov,
    exposure,
    seconds: { light: lightSeconds, picture: (performance.now() - started) / 1000 - lightSeconds },
    triangles: triangles.surface.length,
  };
}

/** Mean over neighbours that lie on the same surface; `sharp` leaves mirror-like pixels alone. */
function blur(
  data: Float32Array,
  P: Float32Array,
  N: Float32Array,
  w: number,
  h: number,
  radius: number,
  sharp: boolean,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const i = (y * w + x) * 4;
      if (P[i + 3] === 0) continue;
      const r = sharp && N[i + 3] < 0.13 ? 0 : radius;
      let a = 0;
      let b = 0;
      let c = 0;
      let sum = 0;
      for (let yy = Math.max(0, y - r); yy <= Math.min(h - 1, y + r); yy++)
        for (let xx = Math.max(0, x - r); xx <= Math.min(w - 1, x + r); xx++) {
          const k = (yy * w + xx) * 4;
          const dot = N[i] * N[k] + N[i + 1] * N[k + 1] + N[i + 2] * N[k + 2];
          if (P[k + 3] === 0 || dot < 0.8 || (sharp && P[k + 3] !== P[i + 3])) continue;
          const dx = P[k] - P[i];
          const dy = P[k + 1] - P[i + 1];
          const dz = P[k + 2] - P[i + 2];
          const plane = Math.abs(dx * N[i] + dy * N[i + 1] + dz * N[i + 2]);
          if (plane > 0.02 || dx * dx + dy * dy + dz * dz > 0.25) continue;
          const g = dot * dot * (1 - plane / 0.02);
          a += g * data[k];
          b += g * data[k + 1];
          c += g * data[k + 2];
          sum += g;
        }
      out[i] = a / sum;
      out[i + 1] = b / sum;
      out[i + 2] = c / sum;
    }
  return out;
}

Object.assign(window, { renderView, houseReady: true });
