/** All tries of one clip, the newest first; one of them is what the film shows. */
import type { ClipRender, TakeView } from '../../../main/host/review-contract.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { useMay } from '../../stores/person.ts';
import { useRenders } from '../../stores/renders.ts';
import { Button, Chip, cx } from '../../ui/index.ts';
import { formatBytes } from '../settings/format.ts';
import styles from './Details.module.css';
import { inWords, RENDERER_NAMES_SHOWN, spentWords, whenWords } from './words.ts';

export interface TakesProps {
  readonly clip: ClipRender;
  readonly shown: TakeView | null;
}

export function Takes({ clip, shown }: TakesProps) {
  const kbd = useShownKey('take.choose');
  const may = useMay('render clips');
  if (clip.takes.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="takes-title">
      <h3 id="takes-title">{clip.takes.length === 1 ? 'Take' : `${clip.takes.length} takes`}</h3>
      <ul className={styles.takes}>
        {clip.takes.toReversed().map((take) => (
          <li key={take.specHash}>
            <button
              type="button"
              className={cx(styles.take, take.specHash === shown?.specHash && styles.takeOn)}
              aria-pressed={take.specHash === shown?.specHash}
              onClick={() => useRenders.setState({ take: take.specHash })}
            >
              <span className={styles.takeTop}>
                <b>Take {take.number}</b>
                {take.current && (
                  <Chip tone="you" icon={null}>
                    Current
                  </Chip>
                )}
                <Chip tone={take.verdict}>
                  {take.verdict === 'pass' ? 'Passed' : 'Failed'} {take.validationScore.toFixed(2)}
                </Chip>
                {take.file !== 'present' && (
                  <Chip tone="fail">{take.file === 'missing' ? 'File missing' : 'File altered'}</Chip>
                )}
                <span className={styles.when}>{whenWords(take.at)}</span>
              </span>
              <span className={styles.takeFacts}>
                {inWords(take.motion)} · {RENDERER_NAMES_SHOWN[take.renderer]} · amount {take.amount.toFixed(2)} · seed{' '}
                {take.seed}
              </span>
              <span className={styles.takeFacts}>
                {take.width} × {take.height} · {take.frames} frames · {spentWords(take.renderSeconds)} to render ·{' '}
                {formatBytes(take.bytes)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown !== null && !shown.current && (
        <div className={styles.row}>
          <Button
            kbd={kbd}
            disabled={!may || shown.file !== 'present'}
            title={shown.file === 'present' ? undefined : 'Its file is not the one that was rendered.'}
            onClick={() => runCommand('take.choose')}
          >
            Make take {shown.number} the current one
          </Button>
        </div>
      )}
    </section>
  );
}
