/**
 * Transitions and titles over drawn frames, as pipeline/assemble/composite.ts makes them: on coded values, the same
 * curves, the same soft edge and growth. Pictures in textures run from the top; the canvas counts from the bottom.
 */
import { WIPE_SOFTNESS, ZOOM_GROWTH } from '../../../pipeline/assemble/composite.ts';

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform ivec2 u_origin;
uniform ivec2 u_size;   // of the frame, pixels
out vec4 colour;
ivec2 place() {
  ivec2 p = ivec2(gl_FragCoord.xy) - u_origin;
  return ivec2(p.x, u_size.y - 1 - p.y);
}
`;

/** Numbers of the kinds that `u_kind` names. */
export const MIX_KINDS = { cross_dissolve: 0, slide: 1, wipe: 2, zoom: 3 } as const;
export type LayeredTransition = keyof typeof MIX_KINDS;

/** Both pictures have the frame's size in the top left of their textures. */
export const transitionShader = `${HEAD}
uniform sampler2D u_a;
uniform sampler2D u_b;
uniform int u_kind;
uniform float u_t;
vec3 grown(ivec2 p, float scale) {
  vec2 size = vec2(u_size);
  vec2 at = clamp((vec2(p) + 0.5 - size / 2.0) * scale + size / 2.0 - 0.5, vec2(0.0), size - 1.001);
  ivec2 i = ivec2(at);
  vec2 f = at - vec2(i);
  vec3 top = mix(texelFetch(u_a, i, 0).rgb, texelFetch(u_a, i + ivec2(1, 0), 0).rgb, f.x);
  vec3 low = mix(texelFetch(u_a, i + ivec2(0, 1), 0).rgb, texelFetch(u_a, i + ivec2(1, 1), 0).rgb, f.x);
  return mix(top, low, f.y);
}
void main() {
  ivec2 p = place();
  vec3 c;
  if (u_kind == ${MIX_KINDS.slide}) {
    int moved = int(floor(u_t * float(u_size.x) / 2.0 + 0.5)) * 2;
    int x = p.x + moved;
    c = x < u_size.x ? texelFetch(u_a, ivec2(x, p.y), 0).rgb : texelFetch(u_b, ivec2(x - u_size.x, p.y), 0).rgb;
  } else if (u_kind == ${MIX_KINDS.zoom}) {
    c = mix(grown(p, 1.0 / (1.0 + ${ZOOM_GROWTH.toFixed(4)} * u_t)), texelFetch(u_b, p, 0).rgb, u_t);
  } else {
    float w = u_t;
    if (u_kind == ${MIX_KINDS.wipe}) {
      float soft = max(1.0, float(u_size.x) * ${WIPE_SOFTNESS.toFixed(4)});
      w = clamp((u_t * (float(u_size.x) + soft) - float(p.x)) / soft, 0.0, 1.0);
    }
    c = mix(texelFetch(u_a, p, 0).rgb, texelFetch(u_b, p, 0).rgb, w);
  }
  colour = vec4(c, 1.0);
}`;

/** A title with premultiplied alpha, drawn for any size of the same shape, over what is there. */
export const titleShader = `${HEAD}
uniform sampler2D u_title;
uniform float u_opacity;
void main() {
  colour = texture(u_title, (vec2(place()) + 0.5) / vec2(u_size)) * u_opacity;
}`;
