import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { ariaShortcut } from '../keys/chord.ts';
import { isMac } from '../keys/platform.ts';
import styles from './Button.module.css';
import { cx } from './cx.ts';
import { Tooltip } from './Tooltip.tsx';

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  /** What it does: its name for a screen reader, and its tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly variant?: 'ghost' | 'plain';
  readonly kbd?: string | undefined;
  readonly pressed?: boolean;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A square button of one icon; its name is always there as a tooltip. */
export function IconButton({
  label,
  icon,
  variant = 'ghost',
  kbd,
  pressed,
  side = 'bottom',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={label} kbd={kbd} side={side}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        {...(kbd === undefined ? {} : { 'aria-keyshortcuts': ariaShortcut(kbd, isMac) })}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        className={cx(styles.button, styles[variant], styles.square, className)}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
