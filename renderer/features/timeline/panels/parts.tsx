/** Small pieces that the panels share. */
import { type ReactNode, useEffect, useId, useState } from 'react';
import { CircleX, Minus, Plus } from '../../../ui/icons.ts';
import { cx, IconButton } from '../../../ui/index.ts';
import styles from './Panels.module.css';

export interface SectionProps {
  readonly title: string;
  /** At the right of the heading. */
  readonly aside?: ReactNode;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

export function Section({ title, aside, className, children }: SectionProps) {
  const id = useId();
  return (
    <section className={cx(styles.section, className)} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        <span className={styles.grow} />
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A name at the left, its value or control at the right. */
export function Field({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles.field}>
      <span>{label}</span>
      <span className={styles.value}>{children}</span>
    </div>
  );
}

/** What went wrong, in place. */
export function Refused({ children }: { readonly children: ReactNode }) {
  return (
    <div className={styles.refused} role="alert">
      <CircleX size={14} aria-hidden="true" />
      <span>{children}</span>
    </div>
  );
}

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: string;
  readonly disabled?: boolean;
  /** Called when the number is finished: Enter, leaving the field, or a press of − or +. */
  readonly onCommit: (value: number) => void;
  readonly onShorter?: () => void;
  readonly onLonger?: () => void;
}

/** A number that is typed, or stepped with − and +; out of range it goes to the nearest end. */
export function NumberField(props: NumberFieldProps) {
  const { label, value, min, max, step, unit, disabled = false, onCommit, onShorter, onLonger } = props;
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const commit = (next: number) => {
    const kept = Math.min(max, Math.max(min, next));
    if (Number.isFinite(kept) && kept !== value) onCommit(kept);
    else setText(String(value));
  };
  return (
    <span className={styles.number} data-stepper="">
      <IconButton
        label={`${label}: less`}
        icon={<Minus size={14} aria-hidden="true" />}
        disabled={disabled || value <= min}
        onClick={onShorter ?? (() => commit(value - step))}
      />
      <input
        inputMode="numeric"
        aria-label={`${label}, ${unit}`}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => commit(Number.parseFloat(text.replace(',', '.')))}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit(Number.parseFloat(text.replace(',', '.')));
          else if (event.key === 'Escape') setText(String(value));
          else if (event.key === 'ArrowUp') commit(value + step);
          else if (event.key === 'ArrowDown') commit(value - step);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <span className={styles.unit}>{unit}</span>
      <IconButton
        label={`${label}: more`}
        icon={<Plus size={14} aria-hidden="true" />}
        disabled={disabled || value >= max}
        onClick={onLonger ?? (() => commit(value + step))}
      />
    </span>
  );
}
