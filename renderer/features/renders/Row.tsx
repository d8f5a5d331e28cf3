/** One clip as a row. Drawn again only when this clip changes, is chosen, or moves on. */
import { type MouseEvent, memo, useState } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { type ClipRender, clipUrl, STRIP_FRAMES } from '../../../main/host/review-contract.ts';
import { useRenderProgress, useRenders } from '../../stores/renders.ts';
import { Chip, cx, timeLeft } from '../../ui/index.ts';
import styles from './Renders.module.css';
import {
  aboutWords,
  countWords,
  currentTake,
  inWords,
  RENDERER_NAMES_SHOWN,
  REVIEW_WORDS,
  rowLabel,
  stateWords,
} from './words.ts';

export interface RowProps {
  readonly listingId: string;
  readonly clip: ClipRender;
  readonly top: number;
  readonly height: number;
  readonly of: number;
  readonly onChoose: (event: MouseEvent, clipId: string) => void;
}

export const Row = memo(
  function Row({ listingId, clip, top, height, of, onChoose }: RowProps) {
    const focused = useRenders((state) => state.focus === clip.clipId);
    const selected = useRenders((state) => state.selected.has(clip.clipId));
    const take = currentTake(clip);
    const review = REVIEW_WORDS[clip.review];
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: keys are commands of the table, which work on the whole screen
      <div
        role="option"
        data-clip={clip.clipId}
        data-state={clip.state}
        aria-selected={selected}
        aria-setsize={of}
        aria-posinset={clip.index + 1}
        aria-label={rowLabel(clip)}
        tabIndex={focused ? 0 : -1}
        className={cx(styles.row, selected && styles.selected, focused && styles.focused)}
        style={{ transform: `translateY(${top}px)`, height }}
        onClick={(event) => onChoose(event, clip.clipId)}
      >
        <Picture listingId={listingId} clip={clip} />
        <span className={styles.clip}>
          <span className={styles.room}>
            <span className={styles.index}>{clip.index + 1}</span>
            {clip.room}
          </span>
          <span className={styles.motion}>
            {inWords(clip.motion)} · {RENDERER_NAMES_SHOWN[clip.renderer]}
          </span>
        </span>
        <State clip={clip} />
        <span className={styles.checks}>
          {take === null ? (
            <span className={styles.quiet}>–</span>
          ) : (
            <>
              <Chip tone={take.verdict}>
                {take.verdict === 'pass' ? 'Passed' : 'Failed'} {take.validationScore.toFixed(2)}
              </Chip>
              <span className={styles.quiet}>{countWords(clip.takes.length, 'take')}</span>
            </>
          )}
        </span>
        <span>
          {take === null ? <span className={styles.quiet}>–</span> : <Chip tone={review.tone}>{review.words}</Chip>}
        </span>
        <span className={cx(styles.quiet, styles.right)}>
          {clip.estimateSeconds === null ? '–' : aboutWords(clip.estimateSeconds)}
        </span>
      </div>
    );
  },
  (a, b) => a.clip === b.clip && a.top === b.top && a.height === b.height && a.of === b.of,
);

function State({ clip }: { readonly clip: ClipRender }) {
  const { words, tone } = stateWords(clip);
  if (clip.state === 'rendering') return <Running clipId={clip.clipId} />;
  return (
    <span className={styles.state}>
      <Chip tone={tone}>{words}</Chip>
      {clip.error !== null && (
        <span className={styles.failReason} title={clip.error.message}>
          {clip.error.message}
        </span>
      )}
      {clip.error === null && clip.downgradeReason !== null && (
        <span className={styles.downgrade} title={clip.downgradeReason}>
          {clip.downgradeReason}
        </span>
      )}
    </span>
  );
}

/** The bar of one clip: it alone is drawn at each step. */
function Running({ clipId }: { readonly clipId: string }) {
  const progress = useRenderProgress(({ byClip }) => byClip.get(clipId) ?? null);
  const part = Math.min(1, Math.max(0, progress?.fraction ?? 0));
  const sentence = progress?.sentence ?? 'Rendering';
  return (
    <span className={styles.state}>
      <span className={styles.running}>
        <span className={styles.sentence}>{sentence}</span>
        <span className={styles.quiet}>
          {progress?.secondsLeft === undefined ? `${Math.round(part * 100)} %` : timeLeft(progress.secondsLeft)}
        </span>
      </span>
      <span className={styles.bar} data-testid="clip-progress" data-fraction={part.toFixed(3)}>
        <span style={{ transform: `scaleX(${part})` }} />
      </span>
    </span>
  );
}

/** The photo; with a take, the pointer runs through its frames. */
function Picture({ listingId, clip }: { readonly listingId: string; readonly clip: ClipRender }) {
  const take = currentTake(clip);
  const [frame, setFrame] = useState<number | null>(null);
  const strip = take === null ? null : clipUrl(listingId, clip.clipId, take.specHash, 'strip.jpg');
  return (
    <span
      className={styles.picture}
      aria-hidden="true"
      onPointerMove={(event) => {
        if (strip === null) return;
        const { left, width } = event.currentTarget.getBoundingClientRect();
        setFrame(Math.min(STRIP_FRAMES - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * STRIP_FRAMES))));
      }}
      onPointerLeave={() => setFrame(null)}
    >
      <img src={mediaUrl(listingId, clip.photoId, '320')} alt="" loading="lazy" decoding="async" draggable={false} />
      {strip !== null && frame !== null && (
        <span
          className={styles.strip}
          style={{
            backgroundImage: `url("${strip}")`,
            backgroundSize: `${STRIP_FRAMES * 100}% 100%`,
            backgroundPosition: `${(frame / (STRIP_FRAMES - 1)) * 100}% 0`,
          }}
        />
      )}
    </span>
  );
}
