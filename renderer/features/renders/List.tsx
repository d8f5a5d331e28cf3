/** The clips in film order: a list to choose from, of which only the rows in sight exist. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react';
import type { ClipRender } from '../../../main/host/review-contract.ts';
import { runCommand } from '../../keys/index.ts';
import { extendTo, focusClip, lookAt, toggleClip, useRenders } from '../../stores/renders.ts';
import { ContextMenu, type MenuEntry } from '../../ui/index.ts';
import styles from './Renders.module.css';
import { Row } from './Row.tsx';
import { isUnderWay, mustRender } from './words.ts';

/** Pixels. */
const ROW = 84;
/** Milliseconds that the same rows must be in sight before the host is told. */
const LOOKED_MS = 250;
const NONE: readonly ClipRender[] = [];

export function List({ listingId }: { readonly listingId: string }) {
  const clips = useRenders((state) => state.document?.clips ?? NONE);
  const focus = useRenders((state) => state.focus);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: clips.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => clips[index]?.clipId ?? index,
    overscan: 4,
  });
  const rows = virtual.getVirtualItems();
  const menu = useMenu();
  const range = virtual.range;
  useLooking(clips, range?.startIndex ?? 0, range?.endIndex ?? 0);
  useFollow(clips, focus, scroller, virtual.scrollToIndex);

  const choose = (event: MouseEvent, clipId: string): void => {
    if (event.shiftKey) extendTo(clipId);
    else if (event.ctrlKey || event.metaKey) toggleClip(clipId);
    else focusClip(clipId);
  };
  // The menu is about the row under the pointer, or about the selection that it is part of.
  const aim = (event: PointerEvent | MouseEvent): void => {
    const clipId =
      event.target instanceof Element ? event.target.closest('[data-clip]')?.getAttribute('data-clip') : null;
    if (clipId != null && !useRenders.getState().selected.has(clipId)) focusClip(clipId);
  };
  return (
    <div className={styles.listBox}>
      <div className={styles.columns} aria-hidden="true">
        <span />
        <span>Clip</span>
        <span>State</span>
        <span>Checks</span>
        <span>Review</span>
        <span className={styles.right}>To render</span>
      </div>
      <ContextMenu entries={menu}>
        <div ref={scroller} className={styles.scroller}>
          <div
            role="listbox"
            aria-label="Clips of the film"
            aria-multiselectable="true"
            onContextMenu={aim}
            tabIndex={focus === null ? 0 : -1}
            style={{ height: virtual.getTotalSize() }}
            className={styles.space}
          >
            {rows.map((row) => {
              const clip = clips[row.index];
              return clip === undefined ? null : (
                <Row
                  key={row.key}
                  listingId={listingId}
                  clip={clip}
                  top={row.start}
                  height={row.size}
                  of={clips.length}
                  onChoose={choose}
                />
              );
            })}
          </div>
        </div>
      </ContextMenu>
    </div>
  );
}

/** Tells the host which clips are on screen, once they have been for a moment. */
function useLooking(clips: readonly ClipRender[], first: number, last: number): void {
  const seen = clips
    .slice(first, last + 1)
    .filter((clip) => clip.state !== 'rendered')
    .map((clip) => clip.clipId)
    .join(' ');
  useEffect(() => {
    if (seen === '') return;
    const timer = window.setTimeout(() => lookAt(seen.split(' ')), LOOKED_MS);
    return () => window.clearTimeout(timer);
  }, [seen]);
}

/** Keys move the focus: its row comes into sight and, where the list has the keyboard, gets it. */
function useFollow(
  clips: readonly ClipRender[],
  focus: string | null,
  scroller: { readonly current: HTMLDivElement | null },
  scrollToIndex: (index: number, options: { align: 'auto' }) => void,
): void {
  const index = useMemo(() => clips.findIndex((clip) => clip.clipId === focus), [clips, focus]);
  const scroll = useRef(scrollToIndex);
  scroll.current = scrollToIndex;
  useEffect(() => {
    if (index === -1) return;
    scroll.current(index, { align: 'auto' });
    const frame = requestAnimationFrame(() => {
      const active = document.activeElement;
      if (active !== document.body && active !== null && scroller.current?.contains(active) !== true) return;
      scroller.current?.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [index, scroller]);
}

function useMenu(): readonly MenuEntry[] {
  const clips = useRenders((state) => state.document?.clips ?? NONE);
  const selected = useRenders((state) => state.selected);
  const chosen = clips.filter((clip) => selected.has(clip.clipId));
  const count = chosen.length > 1 ? ` ${chosen.length}` : '';
  return [
    {
      label: `Render${count}`,
      disabled: !chosen.some(mustRender),
      onSelect: () => runCommand('renders.start'),
    },
    { label: `Cancel${count}`, disabled: !chosen.some(isUnderWay), onSelect: () => runCommand('renders.cancel') },
    { label: 'Change and render again…', disabled: chosen.length !== 1, onSelect: () => runCommand('renders.change') },
    { kind: 'line' },
    {
      label: 'Review the clip',
      disabled: chosen.length !== 1 || chosen[0]?.takes.length === 0,
      onSelect: () => runCommand('take.review'),
    },
    { label: 'Select what has to be rendered', onSelect: () => runCommand('renders.selectChanged') },
  ];
}
