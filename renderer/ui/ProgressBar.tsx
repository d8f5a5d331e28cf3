import { X } from 'lucide-react';
import { cx } from './cx.ts';
import { IconButton } from './IconButton.tsx';
import styles from './ProgressBar.module.css';

export interface ProgressBarProps {
  /** 0..1, or null when nobody can know. */
  readonly fraction: number | null;
  /** What is being done, as a sentence; also the bar's name. */
  readonly sentence: string;
  readonly secondsLeft?: number | null;
  readonly onCancel?: () => void;
  /** One line: for the status line and table rows. */
  readonly compact?: boolean;
}

/** `40 s left`, `3 min left`, `2 h 10 min left`; rounded as one would say it. */
export function timeLeft(seconds: number): string {
  if (seconds < 5) return 'a moment left';
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min left`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h left` : `${Math.floor(minutes / 60)} h ${rest} min left`;
}

/** Long work: a bar, a sentence, a time left, and Cancel. */
export function ProgressBar({ fraction, sentence, secondsLeft = null, onCancel, compact = false }: ProgressBarProps) {
  const percent = fraction === null ? null : Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  const bar = (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={sentence}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': percent })}
    >
      <div
        className={cx(styles.fill, percent === null && styles.unknown)}
        style={percent === null ? undefined : { transform: `scaleX(${percent / 100})` }}
      />
    </div>
  );
  const left = secondsLeft === null ? null : <span className={styles.left}>{timeLeft(secondsLeft)}</span>;
  const cancel = onCancel !== undefined && (
    <IconButton
      label="Cancel"
      side="top"
      className={styles.cancel}
      icon={<X size={12} aria-hidden="true" />}
      onClick={onCancel}
    />
  );
  return (
    <div className={cx(styles.root, compact && styles.compact)}>
      <div className={styles.words}>
        <span className={styles.sentence}>{sentence}</span>
        {!compact && left}
        {!compact && cancel}
      </div>
      {bar}
      {compact && left}
      {compact && cancel}
    </div>
  );
}
