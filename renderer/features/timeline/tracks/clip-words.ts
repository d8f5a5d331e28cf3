/** Clips in words, for screen readers and menus. Pure. */
import type { GridBeat, Timeline } from '../../../../pipeline/domain.ts';
import type { AnalysisView } from '../../../../pipeline/rooms/view.ts';
import { frameToSeconds } from '../../../../pipeline/time.ts';
import { motionWords } from '../../../../pipeline/timeline/words.ts';

/** Room of each clip as people call it, by clip id; from the photo's own room where its cluster is gone. */
export function roomsOf(timeline: Timeline, analysis: AnalysisView | null): ReadonlyMap<string, string> {
  const clusters = new Map(analysis?.clusters.map((cluster) => [cluster.id, cluster.roomType]));
  const photos = new Map(analysis?.photos.map((photo) => [photo.id, photo.roomLabel]));
  return new Map(
    timeline.clips.flatMap((clip) => {
      const room = clusters.get(clip.clusterId) ?? photos.get(clip.photoId);
      return room === undefined ? [] : [[clip.id, room.replaceAll('_', ' ')] as const];
    }),
  );
}

/** Bar (1 for the first downbeat) that holds a frame; null before it and without beats. O(log n) by its list of bars. */
export function barAt(
  bars: readonly { readonly frame: number; readonly number: number }[],
  frame: number,
): number | null {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.frame ?? 0) <= frame) low = middle + 1;
    else high = middle;
  }
  return bars[low - 1]?.number ?? null;
}

/** Such as `Kitchen, shot 5, 3.5 s, bars 9 to 10, dissolve in`. */
export function clipWords(
  timeline: Timeline,
  starts: readonly number[],
  bars: readonly { readonly frame: number; readonly number: number }[],
  rooms: ReadonlyMap<string, string>,
  index: number,
): string {
  const clip = timeline.clips[index];
  if (clip === undefined) return '';
  const room = rooms.get(clip.id) ?? 'shot';
  const from = barAt(bars, starts[index] ?? 0);
  const to = barAt(bars, (starts[index + 1] ?? 1) - 1);
  const where = from === null || to === null ? '' : from === to ? `, bar ${from}` : `, bars ${from} to ${to}`;
  const { type, frames } = clip.transitionIn;
  const way = frames === 0 ? '' : `, ${type === 'cross_dissolve' ? 'dissolve' : motionWords(type)} in`;
  const seconds = frameToSeconds(clip.durationFrames, timeline.frameRate).toFixed(1);
  return `${room.charAt(0).toUpperCase()}${room.slice(1)}, shot ${index + 1}, ${seconds} s${where}${way}`;
}

/** Such as `Beat 3 of its bar, 0:16.50`. */
export function beatWords(beat: GridBeat, timeline: Timeline): string {
  const seconds = frameToSeconds(beat.frame, timeline.frameRate);
  return `${beat.beatInBar === 1 ? 'Downbeat' : `Beat ${beat.beatInBar}`} at ${seconds.toFixed(2)} s`;
}
