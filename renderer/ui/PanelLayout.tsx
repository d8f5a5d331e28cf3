import { type ReactNode, useRef } from 'react';
import styles from './PanelLayout.module.css';

export interface PanelLayoutProps {
  readonly children: ReactNode;
  readonly panel: ReactNode;
  /** The panel's name for a screen reader. */
  readonly label: string;
  /** The screen opens and closes it with one key (`panel.toggle`). */
  readonly open: boolean;
  /** Pixels. */
  readonly width: number;
  readonly onWidthChange: (width: number) => void;
  readonly min?: number;
  readonly max?: number;
}

/** Pixels that one press of an arrow moves the edge. */
const STEP = 16;

/** A screen with a panel at its right: its edge is dragged, or moved with the arrows; a double click resets it. */
export function PanelLayout({
  children,
  panel,
  label,
  open,
  width,
  onWidthChange,
  min = 280,
  max = 640,
}: PanelLayoutProps) {
  const drag = useRef<{ readonly x: number; readonly width: number } | null>(null);
  const set = (next: number) => onWidthChange(Math.round(Math.min(max, Math.max(min, next))));
  return (
    <div className={styles.root} style={{ gridTemplateColumns: open ? `minmax(0, 1fr) ${width}px` : 'minmax(0, 1fr)' }}>
      <div className={styles.main}>{children}</div>
      {open && (
        <aside className={styles.panel} aria-label={label}>
          {/* biome-ignore lint/a11y/useSemanticElements: a separator that moves is no <hr>, which cannot be focused */}
          <div
            className={styles.edge}
            role="separator"
            aria-orientation="vertical"
            aria-label={`Width of ${label}`}
            aria-valuemin={min}
            aria-valuemax={max}
            aria-valuenow={width}
            tabIndex={0}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              drag.current = { x: event.clientX, width };
            }}
            onPointerMove={(event) => {
              if (drag.current !== null) set(drag.current.width + drag.current.x - event.clientX);
            }}
            onPointerUp={() => {
              drag.current = null;
            }}
            onPointerCancel={() => {
              drag.current = null;
            }}
            onDoubleClick={() => set(360)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowLeft') set(width + STEP);
              else if (event.key === 'ArrowRight') set(width - STEP);
              else return;
              event.preventDefault();
            }}
          />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
          <div className={styles.scroll} tabIndex={0}>
            {panel}
          </div>
        </aside>
      )}
    </div>
  );
}
