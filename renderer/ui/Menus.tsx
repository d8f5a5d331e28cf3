import { Check, ChevronRight } from 'lucide-react';
import { ContextMenu as RadixContext, DropdownMenu as RadixDropdown } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { cx } from './cx.ts';
import { Kbd } from './Kbd.tsx';
import styles from './Menu.module.css';

/** One row of a menu, as data: the same list makes a dropdown and a context menu. */
export type MenuEntry =
  | {
      readonly kind?: 'item';
      readonly label: string;
      readonly icon?: ReactNode;
      readonly kbd?: string | undefined;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly onSelect: () => void;
    }
  | {
      readonly kind: 'check';
      readonly label: string;
      readonly checked: boolean;
      readonly disabled?: boolean;
      readonly onChange: (checked: boolean) => void;
    }
  | { readonly kind: 'line' }
  | { readonly kind: 'heading'; readonly label: string }
  | { readonly kind: 'sub'; readonly label: string; readonly icon?: ReactNode; readonly entries: readonly MenuEntry[] };

// The two families of Radix have the same parts with the same props.
type Parts = Pick<
  typeof RadixDropdown,
  'Item' | 'CheckboxItem' | 'ItemIndicator' | 'Separator' | 'Label' | 'Sub' | 'SubTrigger' | 'SubContent' | 'Portal'
>;

function Entries({ parts, entries }: { readonly parts: Parts; readonly entries: readonly MenuEntry[] }) {
  return entries.map((entry, at) => {
    // Menus are rebuilt whole, so the place is the key.
    const key = `${at}-${'label' in entry ? entry.label : 'line'}`;
    switch (entry.kind) {
      case 'line':
        return <parts.Separator key={key} className={styles.line} />;
      case 'heading':
        return (
          <parts.Label key={key} className={styles.heading}>
            {entry.label}
          </parts.Label>
        );
      case 'check':
        return (
          <parts.CheckboxItem
            key={key}
            className={styles.item}
            checked={entry.checked}
            disabled={entry.disabled ?? false}
            onCheckedChange={(next) => entry.onChange(next === true)}
          >
            <span className={styles.mark}>
              <parts.ItemIndicator>
                <Check size={14} aria-hidden="true" />
              </parts.ItemIndicator>
            </span>
            <span className={styles.words}>{entry.label}</span>
          </parts.CheckboxItem>
        );
      case 'sub':
        return (
          <parts.Sub key={key}>
            <parts.SubTrigger className={styles.item}>
              <span className={styles.mark}>{entry.icon}</span>
              <span className={styles.words}>{entry.label}</span>
              <ChevronRight size={14} aria-hidden="true" />
            </parts.SubTrigger>
            <parts.Portal>
              <parts.SubContent className={styles.content} sideOffset={4}>
                <Entries parts={parts} entries={entry.entries} />
              </parts.SubContent>
            </parts.Portal>
          </parts.Sub>
        );
      default:
        return (
          <parts.Item
            key={key}
            className={cx(styles.item, entry.danger === true && styles.danger)}
            disabled={entry.disabled ?? false}
            onSelect={entry.onSelect}
          >
            <span className={styles.mark}>{entry.icon}</span>
            <span className={styles.words}>{entry.label}</span>
            {entry.kbd !== undefined && <Kbd chord={entry.kbd} />}
          </parts.Item>
        );
    }
  });
}

export interface DropdownMenuProps {
  readonly trigger: ReactElement;
  readonly entries: readonly MenuEntry[];
  readonly align?: 'start' | 'center' | 'end';
}

/** A menu under a button. */
export function DropdownMenu({ trigger, entries, align = 'start' }: DropdownMenuProps) {
  return (
    <RadixDropdown.Root modal={false}>
      <RadixDropdown.Trigger asChild>{trigger}</RadixDropdown.Trigger>
      <RadixDropdown.Portal>
        <RadixDropdown.Content className={styles.content} align={align} sideOffset={4} collisionPadding={8}>
          <Entries parts={RadixDropdown} entries={entries} />
        </RadixDropdown.Content>
      </RadixDropdown.Portal>
    </RadixDropdown.Root>
  );
}

export interface ContextMenuProps {
  /** What is pressed with the second button, or with the menu key. */
  readonly children: ReactElement;
  readonly entries: readonly MenuEntry[];
  readonly onOpenChange?: (open: boolean) => void;
}

/** The same menu at the pointer. */
export function ContextMenu({ children, entries, onOpenChange }: ContextMenuProps) {
  return (
    <RadixContext.Root modal={false} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <RadixContext.Trigger asChild>{children}</RadixContext.Trigger>
      <RadixContext.Portal>
        <RadixContext.Content className={styles.content} collisionPadding={8}>
          <Entries parts={RadixContext} entries={entries} />
        </RadixContext.Content>
      </RadixContext.Portal>
    </RadixContext.Root>
  );
}
