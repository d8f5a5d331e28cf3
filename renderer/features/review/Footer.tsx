/** Under the picture: the exact frame, the transport, and the three decisions. */
import { useEffect, useRef } from 'react';
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { frameToSeconds, timecode } from '../../../pipeline/time.ts';
import { CommandButton, useShownKey } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { useReview } from '../../stores/review.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import { Check, CircleAlert, CircleX, Pause, Play, Repeat, StepBack, StepForward } from '../../ui/icons.ts';
import { Button, Chip, cx } from '../../ui/index.ts';
import { decide } from './actions.ts';
import styles from './Review.module.css';
import { useReel } from './reel.ts';
import { forbidden, REVIEW_SHOWN, unsignable } from './words.ts';

export function Footer({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const playing = useReel((state) => state.rate !== 0);
  const rate = useReel((state) => state.rate);
  const loop = useReel((state) => state.loop);
  const range = useReel((state) => state.range);
  return (
    <div className={styles.footer}>
      <FrameNumber take={take} />
      <span className={styles.transport}>
        <CommandButton command="review.frameBack" iconOnly icon={<StepBack size={16} aria-hidden="true" />} />
        <CommandButton
          command="review.play"
          iconOnly
          label={playing ? 'Pause' : 'Play'}
          icon={playing ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
        />
        <CommandButton command="review.frameOn" iconOnly icon={<StepForward size={16} aria-hidden="true" />} />
        <CommandButton command="review.loop" iconOnly pressed={loop} icon={<Repeat size={16} aria-hidden="true" />} />
        {(rate !== 0 && rate !== 1) || range !== null ? (
          <span className={styles.quiet}>
            {rate !== 0 && rate !== 1 ? `${rate}× ` : ''}
            {range === null ? '' : `${range.first}–${range.last}`}
          </span>
        ) : null}
      </span>
      <span className={styles.grow} />
      <Decide clip={clip} take={take} />
    </div>
  );
}

/** The number of the frame on the canvas: written by the playhead, not by React. */
function FrameNumber({ take }: { readonly take: TakeView | null }) {
  const number = useRef<HTMLSpanElement>(null);
  const time = useRef<HTMLSpanElement>(null);
  const seconds = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const draw = (): void => {
      const { frame } = reviewPlayhead;
      if (number.current !== null) number.current.textContent = frame < 0 ? '–' : String(frame);
      if (time.current !== null)
        time.current.textContent = frame < 0 || take === null ? '' : timecode(frame, take.frameRate);
      if (seconds.current !== null)
        seconds.current.textContent =
          frame < 0 || take === null ? '' : `${frameToSeconds(frame, take.frameRate).toFixed(2)} s`;
    };
    draw();
    return reviewPlayhead.subscribe(draw);
  }, [take]);
  return (
    <span className={styles.frame} title="Frames count from 0">
      <span ref={number} className={styles.frameNumber} data-testid="frame-number" />
      <span className={styles.frameOf}>
        <span>of {take?.frames ?? 0}</span>
        <span>
          <span ref={time} data-testid="timecode" />
          <span ref={seconds} className={styles.seconds} />
        </span>
      </span>
    </span>
  );
}

function Decide({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const person = usePerson((state) => state.person);
  const pending = useReview((state) => state.pending > 0);
  const shown = useReel((state) => take !== null && state.shown === take.specHash);
  const kbd = { a: useShownKey('review.approve'), e: useShownKey('review.changes'), r: useShownKey('review.reject') };
  const why = forbidden(person, 'sign clips') ?? unsignable(clip, take);
  const off = why !== null || pending || !shown;
  const state = REVIEW_SHOWN[clip.review];
  const title = why === null ? {} : { title: why };
  return (
    <fieldset className={styles.decide} aria-label="Decide" data-region="decide">
      {why === null && (
        <Chip tone={state.tone} className={styles.state}>
          {state.words}
        </Chip>
      )}
      <Button
        className={cx(styles.approve)}
        kbd={kbd.a}
        disabled={off}
        icon={<Check size={14} aria-hidden="true" />}
        onClick={() => decide('approved')}
        {...title}
      >
        Approve
      </Button>
      <Button
        kbd={kbd.e}
        disabled={off}
        icon={<CircleAlert size={14} aria-hidden="true" />}
        onClick={() => decide('changes_requested')}
        {...title}
      >
        Changes
      </Button>
      <Button
        className={cx(styles.reject)}
        kbd={kbd.r}
        disabled={off}
        icon={<CircleX size={14} aria-hidden="true" />}
        onClick={() => decide('rejected')}
        {...title}
      >
        Reject
      </Button>
    </fieldset>
  );
}
