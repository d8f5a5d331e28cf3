import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { cx } from './cx.ts';
import styles from './Virtual.module.css';

export interface VirtualHandle {
  /** Brings the item with this index into sight, moving as little as possible. */
  readonly scrollToIndex: (index: number) => void;
  readonly element: HTMLDivElement | null;
}

interface CommonProps<T> {
  readonly items: readonly T[];
  readonly getKey: (item: T) => string;
  readonly renderItem: (item: T, index: number) => ReactNode;
  /** Pixels between items. */
  readonly gap?: number;
  /** Pixels around all of them. */
  readonly padding?: number;
  /** Rows made beyond what is seen, on each side. */
  readonly overscan?: number;
  /** `listbox` with options, `grid`, or a plain `list`. */
  readonly role?: 'list' | 'listbox' | 'grid';
  readonly label: string;
  readonly className?: string | undefined;
  readonly ref?: Ref<VirtualHandle>;
}

export interface VirtualListProps<T> extends CommonProps<T> {
  /** Height of an item in pixels; of an unmeasured one when `measure` is set. */
  readonly itemHeight: number | ((item: T, index: number) => number);
  /** Items have a height of their own, measured when they appear. */
  readonly measure?: boolean;
}

/** Any number of rows: only those in sight exist. */
export function VirtualList<T>({
  items,
  getKey,
  renderItem,
  itemHeight,
  measure = false,
  gap = 0,
  padding = 0,
  overscan = 4,
  role = 'list',
  label,
  className,
  ref,
}: VirtualListProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      if (typeof itemHeight === 'number') return itemHeight;
      const item = items[index];
      return item === undefined ? 0 : itemHeight(item, index);
    },
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : getKey(item);
    },
    gap,
    paddingStart: padding,
    paddingEnd: padding,
    overscan,
  });
  useHandle(ref, scroller, (index) => virtual.scrollToIndex(index, { align: 'auto' }));
  return (
    <div ref={scroller} className={cx(styles.scroller, className)}>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is one of those above, all of which have names */}
      <div role={role} aria-label={label} className={styles.space} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          return (
            <div
              key={row.key}
              role={role === 'list' ? 'listitem' : 'presentation'}
              data-index={row.index}
              {...(measure ? { ref: virtual.measureElement } : {})}
              className={styles.row}
              style={{
                transform: `translateY(${row.start}px)`,
                left: padding,
                right: padding,
                ...(measure ? {} : { height: row.size }),
              }}
            >
              {renderItem(item, row.index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

export interface VirtualGridProps<T> extends CommonProps<T> {
  readonly itemHeight: number;
  /** As many columns as fit at this width; the rest is shared out. */
  readonly minItemWidth: number;
  /** Told whenever the number of columns changes: arrow keys need it. */
  readonly onColumns?: (columns: number) => void;
}

/** How many columns of at least `least` pixels fit in `width`, never none. */
export function columnsFor(width: number, least: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (least + gap)));
}

/** Any number of tiles in rows: only those in sight exist. */
export function VirtualGrid<T>({
  items,
  getKey,
  renderItem,
  itemHeight,
  minItemWidth,
  gap = 16,
  padding = 24,
  overscan = 2,
  role = 'list',
  label,
  className,
  onColumns,
  ref,
}: VirtualGridProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setColumns(columnsFor(element.clientWidth - 2 * padding, minItemWidth, gap));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [minItemWidth, gap, padding]);
  useEffect(() => onColumns?.(columns), [columns, onColumns]);
  const virtual = useVirtualizer({
    count: Math.ceil(items.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => itemHeight,
    gap,
    paddingStart: padding,
    paddingEnd: padding,
    overscan,
  });
  useHandle(ref, scroller, (index) => virtual.scrollToIndex(Math.floor(index / columns), { align: 'auto' }));
  return (
    <div ref={scroller} className={cx(styles.scroller, className)}>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is one of those above, all of which have names */}
      <div role={role} aria-label={label} className={styles.space} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().flatMap((row) =>
          items.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => (
            <div
              key={getKey(item)}
              role={role === 'list' ? 'listitem' : 'presentation'}
              className={styles.row}
              style={{
                transform: `translateY(${row.start}px)`,
                height: itemHeight,
                width: `calc((100% - ${2 * padding + (columns - 1) * gap}px) / ${columns})`,
                left: `calc(${padding}px + ${column} * ((100% - ${2 * padding + (columns - 1) * gap}px) / ${columns} + ${gap}px))`,
              }}
            >
              {renderItem(item, row.index * columns + column)}
            </div>
          )),
        )}
      </div>
    </div>
  );
}

function useHandle(
  ref: Ref<VirtualHandle> | undefined,
  scroller: { readonly current: HTMLDivElement | null },
  scrollToIndex: (index: number) => void,
): void {
  useImperativeHandle(ref, () => ({
    scrollToIndex,
    get element() {
      return scroller.current;
    },
  }));
}
