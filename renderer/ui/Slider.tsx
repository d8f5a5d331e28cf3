import { Slider as Radix } from 'radix-ui';
import styles from './Slider.module.css';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
  /** Called once when the drag or key ends: the moment to store it. */
  readonly onCommit?: (value: number) => void;
  /** The value in words for a screen reader, such as `3.5 seconds`. */
  readonly valueText?: (value: number) => string;
  readonly disabled?: boolean;
}

/** One number on a line; arrows move by `step`, Page keys by ten of them. */
export function Slider({ label, value, min, max, step = 1, onChange, onCommit, valueText, disabled }: SliderProps) {
  return (
    <Radix.Root
      className={styles.root}
      value={[value]}
      min={min}
      max={max}
      step={step}
      disabled={disabled ?? false}
      onValueChange={([next]) => next !== undefined && onChange(next)}
      onValueCommit={([next]) => next !== undefined && onCommit?.(next)}
    >
      <Radix.Track className={styles.track}>
        <Radix.Range className={styles.range} />
      </Radix.Track>
      <Radix.Thumb
        className={styles.thumb}
        aria-label={label}
        {...(valueText === undefined ? {} : { 'aria-valuetext': valueText(value) })}
      />
    </Radix.Root>
  );
}
