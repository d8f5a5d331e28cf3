import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from 'react';
import type { ListingCard as Card } from '../../../main/host/contract.ts';
import { focusOf } from '../../keys/useKeys.ts';
import styles from './CardGrid.module.css';
import { GAP, gridShape, PADDING, scrollFor } from './grid-window.ts';
import { CARD_HEIGHT, type CardAction, ListingCard } from './ListingCard.tsx';
import { useLibraryView } from './library-view.ts';
import type { Direction, Selection } from './selection.ts';

/** Rows made beyond what is seen, on each side. */
const OVERSCAN = 2;

export interface GridHandle {
  readonly columns: number;
  /** Rows in sight: what a page key moves by. */
  readonly pageRows: number;
  readonly focus: () => void;
  readonly reveal: (index: number) => void;
}

export interface CardGridProps {
  readonly cards: readonly Card[];
  readonly selection: Selection;
  readonly onPress: (id: string | null, keys: { readonly range: boolean; readonly add: boolean }) => void;
  readonly onAction: (id: string, action: CardAction, element: HTMLElement) => void;
  /** Before the menu opens: the card under the pointer, or null beside all cards. */
  readonly onMenu: (id: string | null) => void;
  readonly onMove: (direction: Direction, extend: boolean) => void;
  readonly label: string;
  readonly ref: Ref<GridHandle>;
}

const MOVES: Readonly<Record<string, Direction>> = {
  Home: 'first',
  End: 'last',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
};
const ACTIONS: ReadonlySet<string> = new Set(['open', 'menu', 'retry', 'locate', 'pause', 'resume', 'cancel']);
const isAction = (text: string | undefined): text is CardAction => text !== undefined && ACTIONS.has(text);

const cardOf = (target: EventTarget | null): string | null =>
  target instanceof Element ? (target.closest<HTMLElement>('[data-card]')?.dataset.card ?? null) : null;

/** Any number of listings: only rows near the window exist, and the one with the focus. */
export function CardGrid({ cards, selection, onPress, onAction, onMenu, onMove, label, ref }: CardGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(() => Math.max(320, window.innerWidth - 56));
  const renaming = useLibraryView((state) => state.renaming);
  const shape = gridShape(cards.length, width, CARD_HEIGHT);
  const activeIndex = selection.active === null ? -1 : cards.findIndex((card) => card.id === selection.active);
  const activeRow = activeIndex === -1 ? -1 : Math.floor(activeIndex / shape.columns);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = useLibraryView.getState().scrollTop;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => {
      observer.disconnect();
      useLibraryView.setState({ scrollTop: element.scrollTop });
    };
  }, []);

  // The grid's own keys, also while nothing has the focus, as after a toast was pressed.
  const onPageKey = useEffectEvent((event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (move === undefined || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const focus = focusOf(event.target);
    if (focus.inText || focus.inOverlay || focus.own === 'arrows' || focus.own === 'all') return;
    event.preventDefault();
    onMove(move, event.shiftKey);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onPageKey(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);

  const virtual = useVirtualizer({
    count: shape.rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT,
    gap: GAP,
    paddingStart: PADDING,
    paddingEnd: PADDING,
    overscan: OVERSCAN,
    // New rows are drawn between frames, not inside the scroll event: p95 of the main thread's CPU time per frame falls
    // from 13.5 to 9.5 ms at 50 px a frame (two busy cores). The rows beyond the window cover the moment's delay.
    useFlushSync: false,
    initialOffset: () => useLibraryView.getState().scrollTop,
    initialRect: { width, height: window.innerHeight },
    // The row with the focus stays, or a screen reader and a name being typed would lose their place.
    rangeExtractor: (range: Range) => {
      const rows = defaultRangeExtractor(range);
      return activeRow === -1 || rows.includes(activeRow) || activeRow >= range.count
        ? rows
        : [...rows, activeRow].sort((a, b) => a - b);
    },
  });

  useImperativeHandle(ref, () => ({
    columns: shape.columns,
    pageRows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / shape.pitch)),
    focus: () => scroller.current?.focus({ preventScroll: true }),
    reveal: (index) => {
      const element = scroller.current;
      if (element === null || index < 0) return;
      const to = scrollFor(Math.floor(index / shape.columns), element.scrollTop, element.clientHeight, shape);
      if (to !== element.scrollTop) element.scrollTop = to;
    },
  }));

  const onClick = (event: MouseEvent<HTMLDivElement>): void => {
    const id = cardOf(event.target);
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-action]') : null;
    const action = button?.dataset.action;
    if (id !== null && button !== null && isAction(action)) onAction(id, action, button);
    else if (!(event.target instanceof HTMLInputElement))
      onPress(id, { range: event.shiftKey, add: event.ctrlKey || event.metaKey });
  };
  const onDoubleClick = (event: MouseEvent<HTMLDivElement>): void => {
    if (event.target instanceof Element && event.target.closest('button,input') !== null) return;
    const id = cardOf(event.target);
    if (id !== null) onAction(id, 'open', event.currentTarget);
  };
  const onContextMenu = (event: MouseEvent<HTMLDivElement>): void => {
    // The menu key comes from the grid itself, which has the focus: it means the card with the focus.
    onMenu(cardOf(event.target) ?? (event.target === event.currentTarget ? selection.active : null));
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the screen's commands and `onPageKey`
    // biome-ignore lint/a11y/useSemanticElements: a table cannot hold rows that come and go with the scroll position
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable="true"
      aria-rowcount={shape.rows}
      aria-colcount={shape.columns}
      {...(activeIndex === -1 ? {} : { 'aria-activedescendant': domId(cards[activeIndex]?.id ?? '') })}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
      onContextMenuCapture={onContextMenu}
    >
      <div role="presentation" className={styles.space} style={{ height: shape.totalHeight }}>
        {virtual.getVirtualItems().map((row) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus, its cells are named by it
          // biome-ignore lint/a11y/useSemanticElements: as the grid above
          <div
            key={row.key}
            role="row"
            aria-rowindex={row.index + 1}
            className={styles.row}
            style={{
              transform: `translateY(${row.start}px)`,
              gridTemplateColumns: `repeat(${shape.columns}, ${shape.cardWidth}px)`,
            }}
          >
            {cards.slice(row.index * shape.columns, (row.index + 1) * shape.columns).map((card, column) => (
              <ListingCard
                key={card.id}
                card={card}
                domId={domId(card.id)}
                column={column + 1}
                selected={selection.ids.has(card.id)}
                active={card.id === selection.active}
                renaming={card.id === renaming}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

const domId = (id: string): string => `listing-${id}`;
