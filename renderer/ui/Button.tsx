import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { ariaShortcut } from '../keys/chord.ts';
import { isMac } from '../keys/platform.ts';
import styles from './Button.module.css';
import { cx } from './cx.ts';
import { Kbd } from './Kbd.tsx';

export type ButtonVariant = 'primary' | 'plain' | 'ghost' | 'danger';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: ButtonVariant;
  /** An icon before the words. */
  readonly icon?: ReactNode;
  /** The chord that does the same, such as `Mod+K`: shown after the words. */
  readonly kbd?: string | undefined;
  /** Pressed state of a button that stays down. */
  readonly pressed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. One `primary` per screen; `danger` only where something is lost. */
export function Button({ variant = 'plain', icon, kbd, pressed, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      {...(kbd === undefined ? {} : { 'aria-keyshortcuts': ariaShortcut(kbd, isMac) })}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      className={cx(styles.button, styles[variant], className)}
    >
      {icon !== undefined && <span className={styles.icon}>{icon}</span>}
      {children}
      {kbd !== undefined && <Kbd chord={kbd} />}
    </button>
  );
}
