/** Over the picture, calmly: what changed under the reviewer, why nothing can be signed, that the host is silent. */
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { renderClip, useReview } from '../../stores/review.ts';
import { filmTake } from '../../stores/review-order.ts';
import { useShell } from '../../stores/shell.ts';
import { Info, X } from '../../ui/icons.ts';
import { Button, cx, IconButton } from '../../ui/index.ts';
import styles from './Review.module.css';
import { forbidden, unsignable } from './words.ts';

const SILENT =
  'The studio does not answer at the moment. What you see may be older; nothing is signed until it is back.';

export function Notice({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const gone = useShell((state) => state.host === 'restarting' || state.host === 'stopped');
  const silent = useReview((state) => state.silent) || gone;
  const notice = useReview((state) => state.notice);
  const person = usePerson((state) => state.person);
  const pending = useReview((state) => state.pending > 0);
  const kbd = useShownKey('review.filmTake');
  const why = take === null ? null : unsignable(clip, take);
  const may = forbidden(person, 'sign clips');
  const sentence = silent ? SILENT : (notice ?? why ?? may);
  if (sentence === null) return null;
  const film = filmTake(clip);
  const elsewhere = why !== null && film !== null && film.specHash !== take?.specHash;
  const lacking = why !== null && !elsewhere && clip.state !== 'queued' && clip.state !== 'rendering';
  return (
    <div
      className={cx(styles.notice, (silent || (notice === null && why === null)) && styles.calm)}
      data-testid="notice"
    >
      <Info size={16} aria-hidden="true" />
      <span>{sentence}</span>
      <span className={styles.grow} />
      {!silent && elsewhere && (
        <Button kbd={kbd} onClick={() => runCommand('review.filmTake')}>
          Look at take {film.number}
        </Button>
      )}
      {!silent && lacking && (
        <Button
          disabled={pending || forbidden(person, 'render clips') !== null}
          onClick={() => void renderClip(clip.clipId)}
        >
          Render it
        </Button>
      )}
      {!silent && notice !== null && (
        <IconButton
          label="Put away"
          icon={<X size={14} aria-hidden="true" />}
          onClick={() => useReview.setState({ notice: null })}
        />
      )}
    </div>
  );
}
