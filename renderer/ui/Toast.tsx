import { CircleAlert, CircleCheck, CircleX, Info, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import { IconButton } from './IconButton.tsx';
import styles from './Toast.module.css';

export type ToastTone = 'info' | 'pass' | 'attention' | 'fail';

export interface ToastData {
  readonly id: string;
  readonly tone: ToastTone;
  readonly title: string;
  readonly detail?: string | undefined;
  /** One thing to do about it, such as Undo. */
  readonly action?: { readonly label: string; readonly run: () => void; readonly kbd?: string } | undefined;
}

const ICONS: Readonly<Record<ToastTone, ReactNode>> = {
  info: <Info size={16} aria-hidden="true" />,
  pass: <CircleCheck size={16} aria-hidden="true" />,
  attention: <CircleAlert size={16} aria-hidden="true" />,
  fail: <CircleX size={16} aria-hidden="true" />,
};

/** What just happened, at the lower right, for seven seconds (failures until put away). */
export function Toasts({
  toasts,
  onDismiss,
}: {
  readonly toasts: readonly ToastData[];
  readonly onDismiss: (id: string) => void;
}) {
  return (
    <Radix.Provider swipeDirection="right" label="Notification">
      {toasts.map((toast) => (
        <Radix.Root
          key={toast.id}
          className={styles.toast}
          duration={toast.tone === 'fail' ? Number.POSITIVE_INFINITY : 7_000}
          type={toast.tone === 'info' || toast.tone === 'pass' ? 'background' : 'foreground'}
          onOpenChange={(open) => !open && onDismiss(toast.id)}
        >
          <span className={cx(styles.icon, styles[toast.tone])}>{ICONS[toast.tone]}</span>
          <div className={styles.words}>
            <Radix.Title className={styles.title}>{toast.title}</Radix.Title>
            {toast.detail !== undefined && (
              <Radix.Description className={styles.detail}>{toast.detail}</Radix.Description>
            )}
          </div>
          {toast.action !== undefined && (
            <Radix.Action altText={toast.action.label} asChild>
              <Button kbd={toast.action.kbd} onClick={toast.action.run}>
                {toast.action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close asChild>
            <IconButton label="Dismiss" side="top" icon={<X size={14} aria-hidden="true" />} />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className={styles.viewport} />
    </Radix.Provider>
  );
}
