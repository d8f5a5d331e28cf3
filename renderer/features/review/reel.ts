/**
 * The frames on the review canvases, outside React. One player for the screen's life; takes come and go. What is on the
 * canvas is the frame that `reviewPlayhead` tells, of the take that `useReel` tells, or nothing.
 */
import { create } from 'zustand';
import type { PicaividError } from '../../../base/errors.ts';
import { clipFrameUrl, clipUrl, type TakeView } from '../../../main/host/review-contract.ts';
import {
  canvasSurface,
  type FramePath,
  FramePlayer,
  openFrames,
  type PageFrames,
  type PagePicture,
  type PlayerState,
  type PlayRange,
  pageClock,
  warm,
} from '../../frames/index.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';

export interface ReelState {
  /** The take whose frame is on the canvas now; null while none is. */
  readonly shown: string | null;
  readonly rate: number;
  readonly range: PlayRange | null;
  readonly loop: boolean;
  readonly error: PicaividError | null;
  readonly path: FramePath;
  /** Why frames come from the host. */
  readonly reason: string | null;
}

export const useReel = create<ReelState>(() => ({
  shown: null,
  rate: 0,
  range: null,
  loop: true,
  error: null,
  path: 'opening',
  reason: null,
}));

/** A take of a clip, as it is opened. */
export interface ReelTake {
  readonly listingId: string;
  readonly clipId: string;
  readonly take: Pick<TakeView, 'specHash' | 'frames' | 'frameRate'>;
  /** Frames in the take's own size, decoded by the host one by one: for looking at pixels. */
  readonly full?: boolean;
}

const FULL_REASON = 'Frames in full size come from the studio’s engine, one by one.';
const keyOf = ({ take, full }: ReelTake): string => `${take.specHash}${full === true ? ' full' : ''}`;

const sources = new Map<string, PageFrames>();
let player: FramePlayer<PagePicture> | null = null;
let now: ReelTake | null = null;
let other: ReelTake | null = null;
let ahead: ReelTake | null = null;

function sourceOf(one: ReelTake): PageFrames {
  const key = keyOf(one);
  const known = sources.get(key);
  if (known !== undefined) return known;
  const { listingId, clipId, take } = one;
  const source = openFrames(
    {
      proxyUrl: clipUrl(listingId, clipId, take.specHash, 'proxy.mp4'),
      frameUrl: (frame) => clipFrameUrl(listingId, clipId, take.specHash, frame),
      frames: take.frames,
      frameRate: take.frameRate,
    },
    {
      ...(one.full === true ? { hostOnly: FULL_REASON } : {}),
      onPath: (path, reason) => {
        if (now !== null && keyOf(now) === key) useReel.setState({ path, reason });
      },
    },
  );
  sources.set(key, source);
  return source;
}

/** Closes what is neither on the canvas nor comes next. */
function tidy(): void {
  const wanted = new Set([now, other, ahead].flatMap((one) => (one === null ? [] : [keyOf(one)])));
  for (const [key, source] of sources) {
    if (wanted.has(key)) continue;
    sources.delete(key);
    source.close();
  }
}

function onState({ rate, range, loop, error }: PlayerState): void {
  const before = useReel.getState();
  // Most news is the frame alone, which is told elsewhere.
  if (before.rate !== rate || before.range !== range || before.loop !== loop || before.error !== error)
    useReel.setState({ rate, range, loop, error });
}

/** Shows a take from a frame on, on these canvases; gives the function that ends it all. */
export function mountReel(first: HTMLCanvasElement, second: HTMLCanvasElement): () => void {
  const surface = canvasSurface(first, second);
  const start = (one: ReelTake, at: number): FramePlayer<PagePicture> => {
    const made = new FramePlayer({
      source: sourceOf(one),
      surface,
      clock: pageClock,
      at,
      onShown: (frame) => {
        reviewPlayhead.set(frame);
        const shown = now?.take.specHash ?? null;
        if (useReel.getState().shown !== shown) {
          useReel.setState({ shown });
          if (ahead !== null) void warm(sourceOf(ahead));
        }
      },
      onState,
    });
    made.setLoop(useReel.getState().loop);
    return made;
  };
  begin = start;
  return () => {
    begin = null;
    player?.dispose();
    player = null;
    now = null;
    other = null;
    ahead = null;
    tidy();
    reviewPlayhead.set(-1);
    useReel.setState({ shown: null, rate: 0, range: null, error: null, path: 'opening', reason: null });
  };
}
let begin: ((one: ReelTake, at: number) => FramePlayer<PagePicture>) | null = null;

/** Puts a take on the canvas; the same one in another size keeps its frame and range. */
export function showTake(one: ReelTake | null, at: number): void {
  if (begin === null) return;
  if (one !== null && now !== null && keyOf(one) === keyOf(now)) {
    if (reviewPlayhead.frame !== at && at >= 0) player?.seek(at);
    return;
  }
  const sameTake = one !== null && now !== null && one.take.specHash === now.take.specHash;
  const { range, loop } = useReel.getState();
  now = one;
  other = null;
  if (!sameTake) {
    reviewPlayhead.set(-1);
    useReel.setState({ shown: null, rate: 0, range: null });
  }
  useReel.setState({ error: null, path: 'opening', reason: null });
  if (one === null) {
    player?.dispose();
    player = null;
  } else if (player === null) player = begin(one, at);
  else {
    player.setSource(sourceOf(one), at);
    player.setLoop(loop);
    if (sameTake) player.setRange(range);
  }
  tidy();
}

/** The take that is compared with, frame by frame; null for none. */
export function compareTake(one: ReelTake | null): void {
  if (one === null ? other === null : other !== null && keyOf(one) === keyOf(other)) return;
  other = one;
  player?.compareWith(one === null ? null : sourceOf(one));
  tidy();
}

/** The clip that will be looked at next: made ready once this one is on the canvas. */
export function prepareTake(one: ReelTake | null): void {
  ahead = one !== null && now !== null && keyOf(one) === keyOf(now) ? null : one;
  if (ahead !== null && useReel.getState().shown !== null) void warm(sourceOf(ahead));
  tidy();
}

/** Tries again after an error. */
export function retryTake(): void {
  if (now === null) return;
  const [again, compared] = [now, other];
  const at = Math.max(0, reviewPlayhead.frame);
  sources.get(keyOf(again))?.close();
  sources.delete(keyOf(again));
  now = null;
  showTake(again, at);
  compareTake(compared);
}

/** What keys and pointers do to it; nothing while there is no take. */
export const reel = {
  step: (by: number): void => player?.step(by),
  seek: (frame: number): void => player?.seek(frame),
  shuttle: (direction: -1 | 0 | 1): void => player?.shuttle(direction),
  toggle: (): void => player?.toggle(),
  pause: (): void => player?.pause(),
  setLoop: (loop: boolean): void => {
    useReel.setState({ loop });
    player?.setLoop(loop);
  },
  setRange: (range: PlayRange | null): void => player?.setRange(range),
  get frames(): number {
    return now?.take.frames ?? 0;
  },
  /** A frame of this very take is on the canvas: it was seen. */
  isShown: (specHash: string): boolean => useReel.getState().shown === specHash && reviewPlayhead.frame >= 0,
};
