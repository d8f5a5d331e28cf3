/** The takes of the clip: which one is looked at, which one the film shows, and another try. */
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { lookAtTake, renderClip, renderTakeAgain, useReview } from '../../stores/review.ts';
import { Button, Chip, cx } from '../../ui/index.ts';
import { AgainFields } from '../renders/AgainFields.tsx';
import { inWords, RENDERER_NAMES_SHOWN, whenWords } from '../renders/words.ts';
import styles from './Panel.module.css';
import { forbidden } from './words.ts';

export function Takes({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const kbd = useShownKey('review.choose');
  const person = usePerson((state) => state.person);
  const pending = useReview((state) => state.pending > 0);
  const why = forbidden(person, 'render clips');
  return (
    <section className={styles.section} aria-labelledby="takes-title">
      <h3 id="takes-title">Takes</h3>
      {clip.takes.length === 0 && (
        <>
          <p className={styles.quiet}>Nothing is rendered of this clip yet.</p>
          <div className={styles.row}>
            <Button
              disabled={why !== null || pending || clip.state === 'queued' || clip.state === 'rendering'}
              onClick={() => void renderClip(clip.clipId)}
            >
              {clip.state === 'queued' ? 'Queued' : clip.state === 'rendering' ? 'Rendering' : 'Render it'}
            </Button>
          </div>
        </>
      )}
      <ul className={styles.items}>
        {clip.takes.toReversed().map((one) => (
          <li key={one.specHash}>
            <button
              type="button"
              className={cx(styles.item, styles.take, one.specHash === take?.specHash && styles.on)}
              aria-pressed={one.specHash === take?.specHash}
              onClick={() => lookAtTake(one.specHash)}
            >
              <span className={styles.itemWords}>
                <span className={styles.takeTop}>
                  <b>Take {one.number}</b>
                  {one.current && (
                    <Chip tone="you" icon={null}>
                      In the film
                    </Chip>
                  )}
                  <Chip tone={one.verdict}>{one.validationScore.toFixed(2)}</Chip>
                  {one.file !== 'present' && (
                    <Chip tone="fail">{one.file === 'missing' ? 'File missing' : 'File altered'}</Chip>
                  )}
                </span>
                <span className={styles.quiet}>
                  {inWords(one.motion)} · {RENDERER_NAMES_SHOWN[one.renderer]} · amount {one.amount.toFixed(2)} · seed{' '}
                  {one.seed} · {whenWords(one.at)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {take !== null && !take.current && (
        <div className={styles.row}>
          <Button
            kbd={kbd}
            disabled={why !== null || pending || take.file !== 'present'}
            {...(why === null ? {} : { title: why })}
            onClick={() => runCommand('review.choose')}
          >
            Put take {take.number} in the film
          </Button>
        </div>
      )}
      <fieldset className={styles.again} id="review-again" aria-label="Render again with">
        <AgainFields
          key={`${clip.clipId} ${clip.motion} ${clip.renderer} ${clip.amount} ${clip.seed}`}
          clip={clip}
          pending={pending}
          row={styles.row}
          onAgain={(clipId, changes) => void renderTakeAgain(clipId, changes)}
        />
      </fieldset>
    </section>
  );
}
