/**
 * The take as a strip of frames: what the film shows of it, findings above, notes below, the range and the playhead.
 * Each frame has its own column; the playhead moves by style alone.
 */
import { type CSSProperties, type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { clipUrl, type ReviewClip, STRIP_FRAMES, type TakeView } from '../../../main/host/review-contract.ts';
import { findingsOf } from '../../../pipeline/review.ts';
import { timecode } from '../../../pipeline/time.ts';
import { frameWords, useReview } from '../../stores/review.ts';
import { listedNotes } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import { cx } from '../../ui/index.ts';
import { beginNote } from './actions.ts';
import { reel, useReel } from './reel.ts';
import styles from './Strip.module.css';
import { frameValue } from './words.ts';

export interface StripProps {
  readonly listingId: string;
  readonly clip: ReviewClip;
  readonly take: TakeView;
}

const span = (first: number, last: number, frames: number): CSSProperties => ({
  left: `${(100 * first) / frames}%`,
  width: `${(100 * (last - first + 1)) / frames}%`,
});

function frameUnder(event: PointerEvent<HTMLElement>, frames: number): number {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(frames - 1, Math.max(0, Math.floor(((event.clientX - box.left) / Math.max(1, box.width)) * frames)));
}

export function Strip({ listingId, clip, take }: StripProps) {
  const range = useReel((state) => state.range);
  const draft = useReview((state) => (state.draft?.specHash === take.specHash ? state.draft : null));
  const { frames } = take;
  const { first, last } = clip.usedFrames;
  const notes = listedNotes(clip.notes, { takes: 'this', state: 'any' }, take.specHash);
  const findings = take.current ? clip.findings : findingsOf(take.figures, take.reasons, take.frames);
  const strip = take.file === 'present' ? clipUrl(listingId, clip.clipId, take.specHash, 'strip.jpg') : null;
  return (
    <div className={styles.strip} data-region="strip">
      <div className={styles.lane} data-testid="finding-marks">
        {findings.map((finding) => (
          <button
            type="button"
            tabIndex={-1}
            key={`${finding.figure} ${finding.firstFrame} ${finding.lastFrame}`}
            className={cx(styles.finding, finding.severity === 'fail' && styles.fails)}
            style={span(finding.firstFrame, finding.lastFrame, frames)}
            title={`${finding.sentence} (${frameWords(finding.firstFrame, finding.lastFrame)})`}
            aria-label={`Finding on ${frameWords(finding.firstFrame, finding.lastFrame)}: ${finding.sentence}`}
            onClick={() => reel.seek(finding.firstFrame)}
          />
        ))}
      </div>
      <Track take={take}>
        {strip !== null && <Pictures strip={strip} aspect={take.width / take.height} />}
        {first > 0 && <span className={styles.unused} style={span(0, first - 1, frames)} />}
        {last < frames - 1 && <span className={styles.unused} style={span(last + 1, frames - 1, frames)} />}
        <span className={styles.used} style={span(first, last, frames)} />
        {range !== null && <span className={styles.range} style={span(range.first, range.last, frames)} />}
      </Track>
      <NoteLane take={take}>
        {notes.map((note) => (
          <button
            type="button"
            tabIndex={-1}
            key={note.id}
            className={cx(styles.note, note.resolved !== null && styles.resolved)}
            style={span(note.inFrame, note.outFrame, frames)}
            title={`${note.text === '' ? 'Drawing' : note.text} (${frameWords(note.inFrame, note.outFrame)})`}
            aria-label={`Note on ${frameWords(note.inFrame, note.outFrame)}${note.resolved === null ? '' : ', resolved'}`}
            onClick={() => reel.seek(note.inFrame)}
          />
        ))}
        {draft !== null && <span className={styles.draft} style={span(draft.inFrame, draft.outFrame, frames)} />}
      </NoteLane>
    </div>
  );
}

/** Pixels. */
const HEIGHT = 64;

/** As many pictures of the strip as fit without being squeezed, each from the middle of its part of the take. */
function Pictures({ strip, aspect }: { readonly strip: string; readonly aspect: number }) {
  const box = useRef<HTMLSpanElement>(null);
  const [count, setCount] = useState(0);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    const look = (): void =>
      setCount(Math.min(STRIP_FRAMES, Math.max(1, Math.round(current.clientWidth / (HEIGHT * aspect)))));
    look();
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => observer.disconnect();
  }, [aspect]);
  const places = Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * STRIP_FRAMES) / count));
  return (
    <span ref={box} className={styles.pictures} aria-hidden="true">
      {places.map((place) => (
        <span
          key={place}
          style={{
            backgroundImage: `url("${strip}")`,
            backgroundPosition: `${(100 * place) / (STRIP_FRAMES - 1)}% 0`,
            backgroundSize: `${STRIP_FRAMES * 100}% 100%`,
          }}
        />
      ))}
    </span>
  );
}

/** The pictures: pressing and dragging scrubs. */
function Track({ take, children }: { readonly take: TakeView; readonly children: React.ReactNode }) {
  const head = useRef<HTMLSpanElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const { frames, frameRate } = take;
  useEffect(() => {
    const draw = (): void => {
      const { frame } = reviewPlayhead;
      if (head.current === null || slider.current === null) return;
      head.current.style.visibility = frame < 0 ? 'hidden' : 'visible';
      if (frame < 0) return;
      head.current.style.left = `${(100 * frame) / frames}%`;
      slider.current.setAttribute('aria-valuenow', String(frame));
      slider.current.setAttribute('aria-valuetext', `${frameValue(frame, frames)}, ${timecode(frame, frameRate)}`);
    };
    draw();
    return reviewPlayhead.subscribe(draw);
  }, [frames, frameRate]);
  const scrub = (event: PointerEvent<HTMLDivElement>): void => reel.seek(frameUnder(event, frames));
  return (
    <div
      ref={slider}
      className={styles.track}
      role="slider"
      aria-label="Frame"
      aria-valuemin={0}
      aria-valuemax={frames - 1}
      aria-valuenow={0}
      data-keys="pass"
      data-testid="strip"
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        reel.pause();
        scrub(event);
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && scrub(event)}
    >
      {children}
      <span ref={head} className={styles.head} style={{ width: `${100 / frames}%` }} />
    </div>
  );
}

/** Under the pictures: a drag marks the frames of a new note, a press one frame. */
function NoteLane({ take, children }: { readonly take: TakeView; readonly children: React.ReactNode }) {
  const from = useRef<number | null>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const end = (): void => {
    const dragged = drag;
    from.current = null;
    setDrag(null);
    if (dragged !== null) beginNote({ first: dragged[0], last: dragged[1] });
  };
  return (
    <div
      className={cx(styles.lane, styles.notes)}
      title="Drag for a note on these frames"
      data-testid="note-lane"
      onPointerDown={(event) => {
        if (event.target !== event.currentTarget || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const frame = frameUnder(event, take.frames);
        from.current = frame;
        setDrag([frame, frame]);
        reel.pause();
      }}
      onPointerMove={(event) => {
        const start = from.current;
        if (start === null) return;
        const frame = frameUnder(event, take.frames);
        setDrag([Math.min(start, frame), Math.max(start, frame)]);
        reel.seek(frame);
      }}
      onPointerUp={end}
      onPointerCancel={() => {
        from.current = null;
        setDrag(null);
      }}
    >
      {children}
      {drag !== null && <span className={styles.draft} style={span(drag[0], drag[1], take.frames)} />}
    </div>
  );
}
