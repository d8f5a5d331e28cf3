/**
 * Textures made by arithmetic: sRGB colour, and height (for bumps) in alpha. All tile. The mean linear colour is kept
 * beside each, for the light that bounces off.
 */
import * as THREE from 'three';
import { fbm, noise, seeded } from './random.ts';

export interface Texture {
  readonly map: THREE.DataTexture;
  readonly mean: readonly [number, number, number];
}
/** Red, green, blue 0..255 and height 0..255 at u, v in 0..1. */
type Painter = (u: number, v: number, out: number[]) => void;

function finish(data: Uint8Array<ArrayBuffer>, size: number): Texture {
  const map = new THREE.DataTexture(data, size, size, THREE.RGBAFormat);
  map.colorSpace = THREE.SRGBColorSpace;
  map.wrapS = map.wrapT = THREE.RepeatWrapping;
  map.magFilter = THREE.LinearFilter;
  map.minFilter = THREE.LinearMipmapLinearFilter;
  map.generateMipmaps = true;
  map.anisotropy = 2;
  map.needsUpdate = true;
  const mean: [number, number, number] = [0, 0, 0];
  const step = 7;
  let n = 0;
  for (let i = 0; i < size * size; i += step, n++)
    for (let k = 0; k < 3; k++) mean[k] += (data[i * 4 + k] / 255) ** 2.2;
  return { map, mean: [mean[0] / n, mean[1] / n, mean[2] / n] };
}

export function paint(size: number, painter: Painter): Texture {
  const data = new Uint8Array(size * size * 4);
  const out = [0, 0, 0, 0];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      painter((x + 0.5) / size, (y + 0.5) / size, out);
      for (let k = 0; k < 4; k++) data[(y * size + x) * 4 + k] = Math.max(0, Math.min(255, out[k]));
    }
  return finish(data, size);
}

/** Drawn with a 2D canvas instead; height is the brightness. */
export function draw(
  size: number,
  seed: number,
  drawer: (c: CanvasRenderingContext2D, random: () => number, size: number) => void,
): Texture {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const c = canvas.getContext('2d', { willReadFrequently: true });
  if (c === null) throw new Error('The browser gives no 2D canvas.');
  drawer(c, seeded(seed), size);
  const source = c.getImageData(0, 0, size, size).data;
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const s = ((size - 1 - y) * size + x) * 4;
      const d = (y * size + x) * 4;
      data[d] = source[s];
      data[d + 1] = source[s + 1];
      data[d + 2] = source[s + 2];
      data[d + 3] = (source[s] + source[s + 1] + source[s + 2]) / 3;
    }
  return finish(data, size);
}

const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
const step = (a: number, b: number, x: number): number => {
  const t = Math.max(0, Math.min(1, (x - a) / (b - a)));
  return t * t * (3 - 2 * t);
};
const cell = (i: number, j: number, seed: number): number => noise(i / 64 + 1 / 128, j / 64 + 1 / 128, 64, 64, seed);

/** Boards along u: `rows` across the tile, butt joints staggered. */
export function boards(
  rows: number,
  perRow: number,
  dark: number[],
  light: number[],
  seed: number,
  gap = 0.03,
): Texture {
  return paint(1024, (u, v, out) => {
    const row = Math.floor(v * rows);
    const across = v * rows - row;
    const along = u * perRow + cell(row, 3, seed);
    const board = Math.floor(along) % perRow;
    const f = along - Math.floor(along);
    const tone = cell(row, board + 9, seed + 5);
    const shift = tone * 7.3 + row * 0.37;
    const bend = 0.05 * noise(u, v, 6, rows * 2, seed + 1);
    const grain = fbm(u + shift, v + bend + shift, 8, rows * 16, 3, seed + 2);
    const rings = 0.5 + 0.5 * Math.sin((across + 0.35 * noise(u + shift, v, 5, rows * 2, seed + 3)) * 26 + shift * 9);
    const knot = step(0.86, 0.93, noise(u + shift * 1.7, v + shift, 14, rows * 2, seed + 8));
    const t = 0.3 * tone + 0.5 * grain + 0.2 * rings - 0.35 * knot;
    const edge = Math.min(Math.min(across, 1 - across) / gap, (Math.min(f, 1 - f) / gap) * (rows / perRow) * 0.45);
    const seam = step(0.15, 0.8, edge);
    for (let k = 0; k < 3; k++) out[k] = mix(dark[k], light[k], t) * mix(0.45, 1, seam);
    out[3] = 40 + 150 * seam + 40 * grain;
  });
}

export function wood(dark: number[], light: number[], seed: number): Texture {
  return paint(512, (u, v, out) => {
    const warp = 0.12 * fbm(u, v, 2, 4, 3, seed);
    const grain = fbm(u, v + warp, 4, 64, 3, seed + 1);
    const rings = 0.5 + 0.5 * Math.sin((v + warp * 1.6) * 2 * Math.PI * 9);
    const t = 0.6 * grain + 0.4 * rings * noise(u, v, 3, 9, seed + 4);
    for (let k = 0; k < 3; k++) out[k] = mix(dark[k], light[k], t);
    out[3] = 120 + 80 * grain;
  });
}

export function plaster(level: number, amount: number, seed: number): Texture {
  return paint(512, (u, v, out) => {
    const big = fbm(u, v, 4, 4, 4, seed);
    const fine = fbm(u, v, 64, 64, 3, seed + 3);
    const t = level + amount * (big - 0.5) + amount * 0.9 * (fine - 0.5);
    out[0] = out[1] = out[2] = t;
    out[3] = 110 + 90 * fine;
  });
}

/** Tiles in a running or straight bond with bevelled edges and grout. */
export function tiles(
  nx: number,
  ny: number,
  offset: number,
  tone: number[],
  spread: number,
  grout: number[],
  gap: number,
  seed: number,
  veins = 0,
): Texture {
  return paint(1024, (u, v, out) => {
    const row = Math.floor(v * ny);
    const fu = u * nx + (row % 2) * offset;
    const col = Math.floor(fu) % nx;
    const a = fu - Math.floor(fu);
    const b = v * ny - row;
    const edge = Math.min(Math.min(a, 1 - a) / nx, Math.min(b, 1 - b) / ny) / gap;
    const t = step(0.6, 1, edge);
    const bevel = step(0.6, 2.4, edge);
    const k0 = cell(col, row, seed);
    const cloud = fbm(u + k0 * 3.1, v + k0 * 5.7, 8, 8, 5, seed + 2);
    const vein =
      veins === 0 ? 0 : veins * (1 - step(0, 0.06, Math.abs(fbm(u + k0 * 2, v + k0, 6, 6, 4, seed + 7) - 0.5)));
    for (let k = 0; k < 3; k++)
      out[k] = mix(grout[k], tone[k] + spread * (k0 - 0.5) + spread * 1.2 * (cloud - 0.5) - 70 * vein, t);
    out[3] = 60 * t + 110 * bevel + 30 * cloud;
  });
}

export function marble(base: number[], vein: number[], seed: number): Texture {
  return paint(1024, (u, v, out) => {
    const w = fbm(u, v, 3, 3, 5, seed);
    const w2 = fbm(u, v, 4, 4, 5, seed + 9);
    const a = 1 - step(0, 0.045, Math.abs(fbm(u + 0.25 * w, v + 0.25 * w2, 3, 2, 5, seed + 3) - 0.5));
    const b = 1 - step(0, 0.02, Math.abs(fbm(u + 0.2 * w2, v - 0.2 * w, 6, 5, 4, seed + 5) - 0.48));
    const t = Math.min(1, 0.75 * a * noise(u, v, 5, 5, seed + 6) + 0.5 * b + 0.25 * (w - 0.4));
    for (let k = 0; k < 3; k++) out[k] = mix(base[k], vein[k], Math.max(0, t));
    out[3] = 128;
  });
}

/** Woven cloth: threads crossing, with slubs. */
export function weave(tone: number[], contrast: number, threads: number, seed: number): Texture {
  return paint(512, (u, v, out) => {
    const x = Math.sin(u * threads * 2 * Math.PI);
    const y = Math.sin(v * threads * 2 * Math.PI);
    const over = x * y > 0 ? Math.abs(x) : Math.abs(y);
    const slub = fbm(u, v, 4, threads, 2, seed) + fbm(u, v, threads, 4, 2, seed + 4) - 1;
    const t = contrast * (0.5 * over - 0.3 + 0.9 * slub);
    for (let k = 0; k < 3; k++) out[k] = tone[k] * (1 + t);
    out[3] = 128 + 90 * (over - 0.5) + 80 * slub;
  });
}

export function pile(a: number[], b: number[], seed: number): Texture {
  return paint(512, (u, v, out) => {
    const t = 0.6 * fbm(u, v, 96, 96, 2, seed) + 0.4 * fbm(u, v, 8, 8, 3, seed + 2);
    for (let k = 0; k < 3; k++) out[k] = mix(a[k], b[k], t * 1.6 - 0.3);
    out[3] = 255 * t;
  });
}

/** A woven rug with borders and a field of diamonds, for one mesh (mesh uv). */
export function rug(field: number[], accent: number[], pale: number[], seed: number): Texture {
  return paint(1024, (u, v, out) => {
    const d = Math.min(Math.min(u, 1 - u) * 1.5, Math.min(v, 1 - v));
    const gu = u * 9;
    const gv = v * 6;
    const m = Math.abs(gu - Math.floor(gu) - 0.5) + Math.abs(gv - Math.floor(gv) - 0.5);
    const k0 = cell(Math.floor(gu), Math.floor(gv), seed);
    let c = m < 0.14 ? pale : m < 0.24 ? field : m < 0.34 ? accent : m < 0.38 + 0.1 * k0 ? pale : field;
    if (d < 0.035) c = pale;
    else if (d < 0.06) c = accent;
    else if (d < 0.13)
      c = (Math.floor(u * 60) + Math.floor(v * 40)) % 4 === 0 || Math.abs(d - 0.095) < 0.006 ? accent : pale;
    else if (d < 0.15) c = accent;
    const wool = fbm(u, v, 128, 96, 2, seed + 1);
    const wear = fbm(u, v, 5, 5, 3, seed + 2);
    for (let k = 0; k < 3; k++) out[k] = c[k] * (0.72 + 0.4 * wool + 0.2 * (wear - 0.5));
    out[3] = 255 * wool;
  });
}

export function shingles(seed: number): Texture {
  return paint(1024, (u, v, out) => {
    const rows = 14;
    const row = Math.floor(v * rows);
    const f = v * rows - row;
    const x = u * 18 + (row % 2) * 0.5 + 0.2 * cell(row, 1, seed);
    const col = Math.floor(x) % 18;
    const fx = x - Math.floor(x);
    const tone = cell(col, row, seed);
    const lip = step(0, 0.12, f) * step(0, 0.05, Math.min(fx, 1 - fx));
    const grit = fbm(u, v, 160, 160, 2, seed + 2);
    const t = (46 + 34 * tone + 34 * grit) * mix(0.35, 1, lip);
    out[0] = t * 1.02;
    out[1] = t;
    out[2] = t * 1.04;
    out[3] = 200 * lip * (0.5 + 0.5 * f) + 40 * grit;
  });
}

export function grass(seed: number): Texture {
  return draw(1024, seed, (c, random, size) => {
    c.fillStyle = '#3f5a26';
    c.fillRect(0, 0, size, size);
    for (let i = 0; i < 42000; i++) {
      const x = random() * size;
      const y = random() * size;
      const a = random() * Math.PI * 2;
      const l = 7 + 14 * random();
      const g = random();
      c.strokeStyle = `rgb(${58 + 70 * g},${88 + 66 * g},${30 + 34 * g * random()})`;
      c.lineWidth = 1 + random();
      for (const ox of [0, x < 30 ? size : x > size - 30 ? -size : NaN])
        for (const oy of [0, y < 30 ? size : y > size - 30 ? -size : NaN]) {
          if (Number.isNaN(ox) || Number.isNaN(oy)) continue;
          c.beginPath();
          c.moveTo(x + ox, y + oy);
          c.lineTo(x + ox + Math.cos(a) * l, y + oy + Math.sin(a) * l);
          c.stroke();
        }
    }
  });
}

/** A framed picture: hills at some hour of the day, or a composition of shapes. */
export function picture(seed: number): Texture {
  return draw(512, seed, (c, random, s) => {
    const hue = Math.floor(random() * 360);
    const pale = `hsl(${hue},30%,88%)`;
    c.fillStyle = pale;
    c.fillRect(0, 0, s, s);
    if (seed % 2 === 0) {
      const sky = c.createLinearGradient(0, 0, 0, s);
      sky.addColorStop(0, `hsl(${(hue + 190) % 360},45%,62%)`);
      sky.addColorStop(1, `hsl(${(hue + 30) % 360},70%,82%)`);
      c.fillStyle = sky;
      c.fillRect(0, 0, s, s);
      c.fillStyle = `hsl(${(hue + 40) % 360},85%,80%)`;
      c.beginPath();
      c.arc(s * (0.25 + 0.5 * random()), s * 0.3, s * 0.08, 0, 7);
      c.fill();
      for (let l = 0; l < 6; l++) {
        c.fillStyle = `hsl(${(hue + 150 + l * 14) % 360},${30 + l * 4}%,${66 - l * 9}%)`;
        c.beginPath();
        c.moveTo(0, s);
        const k = [random() * 6, random() * 6, random() * 6];
        for (let x = 0; x <= s; x += 4) {
          const h =
            Math.sin((x / s) * 5 + k[0]) * 22 + Math.sin((x / s) * 13 + k[1]) * 11 + Math.sin((x / s) * 41 + k[2]) * 3;
          c.lineTo(x, s * (0.42 + l * 0.1) + h);
        }
        c.lineTo(s, s);
        c.fill();
      }
    } else {
      for (let i = 0; i < 26; i++) {
        c.fillStyle = `hsla(${(hue + [0, 35, 180, 215][Math.floor(random() * 4)]) % 360},${35 + 40 * random()}%,${25 + 55 * random()}%,0.85)`;
        const x = random() * s;
        const y = random() * s;
        const r = s * (0.03 + 0.16 * random() * random() * 2);
        c.beginPath();
        if (random() < 0.5) c.arc(x, y, r, random() * 6, random() * 6 + 4);
        else c.rect(x - r, y - r * random() * 2, r * 2, r * random() * 2);
        c.fill();
      }
      c.lineWidth = 4;
      for (let i = 0; i < 9; i++) {
        c.strokeStyle = `hsl(${hue},25%,${15 + 25 * random()}%)`;
        c.beginPath();
        c.moveTo(random() * s, random() * s);
        c.bezierCurveTo(random() * s, random() * s, random() * s, random() * s, random() * s, random() * s);
        c.stroke();
      }
    }
    for (let i = 0; i < 1500; i++) {
      c.fillStyle = `hsla(${hue},30%,${random() * 100}%,0.12)`;
      c.fillRect(random() * s, random() * s, 2 + random() * 14, 1 + random() * 3);
    }
  });
}

/** Printed cloth for cushions: stripes, triangles or dots. */
export function print(kind: number, ground: string, ink: string, second: string, seed: number): Texture {
  return draw(512, seed, (c, random, s) => {
    c.fillStyle = ground;
    c.fillRect(0, 0, s, s);
    const n = 8;
    const w = s / n;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        c.fillStyle = (i + j * 3) % 4 === 0 ? second : ink;
        const x = i * w;
        const y = j * w;
        c.beginPath();
        if (kind === 0) c.rect(x, y, w * 0.38, w);
        else if (kind === 1) {
          c.moveTo(x + w * 0.1, y + w * 0.9);
          c.lineTo(x + w * 0.5, y + w * 0.15);
          c.lineTo(x + w * 0.9, y + w * 0.9);
        } else c.arc(x + w / 2, y + w / 2, w * (0.18 + 0.16 * ((i * 7 + j * 5) % 3)), 0, 7);
        c.fill();
      }
    for (let i = 0; i < 9000; i++) {
      c.fillStyle = `rgba(${random() < 0.5 ? '255,255,255' : '0,0,0'},0.07)`;
      if (random() < 0.5) c.fillRect(random() * s, random() * s, 12, 1);
      else c.fillRect(random() * s, random() * s, 1, 12);
    }
  });
}

export function leafTexture(dark: number[], light: number[], seed: number): Texture {
  return paint(256, (u, v, out) => {
    const rib = 1 - step(0, 0.03, Math.abs(u - 0.5));
    const side = 1 - step(0, 0.16, Math.abs(((v * 9 + Math.abs(u - 0.5) * 5) % 1) - 0.5));
    const t = 0.6 * fbm(u, v, 6, 6, 3, seed) + 0.25 * side + 0.4 * rib;
    for (let k = 0; k < 3; k++) out[k] = mix(dark[k], light[k], t);
    out[3] = 128 - 70 * rib - 30 * side;
  });
}
