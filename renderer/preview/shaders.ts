/**
 * The preview's shaders. `resampleShader` is one axis of pipeline/render/kernel.ts's Lanczos filter; `warpShader` is
 * `sourcePoint` of pipeline/render/warp.ts with the cubic of kernel.ts. Rows of textures run from the top; only the
 * canvas counts from the bottom, which `u_flip` (its height in pixels, or 0) undoes.
 */
import { FAR_INVERSE_DEPTH } from '../../pipeline/render/camera-path.ts';
import { SEARCH_STEPS, SECANT_STEPS } from '../../pipeline/render/warp.ts';

/** One triangle that covers the viewport; no buffers. */
export const coverShader = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform ivec2 u_origin;
uniform int u_flip;
uniform vec4 u_tint;
out vec4 colour;
ivec2 place() {
  ivec2 p = ivec2(gl_FragCoord.xy) - u_origin;
  return u_flip > 0 ? ivec2(p.x, u_flip - 1 - p.y) : p;
}
void show(vec3 c) { colour = vec4(mix(clamp(c, 0.0, 1.0), u_tint.rgb, u_tint.a), 1.0); }
`;

/**
 * Output i along the axis is filtered around source sample scale * i + offset. Along x, output row j reads source row
 * j + u_row; along y, the source's first row is sample u_row.
 */
export const resampleShader = `${HEAD}
uniform sampler2D u_source;
uniform int u_axis;
uniform int u_taps;
uniform int u_last;
uniform int u_row;
uniform bool u_final;
uniform float u_scale;
uniform float u_offset;
uniform float u_stretch;
const float PI = 3.14159265358979;
float lanczos(float x) {
  if (abs(x) < 1e-5) return 1.0;
  if (abs(x) >= 3.0) return 0.0;
  float p = PI * x;
  return 3.0 * sin(p) * sin(p / 3.0) / (p * p);
}
void main() {
  ivec2 p = place();
  float at = u_scale * float(u_axis == 0 ? p.x : p.y) + u_offset;
  int start = int(floor(at)) - u_taps / 2 + 1;
  vec3 sum = vec3(0.0);
  float total = 0.0;
  for (int k = 0; k < u_taps; k++) {
    float w = lanczos((float(start + k) - at) / u_stretch);
    int i = clamp(start + k, 0, u_last);
    sum += w * texelFetch(u_source, u_axis == 0 ? ivec2(i, p.y + u_row) : ivec2(p.x, i - u_row), 0).rgb;
    total += w;
  }
  // Between two passes the overshoot is kept, as the renderer keeps it.
  if (u_final) show(sum / total);
  else colour = vec4(sum / total, 1.0);
}`;

export const warpShader = `${HEAD}
uniform sampler2D u_source;
uniform sampler2D u_depth;
uniform vec2 u_size;    // frame, pixels
uniform vec4 u_window;  // centre x, centre y, height, width: plane units
uniform vec4 u_move;    // tx, ty, tz, pivot
uniform vec2 u_expand;
uniform float u_photoAspect;
uniform float u_blur;   // B of Mitchell and Netravali's cubic
float depthAt(vec2 p, ivec2 size) {
  vec2 c = clamp(p, vec2(0.0), vec2(size) - 1.001);
  ivec2 i = ivec2(c);
  vec2 f = c - vec2(i);
  float a = texelFetch(u_depth, i, 0).r;
  float b = texelFetch(u_depth, i + ivec2(1, 0), 0).r;
  float d = texelFetch(u_depth, i + ivec2(0, 1), 0).r;
  float e = texelFetch(u_depth, i + ivec2(1, 1), 0).r;
  return mix(mix(a, b, f.x), mix(d, e, f.x), f.y);
}
vec4 cubic(float f) {
  float b = u_blur;
  float c = (1.0 - b) / 2.0;
  vec4 x = vec4(1.0 + f, f, 1.0 - f, 2.0 - f);
  vec4 inner = ((12.0 - 9.0 * b - 6.0 * c) * x * x * x + (-18.0 + 12.0 * b + 6.0 * c) * x * x + (6.0 - 2.0 * b)) / 6.0;
  vec4 outer = ((-b - 6.0 * c) * x * x * x + (6.0 * b + 30.0 * c) * x * x + (-12.0 * b - 48.0 * c) * x
    + (8.0 * b + 24.0 * c)) / 6.0;
  return vec4(outer.x, inner.y, inner.z, outer.w);
}
vec3 photoAt(vec2 p) {
  ivec2 size = textureSize(u_source, 0);
  vec2 c = clamp(p, vec2(0.0), vec2(size - 1));
  ivec2 i = ivec2(floor(c));
  vec4 wx = cubic(c.x - float(i.x));
  vec4 wy = cubic(c.y - float(i.y));
  ivec4 xs = clamp(i.x + ivec4(-1, 0, 1, 2), 0, size.x - 1);
  vec3 sum = vec3(0.0);
  for (int j = 0; j < 4; j++) {
    int y = clamp(i.y + j - 1, 0, size.y - 1);
    sum += wy[j] * (wx.x * texelFetch(u_source, ivec2(xs.x, y), 0).rgb + wx.y * texelFetch(u_source, ivec2(xs.y, y), 0).rgb
      + wx.z * texelFetch(u_source, ivec2(xs.z, y), 0).rgb + wx.w * texelFetch(u_source, ivec2(xs.w, y), 0).rgb);
  }
  return sum;
}
void main() {
  vec2 p0 = u_window.xy + ((vec2(place()) + 0.5) / u_size - 0.5) * vec2(u_window.w, u_window.z);
  vec2 d = u_move.xy - u_move.z * (p0 - u_expand);
  vec2 o = p0 - u_move.w * u_move.xy;
  ivec2 size = textureSize(u_depth, 0);
  vec2 scale = vec2(float(size.x) / u_photoAspect, float(size.y));
  vec2 dd = d * scale;
  vec2 od = o * scale + 0.5 * vec2(size) - 0.5;
  float q1 = 1.0;
  float f1 = depthAt(od + q1 * dd, size) - q1;
  float q0 = q1;
  float f0 = f1;
  for (int k = 0; k < ${SEARCH_STEPS} && f1 < 0.0; k++) {
    q0 = q1;
    f0 = f1;
    q1 -= ${(1 - FAR_INVERSE_DEPTH) / SEARCH_STEPS};
    f1 = depthAt(od + q1 * dd, size) - q1;
  }
  float q = q1;
  if (f0 < 0.0 && f1 > 0.0)
    for (int k = 0; k < ${SECANT_STEPS}; k++) {
      q = q1 + (q0 - q1) * (f1 / (f1 - f0));
      float g = depthAt(od + q * dd, size) - q;
      if (g < 0.0) { q0 = q; f0 = g; } else { q1 = q; f1 = g; }
    }
  vec2 s = o + q * d;
  vec2 photo = vec2(textureSize(u_source, 0));
  show(photoAt(vec2(s.x / u_photoAspect + 0.5, s.y + 0.5) * photo - 0.5));
}`;
