import { memo } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import type { PhotoView } from '../../../pipeline/rooms/view.ts';
import { useRooms } from '../../stores/rooms.ts';
import { EyeOff, Layers, Star } from '../../ui/icons.ts';
import { cx } from '../../ui/index.ts';
import styles from './Lanes.module.css';

export interface TileProps {
  readonly photo: PhotoView;
  readonly listingId: string;
  readonly width: number;
  readonly height: number;
  readonly column: number;
  /** In words: `Kitchen`. */
  readonly room: string;
  readonly mark: 'hero' | 'hero_by_you' | 'duplicate' | 'left_out' | null;
}

export const tileId = (photoId: string): string => `photo-${photoId}`;

/** Two device pixels for each of the layout's `width` still look sharp from the larger proxy. */
export const variantFor = (width: number): '320' | '1280' =>
  width * Math.min(2, globalThis.devicePixelRatio) > 360 ? '1280' : '320';

/** Gives the real focus to the photo that keys act on. */
export function focusTile(): void {
  document.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus({ preventScroll: true });
}

const MARKS = { hero: 'hero', hero_by_you: 'hero, chosen by you', duplicate: 'near-duplicate', left_out: 'left out' };

/** One photo. Drawn again only when it is selected, gets the focus, or changes its mark or size. */
export const Tile = memo(function Tile({ photo, listingId, width, height, column, room, mark }: TileProps) {
  // One subscription, not two: each is a hook's work for every photo that scrolls into sight.
  const flags = useRooms((state) => (state.selected.has(photo.id) ? 1 : 0) + (state.focus === photo.id ? 2 : 0));
  const selected = (flags & 1) !== 0;
  const focused = (flags & 2) !== 0;
  const score = Math.round(photo.finalScore * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of a grid of pictures, not of a table
    <div
      role="gridcell"
      id={tileId(photo.id)}
      data-photo={photo.id}
      aria-colindex={column + 1}
      aria-selected={selected}
      aria-label={`${photo.file}, ${room}${mark === null ? '' : `, ${MARKS[mark]}`}, score ${score} of 100`}
      tabIndex={focused ? 0 : -1}
      className={cx(
        styles.tile,
        selected && styles.selected,
        focused && styles.focused,
        (mark === 'duplicate' || mark === 'left_out') && styles.dim,
      )}
      style={{ width, height }}
    >
      {/* A background, not an <img>: that has a rounded clip, listeners and a load event of its own for every photo. */}
      <i
        className={styles.picture}
        style={{ backgroundImage: `url("${mediaUrl(listingId, photo.id, variantFor(width))}")` }}
      />
      {(mark === 'hero' || mark === 'hero_by_you') && (
        <span className={styles.hero}>
          <Star size={12} aria-hidden="true" />
          Hero
        </span>
      )}
      {mark === 'duplicate' && (
        <span className={styles.mark}>
          <Layers size={12} aria-hidden="true" />
          near-duplicate
        </span>
      )}
      {mark === 'left_out' && (
        <span className={styles.mark}>
          <EyeOff size={12} aria-hidden="true" />
          left out
        </span>
      )}
      <span
        className={styles.score}
        title={`Score ${score} of 100`}
        style={{ backgroundSize: `${100 * photo.finalScore}% 100%` }}
      />
    </div>
  );
});
