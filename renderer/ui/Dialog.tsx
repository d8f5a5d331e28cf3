import { X } from 'lucide-react';
import { AlertDialog as RadixAlert, Dialog as RadixDialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import { IconButton } from './IconButton.tsx';
import styles from './Overlay.module.css';

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  /** One sentence under the title. */
  readonly about?: ReactNode;
  readonly size?: 'normal' | 'wide' | 'full';
  /** Buttons at the foot, the main one last. */
  readonly actions?: ReactNode;
  readonly className?: string | undefined;
  readonly children?: ReactNode;
}

/** A window over the screen. Escape and a press outside close it; focus comes back to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  about,
  size = 'normal',
  actions,
  className,
  children,
}: DialogProps) {
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={styles.scrim} />
        <RadixDialog.Content
          className={cx(styles.dialog, size !== 'normal' && styles[size], className)}
          onOpenAutoFocus={focusFirst}
          {...(about === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <div className={styles.head}>
            <div className={styles.titles}>
              <RadixDialog.Title className={styles.title}>{title}</RadixDialog.Title>
              {about !== undefined && (
                <RadixDialog.Description className={styles.about}>{about}</RadixDialog.Description>
              )}
            </div>
            <RadixDialog.Close asChild>
              <IconButton label="Close" kbd="Escape" icon={<X size={16} aria-hidden="true" />} />
            </RadixDialog.Close>
          </div>
          <div className={styles.body}>{children}</div>
          {actions !== undefined && <div className={styles.foot}>{actions}</div>}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** The first field, else the window itself: not the Close button, whose tooltip would cover the title. */
function focusFirst(event: Event): void {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const field = event.currentTarget.querySelector('[data-autofocus],input,textarea');
  if (field instanceof HTMLElement) field.focus();
  else event.currentTarget.focus();
}

export interface AlertDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** The question, such as `Delete 3 listings?` */
  readonly title: string;
  /** What will happen and what will not. */
  readonly about: ReactNode;
  /** The verb of the question, never `OK`. */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be undone. What can be undone is done at once, with a toast. */
export function AlertDialog({
  open,
  onOpenChange,
  title,
  about,
  confirm,
  danger = false,
  onConfirm,
}: AlertDialogProps) {
  return (
    <RadixAlert.Root open={open} onOpenChange={onOpenChange}>
      <RadixAlert.Portal>
        <RadixAlert.Overlay className={styles.scrim} />
        <RadixAlert.Content className={styles.dialog}>
          <div className={styles.body}>
            <RadixAlert.Title className={styles.title}>{title}</RadixAlert.Title>
            <RadixAlert.Description className={styles.about}>{about}</RadixAlert.Description>
          </div>
          <div className={styles.foot}>
            <RadixAlert.Cancel asChild>
              <Button variant="ghost">Keep</Button>
            </RadixAlert.Cancel>
            <RadixAlert.Action asChild>
              <Button variant={danger ? 'danger' : 'primary'} onClick={onConfirm}>
                {confirm}
              </Button>
            </RadixAlert.Action>
          </div>
        </RadixAlert.Content>
      </RadixAlert.Portal>
    </RadixAlert.Root>
  );
}
