/**
 * The pictures: the clip's exact frame, and over or beside it what it is compared with. Canvases stay for the screen's
 * life; layout, zoom and comparison are styles, so a frame that changes draws pixels and nothing of React.
 */
import { type CSSProperties, type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { useReview } from '../../stores/review.ts';
import { nextToDo } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import { RotateCcw } from '../../ui/icons.ts';
import { Button, cx } from '../../ui/index.ts';
import { Drawing } from './Drawing.tsx';
import { photoWindow } from './photo-window.ts';
import { compareTake, mountReel, prepareTake, retryTake, showTake, useReel } from './reel.ts';
import styles from './Stage.module.css';
import { layOut, type Point, useView, type ViewLayout } from './view.ts';
import { againstWords } from './words.ts';

/** Pixels that the proxy is wide: beyond them a take's own pixels come from the host. */
const PROXY_WIDTH = 1280;

export interface StageProps {
  readonly listingId: string;
  readonly clip: ReviewClip;
  readonly take: TakeView | null;
}

export function Stage({ listingId, clip, take }: StageProps) {
  const area = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLCanvasElement>(null);
  const second = useRef<HTMLCanvasElement>(null);
  const size = useSize(area);
  const mode = useReview((state) => state.mode);
  const against = useReview((state) => state.against);
  const flipped = useReview((state) => state.flipped);
  const level = useReview((state) => state.level[state.mode]);
  const drawing = useReview((state) => state.draft?.drawing === true);
  const zoom = useView((state) => state.zoom);
  const centre = useView((state) => state.centre);
  useLayoutEffect(() => {
    if (first.current === null || second.current === null) return;
    return mountReel(first.current, second.current);
  }, []);
  useReelTakes(listingId, clip, take);

  const shownMode = flipped ? 'clip' : mode;
  const two = flipped || mode !== 'clip';
  const otherIsTake = against !== 'photo' && mode !== 'depth';
  const ratio = window.devicePixelRatio;
  const layout = layOut(size, take ?? { width: 16, height: 9 }, { zoom, centre, side: shownMode === 'side', ratio });
  const shown = useReel((state) => state.shown === take?.specHash && take !== null);
  const label = mode === 'depth' ? 'depth' : againstWords(clip, against);
  const split = wipeAt(layout, level);
  const over: CSSProperties =
    flipped || shownMode === 'side'
      ? {}
      : shownMode === 'wipe'
        ? { clipPath: `inset(0 0 0 ${split}px)` }
        : shownMode === 'difference'
          ? { mixBlendMode: 'difference' }
          : { opacity: level };
  const gain = shownMode === 'difference' ? { filter: `brightness(${1 + level * 15})` } : {};
  return (
    <section
      ref={area}
      className={cx(styles.stage, drawing && styles.drawing, zoom !== 'fit' && !drawing && styles.pannable)}
      aria-label="Picture"
      data-region="stage"
      data-mode={flipped ? 'flip' : mode}
      {...usePan(layout, drawing)}
    >
      <div className={styles.mix} style={gain}>
        <View layout={layout.first}>
          <canvas
            ref={first}
            className={cx(styles.picture, zoom !== 'fit' && zoom >= 2 && styles.pixels, !shown && styles.hidden)}
            data-testid="review-canvas"
          />
        </View>
        <View layout={layout.second} style={two ? over : { visibility: 'hidden' }}>
          <canvas
            ref={second}
            className={cx(
              styles.picture,
              zoom !== 'fit' && zoom >= 2 && styles.pixels,
              (!otherIsTake || !shown) && styles.hidden,
            )}
            data-testid="compare-canvas"
          />
          {two && !otherIsTake && take !== null && (
            <Photo key={clip.photoId} listingId={listingId} clip={clip} take={take} depth={mode === 'depth'} />
          )}
        </View>
      </div>
      <View layout={layout.first} style={drawing ? {} : { pointerEvents: 'none' }}>
        {take !== null && <Drawing clip={clip} take={take} />}
      </View>
      {take !== null && shownMode === 'wipe' && <WipeHandle x={split} layout={layout} level={level} />}
      {take !== null && (
        <Labels
          mode={shownMode}
          flipped={flipped}
          other={label}
          layout={layout}
          take={take}
          many={clip.takes.length > 1}
          shown={shown}
        />
      )}
      <Trouble clip={clip} take={take} shown={shown} listingId={listingId} />
    </section>
  );
}

/** Tells the reel what to show, what to compare with and what comes next. */
function useReelTakes(listingId: string, clip: ReviewClip, take: TakeView | null): void {
  const against = useReview((state) => (state.mode === 'clip' && !state.flipped ? 'photo' : state.against));
  const depth = useReview((state) => state.mode === 'depth');
  const openAt = useReview((state) => state.openAt);
  const zoomed = useView((state) => state.zoom !== 'fit');
  const next = useReview(({ document, clipId }) => nextToDo(document?.clips ?? [], clipId));
  const full = zoomed && (take?.width ?? 0) > PROXY_WIDTH;
  const { clipId } = clip;
  const opened = useRef('');
  useEffect(() => {
    if (take === null || take.file !== 'present') return showTake(null, 0);
    // Another take of the same clip is looked at where one was; another clip at the first frame of the film.
    const same = opened.current === clipId && reviewPlayhead.frame >= 0;
    const at = openAt ?? (same ? reviewPlayhead.frame : clip.usedFrames.first);
    opened.current = clipId;
    showTake({ listingId, clipId, take, full }, Math.min(at, take.frames - 1));
    if (openAt !== null) useReview.setState({ openAt: null });
  }, [listingId, clipId, take, full, openAt, clip.usedFrames.first]);
  useEffect(() => {
    const found = depth ? undefined : clip.takes.find((one) => one.specHash === against && one.file === 'present');
    compareTake(found === undefined || take === null ? null : { listingId, clipId, take: found, full });
  }, [listingId, clipId, clip.takes, take, against, depth, full]);
  useEffect(() => {
    const film = next?.takes.find((one) => one.current) ?? null;
    prepareTake(next === null || film === null ? null : { listingId, clipId: next.clipId, take: film });
  }, [listingId, next]);
}

function View({
  layout,
  style = {},
  children,
}: {
  readonly layout: ViewLayout;
  readonly style?: CSSProperties;
  readonly children: React.ReactNode;
}) {
  const { view, world } = layout;
  return (
    <div
      className={styles.view}
      style={{ left: view.left, top: view.top, width: view.width, height: view.height, ...style }}
    >
      <div
        className={styles.world}
        style={{ left: world.left, top: world.top, width: world.width, height: world.height }}
      >
        {children}
      </div>
    </div>
  );
}

/** The photo, or its depth, as the first frame frames it. */
function Photo({ listingId, clip, take, depth }: StageProps & { readonly take: TakeView; readonly depth: boolean }) {
  const [aspect, setAspect] = useState<number | null>(null);
  const [fails, setFails] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture is another try
  useEffect(() => setFails(false), [depth]);
  const part = photoWindow(take, aspect ?? take.width / take.height);
  if (fails)
    return (
      <p className={styles.lost}>
        {depth ? 'There is no depth map of this photo.' : 'The photo is not in its folder any more.'}
      </p>
    );
  return (
    <div className={styles.crop}>
      <img
        src={mediaUrl(listingId, clip.photoId, depth ? 'depthview' : '2560')}
        alt={depth ? `Depth of ${clip.photoFile}` : clip.photoFile}
        draggable={false}
        className={aspect === null ? styles.hidden : undefined}
        style={{
          width: `${100 / part.width}%`,
          height: `${100 / part.height}%`,
          left: `${(-100 * part.x) / part.width}%`,
          top: `${(-100 * part.y) / part.height}%`,
        }}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setAspect(naturalWidth / naturalHeight)}
        onError={() => setFails(true)}
      />
    </div>
  );
}

/** Where the wipe stands, in pixels of the view: always within what is seen of the picture. */
function wipeAt({ first: { view, world } }: ReturnType<typeof layOut>, level: number): number {
  const from = Math.max(0, world.left);
  const to = Math.min(view.width, world.left + world.width);
  return from + (to - from) * level;
}

function WipeHandle({
  x,
  layout,
  level,
}: {
  readonly x: number;
  readonly layout: ReturnType<typeof layOut>;
  readonly level: number;
}) {
  const { view, world } = layout.first;
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box === undefined) return;
    const from = Math.max(0, world.left);
    const to = Math.min(view.width, world.left + world.width);
    setLevel((event.clientX - box.left - view.left - from) / Math.max(1, to - from));
  };
  const top = Math.max(0, world.top);
  const bottom = Math.max(0, view.height - world.top - world.height);
  return (
    <div
      className={styles.wipe}
      style={{ left: view.left + x, top, bottom }}
      role="slider"
      aria-label="Wipe"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
      tabIndex={0}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onKeyDown={(event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const by = event.key === 'ArrowLeft' ? -0.02 : event.key === 'ArrowRight' ? 0.02 : 0;
        if (by === 0) return;
        event.preventDefault();
        setLevel(level + by);
      }}
    >
      <span />
    </div>
  );
}

/** Sets how much of the other picture is seen, in the way of comparing that is on. */
export function setLevel(to: number): void {
  useReview.setState(({ level, mode }) => ({ level: { ...level, [mode]: Math.min(1, Math.max(0, to)) } }));
}

function Labels(props: {
  readonly mode: string;
  readonly flipped: boolean;
  readonly other: string;
  readonly layout: ReturnType<typeof layOut>;
  readonly take: TakeView;
  readonly many: boolean;
  readonly shown: boolean;
}) {
  const { mode, flipped, other, layout, take, many, shown } = props;
  const frame = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const draw = (): void => {
      if (frame.current !== null)
        frame.current.textContent = reviewPlayhead.frame < 0 ? '' : ` · frame ${reviewPlayhead.frame}`;
    };
    draw();
    return reviewPlayhead.subscribe(draw);
  }, []);
  const { view, world } = layout.first;
  const left = view.left + Math.max(0, world.left) + 10;
  const top = view.top + Math.max(0, world.top) + 10;
  const right =
    mode === 'side'
      ? { left: layout.second.view.left + Math.max(0, layout.second.world.left) + 10, top }
      : { right: Math.max(0, view.width - world.left - world.width) + 10, top };
  return (
    <>
      <span className={cx(styles.label, (flipped || !shown) && styles.hidden)} style={{ left, top }}>
        {many ? `take ${take.number}` : 'clip'}
        <span ref={frame} />
      </span>
      {(flipped || mode !== 'clip') && (
        <span className={styles.label} style={flipped ? { left, top } : right}>
          {other === 'photo' ? 'photo, framed as frame 0' : other === 'depth' ? 'depth: near warm, far cool' : other}
        </span>
      )}
    </>
  );
}

/** What stands instead of the picture: it opens, its file is gone, it cannot be shown. */
function Trouble({ clip, take, shown, listingId }: StageProps & { readonly shown: boolean }) {
  const error = useReel((state) => state.error);
  const photo = mediaUrl(listingId, clip.photoId, '1280');
  if (take !== null && take.file === 'present' && error === null)
    return shown ? null : (
      <p className={styles.opening} role="status">
        Opening take {take.number} of {clip.room}…
      </p>
    );
  const sentence =
    take === null
      ? (clip.error?.message ?? 'Nothing is rendered of this clip yet. This is its photo.')
      : take.file === 'missing'
        ? `The file of take ${take.number} is gone from the disk. Render the clip again, or look at another take.`
        : take.file === 'altered'
          ? `The file of take ${take.number} was changed on disk and is not shown. Render the clip again.`
          : (error?.message ?? '');
  return (
    <div className={styles.trouble}>
      <img src={photo} alt={clip.photoFile} draggable={false} />
      <div className={styles.troubleWords} role="alert">
        <p>{sentence}</p>
        {error !== null && take?.file === 'present' && (
          <Button icon={<RotateCcw size={14} aria-hidden="true" />} onClick={retryTake}>
            Try again
          </Button>
        )}
        <a href={`#/listing/${encodeURIComponent(listingId)}/renders?clip=${encodeURIComponent(clip.clipId)}`}>
          Open it in Renders
        </a>
      </div>
    </div>
  );
}

function useSize(element: { readonly current: HTMLElement | null }): {
  readonly width: number;
  readonly height: number;
} {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const look = (): void => setSize({ width: current.clientWidth, height: current.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Drags what is zoomed; Ctrl and wheel zoom about the pointer, the wheel alone moves. */
function usePan({ first: { view, world } }: ReturnType<typeof layOut>, drawing: boolean) {
  const from = useRef<(Point & { readonly centre: Point }) | null>(null);
  const { panBy, zoomAbout } = useView.getState();
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const { zoom, centre } = useView.getState();
      if (zoom === 'fit' || drawing || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      from.current = { x: event.clientX, y: event.clientY, centre };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (from.current === null) return;
      const { x, y, centre } = from.current;
      useView.setState({
        centre: { x: centre.x - (event.clientX - x) / world.width, y: centre.y - (event.clientY - y) / world.height },
      });
    },
    onPointerUp: () => {
      from.current = null;
      panBy(0, 0);
    },
    onWheel: (event: React.WheelEvent<HTMLElement>) => {
      const box = event.currentTarget.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey)
        zoomAbout(event.deltaY < 0 ? 1 : -1, {
          x: (event.clientX - box.left - view.left - world.left) / world.width,
          y: (event.clientY - box.top - view.top - world.top) / world.height,
        });
      else panBy(event.deltaX / world.width, event.deltaY / world.height);
    },
  };
}
