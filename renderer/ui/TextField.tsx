import { Search, X } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import { cx } from './cx.ts';
import { Kbd } from './Kbd.tsx';
import styles from './TextField.module.css';

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  readonly label: string;
  /** The label only for screen readers, where the place says what the field is. */
  readonly hideLabel?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: ReactNode;
  /** What is wrong with the value and how to mend it. */
  readonly error?: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
}

/** One line of text with its label, a hint, and an error in words. */
export function TextField({
  label,
  hideLabel = false,
  value,
  onChange,
  hint,
  error,
  className,
  ...rest
}: TextFieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cx(styles.field, className)}>
      {!hideLabel && (
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
      )}
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        {...rest}
        id={id}
        className={styles.input}
        value={value}
        aria-invalid={error !== undefined}
        {...(hideLabel ? { 'aria-label': label } : {})}
        {...(note === undefined ? {} : { 'aria-describedby': `${id}-note` })}
        onChange={(event) => onChange(event.target.value)}
      />
      {note !== undefined && (
        <div id={`${id}-note`} className={error === undefined ? styles.hint : styles.error}>
          {note}
        </div>
      )}
    </div>
  );
}

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly kbd?: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
  readonly className?: string | undefined;
}

/** Search: Escape empties it first and leaves it second. */
export function SearchField({ label, value, onChange, placeholder, kbd, ref, className }: SearchFieldProps) {
  return (
    <div className={cx(styles.search, className)}>
      <Search size={14} aria-hidden="true" />
      <input
        {...(ref === undefined ? {} : { ref })}
        type="search"
        aria-label={label}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder ?? label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          event.stopPropagation();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {value !== '' ? (
        <button type="button" className={styles.clear} aria-label="Clear the search" onClick={() => onChange('')}>
          <X size={14} aria-hidden="true" />
        </button>
      ) : (
        kbd !== undefined && <Kbd chord={kbd} />
      )}
    </div>
  );
}
