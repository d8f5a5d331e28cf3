import {
  type MouseEvent,
  type Ref,
  useCallback,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react';
import { type ListingCard as Card, mediaUrl } from '../../../main/host/contract.ts';
import { focusOf } from '../../keys/useKeys.ts';
import { useGradual, useWarmPictures } from '../../ui/index.ts';
import styles from './CardGrid.module.css';
import { cardsAt, gridShape, PADDING, scrollFor } from './grid-window.ts';
import { CARD_HEIGHT, type CardAction, ListingCard } from './ListingCard.tsx';
import { useLibraryView } from './library-view.ts';
import type { Direction, Selection } from './selection.ts';

/** Rows made beyond what is seen, on each side. */
const OVERSCAN = 2;
/** Cards made in one frame, each about 2 ms of the main thread with its layout and paint (two busy cores). */
const BUDGET = { seen: 3, beyond: 1 };
const one = (): number => 1;

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

  const { columns, rows, pitch } = shape;
  const count = cards.length;
  const [from, end] = useGradual({
    scroller,
    aim: useCallback(
      (scrollTop: number, height: number) => cardsAt(scrollTop, height, { columns, rows, pitch }, count, OVERSCAN),
      [columns, rows, pitch, count],
    ),
    costOf: one,
    budget: BUDGET,
    initial: { scrollTop: useLibraryView.getState().scrollTop, height: window.innerHeight },
  });
  useWarmPictures(
    useMemo(
      () =>
        cards.flatMap(({ id, posterPhotoId, away }) =>
          posterPhotoId === null || away === true ? [] : mediaUrl(id, posterPhotoId, '320'),
        ),
      [cards],
    ),
    scroller,
  );
  const rowsShown = Array.from({ length: Math.ceil(end / columns) - Math.floor(from / columns) }, (_, at) => {
    const row = Math.floor(from / columns) + at;
    return { row, first: Math.max(from, row * columns), last: Math.min(end, count, (row + 1) * columns) };
  });
  // The card with the focus stays, or a screen reader and a name being typed would lose their place.
  if (activeIndex !== -1 && (activeIndex < from || activeIndex >= end)) {
    const shown = rowsShown.find(({ row }) => row === activeRow);
    const row = { row: activeRow, first: activeIndex, last: activeIndex + 1 };
    if (shown === undefined) rowsShown.push(row);
    else
      Object.assign(shown, { first: Math.min(shown.first, activeIndex), last: Math.max(shown.last, activeIndex + 1) });
  }

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
        {rowsShown.map(({ row, first, last }) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus, its cells are named by it
          // biome-ignore lint/a11y/useSemanticElements: as the grid above
          <div
            key={row}
            role="row"
            aria-rowindex={row + 1}
            className={styles.row}
            style={{
              top: PADDING + row * shape.pitch,
              gridTemplateColumns: `repeat(${columns}, ${shape.cardWidth}px)`,
            }}
          >
            {cards.slice(first, last).map((card, at) => (
              <ListingCard
                key={card.id}
                card={card}
                domId={domId(card.id)}
                column={((first + at) % columns) + 1}
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
