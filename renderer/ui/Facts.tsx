import type { ReactNode } from 'react';
import styles from './Facts.module.css';

/** Names and values in two columns. */
export function KeyValue({ rows }: { readonly rows: readonly { readonly name: string; readonly value: ReactNode }[] }) {
  return (
    <dl className={styles.facts}>
      {rows.map((row) => (
        <div key={row.name} className={styles.fact}>
          <dt>{row.name}</dt>
          <dd>{row.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface MeterProps {
  readonly label: string;
  /** 0..1 */
  readonly value: number;
  /** The value as shown; two decimals unless given. */
  readonly text?: string;
}

/** A score between 0 and 1 on a line. */
export function Meter({ label, value, text }: MeterProps) {
  const part = Math.min(1, Math.max(0, value));
  const shown = text ?? part.toFixed(2);
  return (
    <div className={styles.meter}>
      <span className={styles.name}>{label}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn the same in both themes */}
      <div
        className={styles.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={part}
        aria-valuetext={shown}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${part})` }} />
      </div>
      <span className={styles.value}>{shown}</span>
    </div>
  );
}
