/** The two passes on the graphics card: what each coarse pixel sees, and the full picture lit by the gathered light. */
import * as THREE from 'three';
import { SUN } from './light-sources.ts';
import type { Surface } from './materials.ts';

const VERTEX = `
out vec3 vP; out vec3 vN; out vec2 vUv; invariant gl_Position;
void main() {
  vec4 p = modelMatrix * vec4(position, 1.0);
  vP = p.xyz; vUv = uv;
  vN = transpose(inverse(mat3(modelMatrix))) * normal;
  gl_Position = projectionMatrix * viewMatrix * p;
}`;
const COMMON = `
precision highp float; precision highp int;
in vec3 vP; in vec3 vN; in vec2 vUv;
uniform sampler2D map; uniform bool hasMap; uniform vec3 tint; uniform float rough; uniform float metal; uniform float tile; uniform bool turned; uniform float bump; uniform vec3 glow; uniform float index;
vec3 N, Nb, albedo;
void surface() {
  vec3 V = normalize(cameraPosition - vP);
  vec3 Ng = normalize(cross(dFdx(vP), dFdy(vP)));
  if (dot(Ng, V) < 0.0) Ng = -Ng;
  N = normalize(vN);
  if (dot(N, Ng) < 0.0) N = -N;
  albedo = tint; Nb = N;
  if (hasMap) {
    vec3 a = abs(normalize(vN));
    vec2 w = tile == 0.0 ? vUv : (a.y > 0.72 ? vP.xz : a.x > a.z ? vP.zy : vP.xy) / tile;
    if (turned && tile > 0.0) w = w.yx;
    vec4 c = texture(map, w);
    albedo *= c.rgb;
    if (bump > 0.0) {
      vec3 sx = dFdx(vP), sy = dFdy(vP);
      vec3 r1 = cross(sy, N), r2 = cross(N, sx);
      float det = dot(sx, r1);
      // Difference over the pixel quad of the mip-mapped height: bumps fade with distance as the texture does.
      vec3 g = sign(det) * (dFdx(c.a) * r1 + dFdy(c.a) * r2) * bump;
      Nb = normalize(max(abs(det), 1e-12) * N - clamp(g / max(abs(det), 1e-12), -0.6, 0.6) * max(abs(det), 1e-12));
    }
  }
}`;
const COARSE = `${COMMON}
layout(location = 0) out vec4 outP; layout(location = 1) out vec4 outN; layout(location = 2) out vec4 outA;
void main() { surface(); outP = vec4(vP, index + 1.0); outN = vec4(N, rough); outA = vec4(albedo, metal); }`;
const FULL = `${COMMON}
layout(location = 0) out vec4 outColor;
uniform sampler2D lightE, lightV, lightS, coarseP, coarseN; uniform vec2 size; uniform float outdoorScale; uniform bool inside;
void main() {
  surface();
  vec2 q = gl_FragCoord.xy / size * vec2(textureSize(coarseP, 0)) - 0.5;
  ivec2 base = ivec2(floor(q)); vec2 f = q - vec2(base);
  ivec2 top = textureSize(coarseP, 0) - 1;
  vec3 E = vec3(0), D = vec3(0), S = vec3(0); float sum = 0.0;
  float dist = distance(vP, cameraPosition);
  for (int ring = 0; ring < 2; ring++) {
    int lo = ring == 0 ? 0 : -2, hi = ring == 0 ? 1 : 3;
    for (int j = lo; j <= hi; j++) for (int i = lo; i <= hi; i++) {
      ivec2 t = clamp(base + ivec2(i, j), ivec2(0), top);
      vec4 p = texelFetch(coarseP, t, 0);
      if (p.w == 0.0) continue;
      vec3 n = texelFetch(coarseN, t, 0).xyz;
      vec2 d = vec2(i, j) - f;
      float w = ring == 0 ? max(1.0 - abs(d.x), 0.0) * max(1.0 - abs(d.y), 0.0) + 1e-3 : exp(-0.5 * dot(d, d));
      w *= pow(max(dot(n, N), 0.0), 8.0) * exp(-abs(dot(p.xyz - vP, N)) / (0.004 * dist + 0.003)) + 1e-7;
      E += w * texelFetch(lightE, t, 0).rgb; D += w * texelFetch(lightV, t, 0).xyz; S += w * texelFetch(lightS, t, 0).rgb; sum += w;
    }
    if (sum > 0.05) break;
  }
  E /= max(sum, 1e-9); D /= max(sum, 1e-9); S /= max(sum, 1e-9);
  float l = dot(E, vec3(0.3, 0.6, 0.1));
  float turn = clamp(1.0 + dot(Nb - N, D) / max(l, 1e-4), 0.45, 1.7);
  vec3 V = normalize(cameraPosition - vP);
  float nv = clamp(dot(Nb, V), 0.0, 1.0);
  vec3 f0 = mix(vec3(0.04), albedo, metal);
  vec3 F = f0 + (max(vec3(1.0 - rough), f0) - f0) * pow(1.0 - nv, 5.0);
  vec3 c = albedo * (1.0 - metal) * (1.0 - F) * E * turn / 3.14159 + F * S + glow;
  bool outdoors = vP.x < -0.01 || vP.x > 14.01 || vP.z < -0.01 || vP.z > 10.01;
  if (inside && outdoors) c *= outdoorScale;
  outColor = vec4(c, 1.0);
}`;
const SKY = `precision highp float; in vec3 vP; layout(location = 0) out vec4 outColor; uniform float outdoorScale; uniform vec3 sun;
float h(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float n(vec2 p) { vec2 i = floor(p), f = fract(p); f = f * f * (3.0 - 2.0 * f); return mix(mix(h(i), h(i + vec2(1, 0)), f.x), mix(h(i + vec2(0, 1)), h(i + vec2(1, 1)), f.x), f.y); }
float fbm(vec2 p) { float s = 0.0, a = 0.5; for (int i = 0; i < 6; i++) { s += a * n(p); p = p * 2.03 + 7.1; a *= 0.5; } return s; }
void main() {
  vec3 d = normalize(vP - cameraPosition);
  float up = max(d.y, 0.0);
  vec3 c = mix(vec3(0.34, 0.62, 1.25), vec3(1.25, 1.42, 1.55), pow(1.0 - up, 4.0));
  vec2 p = d.xz / (up + 0.12) * 0.9;
  float cloud = smoothstep(0.5, 0.78, fbm(p + 0.6 * fbm(p * 1.7)));
  float shade = fbm(p * 2.0 + 3.0);
  c = mix(c, vec3(2.3, 2.25, 2.2) * (0.72 + 0.4 * shade), cloud * smoothstep(0.02, 0.2, up));
  outColor = vec4(c * outdoorScale, 1.0);
}`;
const SCREEN = 'out vec2 vUv; void main() { vUv = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }';
const ADD =
  'precision highp float; in vec2 vUv; uniform sampler2D source; uniform float weight; layout(location = 0) out vec4 o; void main() { o = texture(source, vUv) * weight; }';
// Uncharted-2-like shoulder per channel, mixed with the same on luminance so that bright colours keep their hue.
const TONE = `precision highp float; in vec2 vUv; uniform sampler2D source; uniform float exposure; layout(location = 0) out vec4 o;
vec3 curve(vec3 x) { x *= 0.92; return clamp((x * (2.2 * x + 0.05)) / (x * (2.05 * x + 0.62) + 0.1), 0.0, 1.0); }
void main() {
  vec3 c = max(texture(source, vUv).rgb, 0.0) * exposure;
  float l = dot(c, vec3(0.2126, 0.7152, 0.0722)) + 1e-5;
  vec3 t = mix(curve(c), clamp(c * curve(vec3(l)) / l, 0.0, 1.0), 0.35);
  o = vec4(mix(12.92 * t, 1.055 * pow(max(t, 0.0031308), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, t)), 1.0);
}`;

export interface LightMaps {
  readonly e: Float32Array<ArrayBuffer>;
  readonly v: Float32Array<ArrayBuffer>;
  readonly s: Float32Array<ArrayBuffer>;
}
export interface Coarse {
  readonly position: Float32Array<ArrayBuffer>;
  readonly normal: Float32Array<ArrayBuffer>;
  readonly albedo: Float32Array<ArrayBuffer>;
}

export class Shader {
  readonly renderer: THREE.WebGLRenderer;
  private readonly shared = {
    lightE: { value: null as THREE.Texture | null },
    lightV: { value: null as THREE.Texture | null },
    lightS: { value: null as THREE.Texture | null },
    coarseP: { value: null as THREE.Texture | null },
    coarseN: { value: null as THREE.Texture | null },
    size: { value: new THREE.Vector2() },
    outdoorScale: { value: 1 },
    inside: { value: false },
    sun: { value: new THREE.Vector3(...SUN) },
  };
  private readonly pairs: { mesh: THREE.Mesh; coarse: THREE.ShaderMaterial; full: THREE.ShaderMaterial }[] = [];
  private readonly depthOnly = new THREE.ShaderMaterial({
    glslVersion: THREE.GLSL3,
    vertexShader: VERTEX,
    fragmentShader: 'precision mediump float; layout(location = 0) out vec4 o; void main() { o = vec4(0.0); }',
    side: THREE.DoubleSide,
    colorWrite: false,
  });
  private readonly scene: THREE.Scene;
  private readonly skyMesh: THREE.Mesh;
  private readonly quad = new THREE.Mesh(new THREE.PlaneGeometry(2, 2));
  private readonly flat = new THREE.OrthographicCamera();
  constructor(scene: THREE.Scene, surfaces: readonly Surface[]) {
    this.scene = scene;
    this.renderer = new THREE.WebGLRenderer({ antialias: false });
    this.renderer.autoClear = false;
    this.renderer.outputColorSpace = THREE.LinearSRGBColorSpace;
    const make = (m: Surface, fragmentShader: string): THREE.ShaderMaterial =>
      new THREE.ShaderMaterial({
        glslVersion: THREE.GLSL3,
        vertexShader: VERTEX,
        fragmentShader,
        side: THREE.DoubleSide,
        uniforms: {
          ...this.shared,
          map: { value: m.map },
          hasMap: { value: m.map !== null },
          tint: { value: m.color },
          rough: { value: m.roughness },
          metal: { value: m.metalness },
          tile: { value: m.userData.tile },
          turned: { value: m.userData.turned },
          bump: { value: m.userData.bump },
          glow: { value: m.userData.glow },
          index: { value: m.userData.index },
        },
      });
    const made = new Map(surfaces.map((m) => [m as THREE.Material, { coarse: make(m, COARSE), full: make(m, FULL) }]));
    scene.traverse((o) => {
      if (!(o instanceof THREE.Mesh)) return;
      const materials = made.get(o.material as THREE.Material);
      if (materials !== undefined) this.pairs.push({ mesh: o, ...materials });
    });
    this.skyMesh = new THREE.Mesh(
      new THREE.SphereGeometry(150, 32, 16),
      new THREE.ShaderMaterial({
        glslVersion: THREE.GLSL3,
        vertexShader: VERTEX,
        fragmentShader: SKY,
        side: THREE.BackSide,
        uniforms: this.shared,
      }),
    );
    scene.add(this.skyMesh);
    this.quad.frustumCulled = false;
  }

  coarse(camera: THREE.Camera, w: number, h: number): Coarse {
    const target = new THREE.WebGLRenderTarget(w, h, {
      count: 3,
      type: THREE.FloatType,
      minFilter: THREE.NearestFilter,
      magFilter: THREE.NearestFilter,
    });
    this.skyMesh.visible = false;
    for (const p of this.pairs) p.mesh.material = p.coarse;
    this.renderer.setRenderTarget(target);
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.clear();
    this.renderer.render(this.scene, camera);
    const read = (i: number): Float32Array<ArrayBuffer> => {
      const out = new Float32Array(w * h * 4);
      this.renderer.readRenderTargetPixels(target, 0, 0, w, h, out, undefined, i);
      return out;
    };
    const result = { position: read(0), normal: read(1), albedo: read(2) };
    this.skyMesh.visible = true;
    target.dispose();
    return result;
  }

  /** The finished picture, RGBA, bottom row first. `jitters` sub-pixel positions are averaged. */
  full(
    camera: THREE.PerspectiveCamera,
    w: number,
    h: number,
    cw: number,
    ch: number,
    coarse: Coarse,
    light: LightMaps,
    jitters: number,
    inside: boolean,
    outdoorScale: number,
    exposure: number,
  ): Uint8Array<ArrayBuffer> {
    const upload = (data: Float32Array<ArrayBuffer>): THREE.DataTexture => {
      const t = new THREE.DataTexture(data, cw, ch, THREE.RGBAFormat, THREE.FloatType);
      t.minFilter = t.magFilter = THREE.NearestFilter;
      t.needsUpdate = true;
      return t;
    };
    const s = this.shared;
    const textures = [light.e, light.v, light.s, coarse.position, coarse.normal].map(upload);
    [s.lightE, s.lightV, s.lightS, s.coarseP, s.coarseN].forEach((u, i) => {
      u.value = textures[i];
    });
    s.size.value.set(w, h);
    s.inside.value = inside;
    s.outdoorScale.value = outdoorScale;
    const hdr = { type: THREE.HalfFloatType, minFilter: THREE.NearestFilter, magFilter: THREE.NearestFilter } as const;
    const one = new THREE.WebGLRenderTarget(w, h, hdr);
    const sum = new THREE.WebGLRenderTarget(w, h, { ...hdr, depthBuffer: false });
    const last = new THREE.WebGLRenderTarget(w, h, { depthBuffer: false });
    const pass = (
      fragmentShader: string,
      source: THREE.WebGLRenderTarget,
      target: THREE.WebGLRenderTarget,
      uniforms: Record<string, { value: number }>,
      add: boolean,
    ): void => {
      const m = new THREE.ShaderMaterial({
        glslVersion: THREE.GLSL3,
        vertexShader: SCREEN,
        fragmentShader,
        depthTest: false,
        depthWrite: false,
        uniforms: { source: { value: source.texture }, ...uniforms },
        ...(add
          ? {
              blending: THREE.CustomBlending,
              blendSrc: THREE.OneFactor,
              blendDst: THREE.OneFactor,
              blendSrcAlpha: THREE.OneFactor,
              blendDstAlpha: THREE.OneFactor,
            }
          : { blending: THREE.NoBlending }),
      });
      this.quad.material = m;
      this.renderer.setRenderTarget(target);
      this.renderer.render(this.quad, this.flat);
      m.dispose();
    };
    this.renderer.setRenderTarget(sum);
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.clear();
    for (let j = 0; j < jitters; j++) {
      camera.setViewOffset(w, h, (j + 0.5) / jitters - 0.5, ((j * 0.618) % 1) - 0.5 + 0.19, w, h);
      this.renderer.setRenderTarget(one);
      this.renderer.clear();
      // Depth first with nothing shaded: the costly shader then runs once a pixel.
      this.skyMesh.visible = false;
      for (const p of this.pairs) p.mesh.material = this.depthOnly;
      this.renderer.render(this.scene, camera);
      this.skyMesh.visible = true;
      for (const p of this.pairs) p.mesh.material = p.full;
      this.renderer.render(this.scene, camera);
      pass(ADD, one, sum, { weight: { value: 1 / jitters } }, true);
    }
    camera.clearViewOffset();
    pass(TONE, sum, last, { exposure: { value: exposure } }, false);
    const pixels = new Uint8Array(w * h * 4);
    this.renderer.readRenderTargetPixels(last, 0, 0, w, h, pixels);
    for (const t of [...textures, one, sum, last]) t.dispose();
    return pixels;
  }
}
