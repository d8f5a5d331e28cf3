import { Check, CircleAlert, CircleX, User } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './Chip.module.css';
import { cx } from './cx.ts';

export type ChipTone = 'neutral' | 'pass' | 'attention' | 'fail' | 'you';

const ICONS: Readonly<Record<ChipTone, ReactNode>> = {
  neutral: null,
  pass: <Check size={12} aria-hidden="true" />,
  attention: <CircleAlert size={12} aria-hidden="true" />,
  fail: <CircleX size={12} aria-hidden="true" />,
  you: <User size={12} aria-hidden="true" />,
};

export interface ChipProps {
  readonly tone?: ChipTone;
  /** Instead of the tone's own icon; `null` for none where the words alone tell the tone. */
  readonly icon?: ReactNode;
  readonly title?: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A short state. Each tone has its own icon, so the hue never carries the meaning alone. `you` = a person decided. */
export function Chip({ tone = 'neutral', icon, title, className, children }: ChipProps) {
  return (
    <span className={cx(styles.chip, styles[tone], className)} {...(title === undefined ? {} : { title })}>
      {icon === undefined ? ICONS[tone] : icon}
      {children}
    </span>
  );
}
