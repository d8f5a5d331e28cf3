import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import menu from './Menu.module.css';
import styles from './Select.module.css';

export interface SelectOption<T extends string> {
  readonly value: T;
  readonly label: ReactNode;
  /** A few words under the label. */
  readonly note?: string;
  readonly disabled?: boolean;
}

export interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T | undefined;
  readonly options: readonly SelectOption<T>[];
  readonly onChange: (value: T) => void;
  readonly placeholder?: string;
  readonly disabled?: boolean;
}

/** One of many, by pointer, arrows or typing its first letters. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  placeholder,
  disabled = false,
}: SelectProps<T>) {
  return (
    <Radix.Root
      value={value ?? ''}
      disabled={disabled}
      onValueChange={(next) => {
        const option = options.find((one) => one.value === next);
        if (option !== undefined) onChange(option.value);
      }}
    >
      <Radix.Trigger className={styles.trigger} aria-label={label}>
        <Radix.Value placeholder={placeholder ?? 'Choose'} />
        <ChevronDown size={14} aria-hidden="true" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={menu.content} position="popper" sideOffset={4}>
          <Radix.Viewport className={styles.viewport}>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className={menu.item}
                disabled={option.disabled ?? false}
              >
                <span className={menu.mark}>
                  <Radix.ItemIndicator>
                    <Check size={14} aria-hidden="true" />
                  </Radix.ItemIndicator>
                </span>
                <span className={menu.words}>
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.note !== undefined && <span className={menu.note}>{option.note}</span>}
                </span>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
