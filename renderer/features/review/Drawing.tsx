/**
 * Marks over the frame: those of notes about it, and those being drawn. Points are parts of the picture, the path is
 * the report's own, so a mark lies on the same spot at every size.
 */
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { create } from 'zustand';
import type { Mark, ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { MARK_COLOURS, MARK_HEAD, MARK_LINE, markPath } from '../../../main/host/review-marks.ts';
import { useReview } from '../../stores/review.ts';
import { covers } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import styles from './Stage.module.css';

export const TOOLS = ['pen', 'arrow', 'rectangle', 'ellipse'] as const;
export const COLOURS = ['red', 'yellow', 'white'] as const;
export const useTool = create<{ readonly tool: Mark['tool']; readonly colour: Mark['colour'] }>(() => ({
  tool: 'pen',
  colour: 'red',
}));

/** A mark may have so many points; a pen's line is thinned to them. */
const MOST_POINTS = 2_000;
/** Parts of the picture that an arrow key moves the cross by, and with Shift. */
const NUDGE = 0.01;
const NUDGE_FAR = 0.05;

export function Drawing({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView }) {
  const draft = useReview((state) => (state.draft?.specHash === take.specHash ? state.draft : null));
  const visible = useSyncExternalStore(reviewPlayhead.subscribe, () =>
    clip.notes
      .filter((note) => note.specHash === take.specHash && note.marks.length > 0 && note.resolved === null)
      .filter((note) => covers(note, reviewPlayhead.frame))
      .map((note) => note.id)
      .join(' '),
  );
  const onDraft = useSyncExternalStore(
    reviewPlayhead.subscribe,
    () => draft !== null && covers(draft, reviewPlayhead.frame),
  );
  const notes = clip.notes.filter((note) => visible.split(' ').includes(note.id));
  const { width, height } = take;
  return (
    <>
      <svg className={styles.marks} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {notes.map((note) => (
          <Shapes key={note.id} marks={note.marks} width={width} height={height} />
        ))}
        {onDraft && draft !== null && <Shapes marks={draft.marks} width={width} height={height} />}
      </svg>
      {draft?.drawing === true && onDraft && <Pad width={width} height={height} />}
    </>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function Shapes({ marks, ...size }: Size & { readonly marks: readonly Mark[] }) {
  return marks.map((mark) => (
    <Shape
      key={JSON.stringify([mark.tool, mark.colour, mark.points[0], mark.points.at(-1), mark.points.length])}
      mark={mark}
      {...size}
    />
  ));
}

function Shape({ mark, width, height }: { readonly mark: Mark; readonly width: number; readonly height: number }) {
  const side = Math.max(width, height);
  const line = Math.max(2, side * MARK_LINE);
  const d = markPath(mark, width, height, side * MARK_HEAD);
  return (
    <g fill="none" strokeLinecap="round" strokeLinejoin="round" data-mark={mark.tool}>
      <path d={d} stroke="rgb(0 0 0 / 60%)" strokeWidth={line * 2} />
      <path d={d} stroke={MARK_COLOURS[mark.colour]} strokeWidth={line} />
    </g>
  );
}

type Spot = readonly [number, number];
const within = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;

/** Where pointer and keys draw: arrows move a cross, Space begins and ends a mark. */
function Pad({ width, height }: { readonly width: number; readonly height: number }) {
  const pad = useRef<HTMLDivElement>(null);
  const [points, setPoints] = useState<readonly Spot[]>([]);
  const [cross, setCross] = useState<Spot | null>(null);
  const pointing = useRef(false);
  const { tool, colour } = useTool();
  useEffect(() => pad.current?.focus({ preventScroll: true }), []);

  const spotOf = (event: PointerEvent): Spot | null => {
    const box = pad.current?.getBoundingClientRect();
    if (box === undefined) return null;
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  };
  const going = (before: readonly Spot[], spot: Spot): readonly Spot[] => {
    const first = before[0];
    if (first === undefined) return [spot];
    if (tool !== 'pen') return [first, spot];
    const last = before.at(-1);
    return last !== undefined && last[0] === spot[0] && last[1] === spot[1] ? before : [...before, spot];
  };
  const finish = (all: readonly Spot[]): void => {
    setPoints([]);
    if (all.length < 2) return;
    const step = Math.ceil(all.length / MOST_POINTS);
    const kept = all
      .filter((_, at) => at % step === 0 || at === all.length - 1)
      .map(([x, y]): [number, number] => [x, y]);
    const mark: Mark = { tool, colour, points: kept };
    useReview.setState(({ draft }) => (draft === null ? {} : { draft: { ...draft, marks: [...draft.marks, mark] } }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? NUDGE_FAR : NUDGE;
    const way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
    const at = cross ?? [0.5, 0.5];
    if (way !== undefined) {
      const spot: Spot = [within(at[0] + (way[0] ?? 0)), within(at[1] + (way[1] ?? 0))];
      setCross(spot);
      if (points.length > 0) setPoints(going(points, spot));
    } else if (event.key === ' ') {
      if (points.length === 0) {
        setCross(at);
        setPoints([at]);
      } else finish(points);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={pad}
      role="application"
      aria-label="Drawing: arrows move the cross, Space begins and ends a mark, Enter saves the note"
      aria-roledescription="drawing"
      data-keys="pass"
      data-testid="pad"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is drawn on by keys
      tabIndex={0}
      className={styles.pad}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        const spot = spotOf(event);
        if (spot === null || event.button !== 0) return;
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        pointing.current = true;
        setCross(null);
        setPoints([spot]);
      }}
      onPointerMove={(event) => {
        const spot = spotOf(event);
        if (pointing.current && spot !== null) setPoints((before) => going(before, spot));
      }}
      onPointerUp={() => {
        if (!pointing.current) return;
        pointing.current = false;
        finish(points);
      }}
      onPointerCancel={() => {
        pointing.current = false;
        setPoints([]);
      }}
    >
      <svg className={styles.marks} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {points.length > 1 && (
          <Shape
            mark={{ tool, colour, points: points.map(([x, y]): [number, number] => [x, y]) }}
            width={width}
            height={height}
          />
        )}
        {cross !== null && (
          <path
            d={`M${cross[0] * width - 24} ${cross[1] * height}h48M${cross[0] * width} ${cross[1] * height - 24}v48`}
            stroke={MARK_COLOURS[colour]}
            strokeWidth={3}
            fill="none"
          />
        )}
      </svg>
    </div>
  );
}
