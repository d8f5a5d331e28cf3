/** Draws the tracks on a canvas: only what is in sight, everything from numbers, nothing measured. */
import type { TimelineClip } from '../../../../pipeline/domain.ts';
import { frameToSeconds } from '../../../../pipeline/time.ts';
import {
  barStep,
  frameToX,
  HANDLE,
  itemsIn,
  type Lane,
  type Lanes,
  secondStep,
  spansIn,
  transitionSpan,
  type View,
  xToFrame,
} from './geometry.ts';
import { paintWave } from './paint-wave.ts';
import type { Palette } from './palette.ts';
import type { Picture } from './photos.ts';
import type { Overlay, Scene } from './scene.ts';

export interface Paint {
  readonly ctx: CanvasRenderingContext2D;
  readonly view: View;
  readonly lanes: Lanes;
  readonly scene: Scene;
  readonly overlay: Overlay;
  readonly palette: Palette;
  readonly pictureOf: (photoId: string) => Picture;
}

const FONT = '11px "Inter Variable", system-ui, sans-serif';
const SMALL = '10px "Inter Variable", system-ui, sans-serif';
/** Mean width of a letter at 11 px: text is cut by it, because measuring 500 names costs milliseconds. */
const LETTER = 6.1;
/** Pixels of the name under the film strip. */
const NAME = 18;
/** A clip that is being moved, where it still stands. */
const MOVED_ALPHA = 0.35;
/** Beats nearer than this stand in no lane but their own. */
const GRID_LEAST = 9;

export function paintTracks(paint: Paint): void {
  paintAround(paint);
  paintClips(paint);
  paintOverlay(paint);
}

/** Everything but the clips and what a drag adds: nothing of it lies over a clip. */
export function paintAround(paint: Paint): void {
  const { ctx, view, lanes, palette } = paint;
  ctx.fillStyle = palette.panel;
  ctx.fillRect(0, 0, view.width, lanes.height);
  ctx.textBaseline = 'middle';
  paintRange(paint);
  paintGrid(paint);
  paintRuler(paint);
  paintTitles(paint);
  paintWave(paint);
  paintBeats(paint);
  paintMarkers(paint);
}

/** Clips of another length over a picture of `paintAround`; the same picture as `paintTracks` draws. */
export function paintClipsOver(paint: Paint): void {
  paint.ctx.textBaseline = 'middle';
  paintClips(paint);
  paintOverlay(paint);
}

/**
 * What a drag adds to tracks that are drawn already without it; the same picture as `paintTracks` draws. False, and
 * nothing drawn, where the overlay changes how clips themselves look.
 */
export function paintOver(paint: Paint): boolean {
  const { ctx, view, lanes, scene, overlay, palette } = paint;
  if (overlay.changing !== null) return false;
  if (overlay.moving !== null) {
    // The ground over a clip at 65 % is the clip at 35 % over its ground.
    ctx.fillStyle = palette.panel;
    ctx.globalAlpha = 1 - MOVED_ALPHA;
    const [from, to] = spansIn(scene.starts, ...sight(view));
    for (let i = from; i < to; i++) {
      if (!overlay.moving.has(scene.timeline.clips[i]?.id ?? '')) continue;
      const left = frameToX(view, scene.starts[i] ?? 0);
      ctx.fillRect(left, lanes.clips.top, frameToX(view, scene.starts[i + 1] ?? 0) - left, lanes.clips.height);
    }
    ctx.globalAlpha = 1;
    // The handles at both ends of such a clip stand over it as before.
    for (let i = from; i < to; i++) {
      if (!overlay.moving.has(scene.timeline.clips[i]?.id ?? '')) continue;
      paintTransition(paint, i);
      paintTransition(paint, i + 1);
    }
  }
  if (overlay.handle !== null) paintTransition(paint, overlay.handle);
  paintOverlay(paint);
  return true;
}

const sight = (view: View): [number, number] => [xToFrame(view, -2), xToFrame(view, view.width + 2)];

function shorten(text: string, width: number): string {
  const letters = Math.floor(width / LETTER);
  if (letters < 2) return '';
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function paintRange({ ctx, view, lanes, scene, palette }: Paint): void {
  const { inFrame, outFrame } = scene.range;
  if (inFrame === null && outFrame === null) return;
  const from = frameToX(view, inFrame ?? 0);
  const to = frameToX(view, outFrame ?? scene.starts.at(-1) ?? 0);
  ctx.fillStyle = palette['accent-soft'];
  ctx.fillRect(from, 0, to - from, lanes.height);
  ctx.fillStyle = palette.accent;
  ctx.fillRect(from, 0, to - from, 2);
}

function paintGrid({ ctx, view, lanes, scene, palette }: Paint): void {
  const { beats } = scene.timeline;
  const [first, last] = sight(view);
  const [from, to] = itemsIn(beats, first, last);
  const apart = ((last - first) * view.scale) / Math.max(1, to - from);
  const bottom = lanes.markers.top + lanes.markers.height;
  const lines = (downbeats: boolean, colour: string) => {
    ctx.beginPath();
    for (let i = from; i < to; i++) {
      const beat = beats[i];
      if (beat === undefined || (beat.beatInBar === 1) !== downbeats) continue;
      const x = Math.round(frameToX(view, beat.frame)) + 0.5;
      ctx.moveTo(x, lanes.ruler.top + lanes.ruler.height - (downbeats ? 8 : 4));
      ctx.lineTo(x, bottom);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1;
    ctx.stroke();
  };
  if (apart >= GRID_LEAST) lines(false, palette.line);
  if (apart * 4 >= GRID_LEAST) lines(true, palette['line-strong']);
}

function paintRuler({ ctx, view, lanes, scene, palette }: Paint): void {
  const [first, last] = sight(view);
  const y = lanes.ruler.top + 9;
  const { bars, timeline } = scene;
  const rate = timeline.frameRate;
  const perSecond = (view.scale * rate.num) / rate.den;
  ctx.font = FONT;
  ctx.textAlign = 'left';
  if (bars.length > 1) {
    const [from, to] = itemsIn(bars, first - 100 / view.scale, last);
    const gap = ((bars.at(-1)?.frame ?? 0) - (bars[0]?.frame ?? 0)) / (bars.length - 1);
    const step = barStep(gap * view.scale, 84);
    for (let i = from; i < to; i++) {
      const bar = bars[i];
      if (bar === undefined || (bar.number - 1) % step !== 0) continue;
      const x = frameToX(view, bar.frame) + 4;
      ctx.fillStyle = palette['text-2'];
      ctx.fillText(String(bar.number), x, y);
      ctx.fillStyle = palette['text-3'];
      ctx.fillText(clock(frameToSeconds(bar.frame, rate)), x + 10 + LETTER * String(bar.number).length, y);
    }
    return;
  }
  const step = secondStep(perSecond, 72);
  ctx.fillStyle = palette['text-3'];
  for (let at = Math.max(0, Math.floor(frameToSeconds(first, rate) / step)) * step; ; at += step) {
    const x = frameToX(view, (at * rate.num) / rate.den);
    if (x > view.width) break;
    ctx.fillText(clock(at), x + 4, y);
    ctx.fillRect(Math.round(x), lanes.ruler.height - 8, 1, 8);
  }
}

/** `0:16.5`; whole seconds without a fraction. */
function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  const tenth = Math.round(rest * 10) / 10;
  const text = Number.isInteger(tenth) ? String(tenth).padStart(2, '0') : tenth.toFixed(1).padStart(4, '0');
  return `${minutes}:${text}`;
}

function paintTitles({ ctx, view, lanes, scene, palette }: Paint): void {
  const { top, height } = lanes.titles;
  for (const title of scene.timeline.titles) {
    const from = frameToX(view, title.startFrame);
    const to = frameToX(view, title.startFrame + title.durationFrames);
    if (to < 0 || from > view.width) continue;
    ctx.fillStyle = palette.hover;
    ctx.beginPath();
    ctx.roundRect(from + 1, top, Math.max(2, to - from - 2), height, 4);
    ctx.fill();
    ctx.strokeStyle = palette['line-strong'];
    ctx.stroke();
    ctx.fillStyle = palette.text;
    ctx.font = FONT;
    const left = Math.max(from, 0) + 8;
    ctx.fillText(shorten(title.text === '' ? 'Title' : title.text, to - left - 6), left, top + height / 2 + 0.5);
  }
}

function paintClips(paint: Paint): void {
  const { ctx, view, lanes, scene, overlay } = paint;
  const [first, last] = sight(view);
  const [from, to] = spansIn(scene.starts, first, last);
  for (let i = from; i < to; i++) {
    const clip = scene.timeline.clips[i];
    if (clip === undefined) continue;
    const left = frameToX(view, scene.starts[i] ?? 0);
    const right = frameToX(view, scene.starts[i + 1] ?? 0);
    ctx.globalAlpha = overlay.moving?.has(clip.id) === true ? MOVED_ALPHA : 1;
    paintClip(paint, clip, i, left, right - left, lanes.clips);
    ctx.globalAlpha = 1;
  }
  for (let i = from; i <= Math.min(to, scene.timeline.clips.length - 1); i++) paintTransition(paint, i);
}

function paintClip(paint: Paint, clip: TimelineClip, index: number, left: number, width: number, lane: Lane): void {
  const { ctx, scene, overlay, palette, view } = paint;
  const { top, height } = lane;
  const inner = Math.max(1, width - (width > 4 ? 2 : 0.5));
  const x = left + (width - inner) / 2;
  ctx.fillStyle = palette.raised;
  ctx.fillRect(x, top, inner, height);
  const named = width > 28;
  const strip = named ? height - NAME : height;
  const { bitmap, aspect } = paint.pictureOf(clip.photoId);
  if (bitmap !== null) {
    const tile = strip * aspect;
    // Only the tiles in sight: a long clip at high zoom has hundreds.
    const start = Math.max(0, Math.floor(-x / tile));
    for (let at = x + start * tile; at < Math.min(x + inner, view.width); at += tile) {
      const share = Math.min(1, (x + inner - at) / tile);
      // A clip narrower than a picture shows its middle.
      const offset = at === x && share < 1 ? ((1 - share) * bitmap.width) / 2 : 0;
      ctx.drawImage(bitmap, offset, 0, share * bitmap.width, bitmap.height, at, top, share * tile, strip);
    }
  }
  const chosen = scene.selected.has(clip.id);
  if (named) {
    ctx.fillStyle = chosen ? palette.hover : palette.raised;
    ctx.fillRect(x, top + strip, inner, NAME);
    ctx.fillStyle = chosen ? palette.text : palette['text-2'];
    ctx.font = FONT;
    const visible = Math.max(x, 0);
    const name = scene.rooms.get(clip.id) ?? `shot ${index + 1}`;
    ctx.fillText(shorten(name, x + inner - visible - 12), visible + 6, top + strip + NAME / 2 + 0.5);
  }
  if (scene.found.has(clip.id) && width > 12) {
    ctx.fillStyle = palette.attention;
    ctx.beginPath();
    ctx.arc(x + inner - 7, top + HANDLE + 5, 3.5, 0, Math.PI * 2);
    ctx.fill();
  }
  const changing = overlay.changing?.has(clip.id) === true;
  if (chosen || changing || scene.focus === clip.id) {
    ctx.strokeStyle =
      overlay.refused && changing ? palette.fail : chosen || changing ? palette.accent : palette['text-2'];
    ctx.lineWidth = chosen || changing ? 2 : 1;
    ctx.strokeRect(x + 1, top + 1, Math.max(1, inner - 2), height - 2);
    ctx.lineWidth = 1;
  }
}

function paintTransition({ ctx, view, lanes, scene, overlay, palette }: Paint, index: number): void {
  const clip = scene.timeline.clips[index];
  if (clip === undefined) return;
  const plain = clip.transitionIn.frames === 0;
  if (plain && overlay.handle !== index) return;
  const { from, to } = transitionSpan(scene.timeline, scene.starts, index);
  const { top } = lanes.clips;
  const left = frameToX(view, from);
  const right = frameToX(view, to);
  if (right - left > 5) {
    ctx.fillStyle = palette['photo-veil'];
    ctx.fillRect(left, top, right - left, HANDLE);
    ctx.strokeStyle = palette['on-photo'];
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(left + 0.5, top + HANDLE);
    ctx.lineTo(left + 0.5, top);
    ctx.moveTo(right - 0.5, top + HANDLE);
    ctx.lineTo(right - 0.5, top);
    ctx.stroke();
  }
  const x = (left + right) / 2;
  const y = top + HANDLE / 2;
  const size = plain || overlay.handle === index ? 6 : Math.min(6, Math.max(3, (right - left) / 3));
  ctx.fillStyle = overlay.handle === index ? palette.accent : palette.bg;
  ctx.strokeStyle = palette['on-photo'];
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y);
  ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, y);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

function paintBeats({ ctx, view, lanes, scene, palette }: Paint): void {
  const { beats } = scene.timeline;
  const { top, height } = lanes.beats;
  const [first, last] = sight(view);
  const [from, to] = itemsIn(beats, first, last);
  const apart = ((last - first) * view.scale) / Math.max(1, to - from);
  const marks = (downbeats: boolean, colour: string) => {
    ctx.fillStyle = colour;
    const reach = downbeats ? height - 2 : height * 0.5;
    const width = apart > 5 ? 3 : 1;
    for (let i = from; i < to; i++) {
      const beat = beats[i];
      if (beat === undefined || (beat.beatInBar === 1) !== downbeats) continue;
      // What the ear was less sure of is shorter.
      const tall = reach * (0.55 + 0.45 * beat.confidence);
      ctx.fillRect(Math.round(frameToX(view, beat.frame)) - (width >> 1), top + (height - tall) / 2, width, tall);
    }
  };
  if (apart > 2.5) marks(false, palette.beat);
  marks(true, palette.downbeat);
}

function paintMarkers({ ctx, view, lanes, scene, palette }: Paint): void {
  const { top, height } = lanes.markers;
  const [first, last] = sight(view);
  ctx.font = SMALL;
  for (const marker of scene.timeline.markers) {
    if (marker.frame < first - 200 / view.scale || marker.frame > last) continue;
    const x = Math.round(frameToX(view, marker.frame));
    const text = marker.label === '' ? 'marker' : marker.label.slice(0, 24);
    ctx.fillStyle = palette['attention-soft'];
    ctx.fillRect(x, top, text.length * 5.6 + 10, height - 3);
    ctx.fillStyle = palette.attention;
    ctx.fillRect(x, lanes.wave.top, 1, top + height - lanes.wave.top);
    ctx.fillText(text, x + 5, top + (height - 3) / 2 + 0.5);
  }
}

function paintOverlay(paint: Paint): void {
  const { ctx, view, lanes, scene, overlay, palette } = paint;
  const { clips } = lanes;
  if (overlay.snapFrame !== null) {
    ctx.fillStyle = overlay.refused ? palette.fail : palette.accent;
    ctx.fillRect(Math.round(frameToX(view, overlay.snapFrame)) - 0.5, lanes.ruler.height, 1, lanes.height);
  }
  if (overlay.drop !== null) {
    const x = frameToX(view, scene.starts[overlay.drop] ?? 0);
    ctx.fillStyle = palette.accent;
    ctx.fillRect(x - 1.5, clips.top - 4, 3, clips.height + 8);
  }
  const ghost = overlay.moving === null ? undefined : scene.timeline.clips.find((clip) => overlay.moving?.has(clip.id));
  if (ghost !== undefined && overlay.moving !== null) {
    const width = Math.min(160, Math.max(48, ghost.durationFrames * view.scale));
    ctx.globalAlpha = 0.85;
    const lane = { top: clips.top + 8, height: Math.max(40, clips.height - 16) };
    paintClip(paint, ghost, scene.timeline.clips.indexOf(ghost), overlay.pointerX - width / 2, width, lane);
    ctx.globalAlpha = 1;
  }
  if (overlay.band !== null) {
    const { from, to } = overlay.band;
    ctx.fillStyle = palette['accent-soft'];
    ctx.fillRect(Math.min(from, to), clips.top, Math.abs(to - from), clips.height);
    ctx.strokeStyle = palette.accent;
    ctx.strokeRect(Math.min(from, to) + 0.5, clips.top + 0.5, Math.abs(to - from), clips.height - 1);
  }
}
