import { cx } from '../../ui/index.ts';
import styles from './ListingCard.module.css';
import type { PhaseView } from './phases.ts';

/** Four steps with a word. Done, under way, failed and to do differ in shape, not only in colour. */
export function PhaseSteps({ view }: { readonly view: PhaseView }) {
  return (
    <span className={styles.phase}>
      <span className={styles.steps} role="img" aria-label={view.spoken} title={view.spoken}>
        {view.steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: always the same four, in order
          <span key={at} className={cx(styles.step, styles[step])} />
        ))}
      </span>
      <span className={styles.words}>{view.words}</span>
    </span>
  );
}
