/** The waveform as the film has it: each pixel's frames laid through the music plan, with its loops and fades. */
import type { MusicPlan } from '../../../../pipeline/domain.ts';
import { type FrameRate, frameToSeconds } from '../../../../pipeline/time.ts';
import { frameToX, xToFrame } from './geometry.ts';
import type { Paint } from './paint.ts';
import type { Loudness } from './scene.ts';

/** Pixels of one bar of the waveform, gap included. */
const COLUMN = 3;

export function paintWave({ ctx, view, lanes, scene, palette }: Paint): void {
  const { top, height } = lanes.wave;
  const { music, frameRate: rate } = scene.timeline;
  const total = scene.starts.at(-1) ?? 0;
  if (music === null) {
    ctx.fillStyle = palette['text-3'];
    ctx.fillText('No music', Math.max(8, frameToX(view, 0) + 8), top + height / 2);
    return;
  }
  paintSections({ ctx, view, lanes, scene, palette }, music, rate);
  if (scene.loudness === null) return;
  const middle = top + height / 2;
  const from = Math.max(0, Math.floor(xToFrame(view, 0)));
  // Columns are tied to the film, not to the window: a scroll moves the drawing and does not shimmer.
  const firstColumn = Math.floor(frameToX(view, 0) < 0 ? -frameToX(view, 0) / COLUMN : 0);
  const origin = frameToX(view, 0);
  ctx.fillStyle = palette.accent;
  ctx.globalAlpha = 0.75;
  for (let column = firstColumn; ; column++) {
    const x = origin + column * COLUMN;
    const frame = (column * COLUMN) / view.scale;
    if (x > view.width || frame >= total) break;
    if (frame < from - COLUMN / view.scale) continue;
    const level = levelAt(music, scene.loudness, rate, total, frame, frame + COLUMN / view.scale);
    const half = Math.max(0.5, (level * (height - 4)) / 2);
    ctx.fillRect(x, middle - half, COLUMN - 1, half * 2);
  }
  ctx.globalAlpha = 1;
  // Where the music loops.
  ctx.fillStyle = palette['text-3'];
  for (const segment of music.segments.slice(1)) {
    const x = Math.round(frameToX(view, segment.filmStartFrame));
    if (x >= 0 && x <= view.width) ctx.fillRect(x, top, 1, height);
  }
}

/**
 * Loudness 0..1 of film frames [from, to): the loudest of the pieces that they touch, with the fades. 0 where there is
 * no music.
 */
export function levelAt(
  music: MusicPlan,
  loudness: Loudness,
  rate: FrameRate,
  totalFrames: number,
  from: number,
  to: number,
): number {
  let level = 0;
  for (const segment of music.segments) {
    const first = Math.max(from, segment.filmStartFrame);
    const last = Math.min(to, segment.filmEndFrame, totalFrames);
    if (last <= first) continue;
    const start = segment.musicStartSeconds + frameToSeconds(first - segment.filmStartFrame, rate);
    level = Math.max(level, loudness(start, start + frameToSeconds(last - first, rate)));
  }
  const end = Math.min(totalFrames, music.segments.at(-1)?.filmEndFrame ?? 0);
  const fadeIn = music.fadeInFrames > 0 ? Math.min(1, Math.max(0, to / music.fadeInFrames)) : 1;
  const fadeOut = music.fadeOutFrames > 0 ? Math.min(1, Math.max(0, (end - from) / music.fadeOutFrames)) : 1;
  return level * fadeIn * fadeOut;
}

/** Sections of the music behind the waveform: the louder, the lighter. */
function paintSections(
  { ctx, view, lanes, scene, palette }: Pick<Paint, 'ctx' | 'view' | 'lanes' | 'scene' | 'palette'>,
  music: MusicPlan,
  rate: FrameRate,
): void {
  const { top, height } = lanes.wave;
  for (const segment of music.segments) {
    const startSeconds = segment.musicStartSeconds;
    const lastFrame = Math.min(segment.filmEndFrame, scene.starts.at(-1) ?? 0);
    for (const section of scene.sections) {
      const toFilm = (seconds: number): number =>
        segment.filmStartFrame + ((seconds - startSeconds) * rate.num) / rate.den;
      const from = frameToX(view, Math.max(segment.filmStartFrame, toFilm(section.startSeconds)));
      const to = frameToX(view, Math.min(lastFrame, toFilm(section.endSeconds)));
      if (to <= from || to < 0 || from > view.width) continue;
      ctx.globalAlpha = 0.15 + 0.85 * section.energy;
      ctx.fillStyle = palette.raised;
      ctx.fillRect(from, top, to - from - 1, height);
      ctx.globalAlpha = 1;
    }
  }
}
