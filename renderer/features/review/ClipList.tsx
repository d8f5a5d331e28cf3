/** The clips of the film with where each stands, and what was signed last. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import type { ReviewClip } from '../../../main/host/review-contract.ts';
import { openClip, useReview, useReviewProgress } from '../../stores/review.ts';
import { type ClipFilter, filmTake, isToDo, listedClips } from '../../stores/review-order.ts';
import { Button, Chip, cx, Segmented } from '../../ui/index.ts';
import styles from './ClipList.module.css';
import { clipWords } from './words.ts';

/** Pixels. */
const ROW = 68;
const NONE: readonly ReviewClip[] = [];

export function ClipList({ listingId }: { readonly listingId: string }) {
  const clips = useReview((state) => state.document?.clips ?? NONE);
  const filter = useReview((state) => state.filter);
  const opened = useReview((state) => state.clipId);
  const scroller = useRef<HTMLDivElement>(null);
  const listed = useMemo(() => listedClips(clips, filter), [clips, filter]);
  const virtual = useVirtualizer({
    count: listed.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => listed[index]?.clipId ?? index,
    overscan: 6,
  });
  const at = listed.findIndex((clip) => clip.clipId === opened);
  const scroll = useRef(virtual.scrollToIndex);
  scroll.current = virtual.scrollToIndex;
  useEffect(() => {
    if (at === -1) return;
    const holds = scroller.current?.contains(document.activeElement) === true;
    scroll.current(at, { align: 'auto' });
    if (!holds) return;
    const frame = requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus({ preventScroll: true }),
    );
    return () => cancelAnimationFrame(frame);
  }, [at]);
  const todo = clips.filter(isToDo).length;
  const signed = clips.filter((clip) => clip.review !== 'pending').length;
  return (
    <nav className={styles.list} aria-label="Clips" data-region="clips">
      <div className={styles.filter}>
        <Segmented<ClipFilter>
          label="Clips shown"
          value={filter}
          options={[
            { value: 'todo', label: 'To review', count: todo },
            { value: 'signed', label: 'Signed', count: signed },
            { value: 'all', label: 'All' },
          ]}
          onChange={(next) => useReview.setState({ filter: next })}
        />
      </div>
      {listed.length === 0 && (
        <p className={styles.none}>{filter === 'todo' ? 'Nothing waits for a review.' : 'Nothing is signed yet.'}</p>
      )}
      <div ref={scroller} className={styles.scroller}>
        <div
          role="listbox"
          aria-label="Clips of the film"
          className={styles.space}
          style={{ height: virtual.getTotalSize() }}
          tabIndex={at === -1 ? 0 : -1}
        >
          {virtual.getVirtualItems().map((row) => {
            const clip = listed[row.index];
            return clip === undefined ? null : (
              <Row
                key={row.key}
                listingId={listingId}
                clip={clip}
                top={row.start}
                on={clip.clipId === opened}
                place={row.index + 1}
                of={listed.length}
              />
            );
          })}
        </div>
      </div>
      <Signed />
    </nav>
  );
}

/** Who signed what and when. It cannot be undone; the way back leads to a new signature. */
function Signed() {
  const signed = useReview((state) => state.signed);
  if (signed === null) return null;
  return (
    <div className={styles.signed} data-testid="signed">
      <p>{signed.sentence}</p>
      <p className={styles.more}>It stays in the history; a new signature supersedes it.</p>
      <Button onClick={() => openClip(signed.clipId)}>Back to it</Button>
    </div>
  );
}

const Row = memo(function Row({
  listingId,
  clip,
  top,
  on,
  place,
  of,
}: {
  readonly listingId: string;
  readonly clip: ReviewClip;
  readonly top: number;
  readonly on: boolean;
  readonly place: number;
  readonly of: number;
}) {
  const part = useReviewProgress(({ byClip }) => byClip.get(clip.clipId));
  const { words, tone } = clipWords(clip, part);
  const take = filmTake(clip) ?? clip.takes.at(-1);
  const notes = clip.notes.filter((note) => note.resolved === null).length;
  const number = take === undefined ? '' : `take ${take.number}`;
  const noted = notes === 0 ? '' : notes === 1 ? '1 note' : `${notes} notes`;
  const more = [number, noted].filter((part) => part !== '').join(', ');
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are commands of the table, which work on the whole screen
    <div
      role="option"
      data-clip={clip.clipId}
      data-review={clip.review}
      aria-selected={on}
      aria-setsize={of}
      aria-posinset={place}
      aria-label={`${clip.index + 1}. ${clip.room}, ${words}${more === '' ? '' : `, ${more}`}`}
      tabIndex={on ? 0 : -1}
      className={cx(styles.row, on && styles.on)}
      style={{ transform: `translateY(${top}px)`, height: ROW }}
      onClick={() => openClip(clip.clipId)}
    >
      <img src={mediaUrl(listingId, clip.photoId, '320')} alt="" loading="lazy" decoding="async" draggable={false} />
      <span className={styles.words}>
        <span className={styles.room}>
          <span className={styles.name}>
            <span className={styles.index}>{clip.index + 1}</span>
            {clip.room}
          </span>
          <span className={styles.more}>{noted}</span>
        </span>
        <span className={styles.state}>
          <Chip tone={tone}>{words}</Chip>
          <span className={styles.more}>{number}</span>
        </span>
      </span>
    </div>
  );
});
