import { useMemo, useRef, useState } from 'react';
import { ROOM_TYPES, type RoomType } from '../../../pipeline/domain.ts';
import { likeliestRoomsOf, type PhotoView, roomName } from '../../../pipeline/rooms/view.ts';
import { useShownKey } from '../../keys/index.ts';
import { Tag } from '../../ui/icons.ts';
import { Button, cx, Kbd, Popover } from '../../ui/index.ts';
import styles from './LabelPopover.module.css';
import { focusTile } from './Tile.tsx';
import { USUAL_ROOMS } from './targets.ts';

export interface LabelPopoverProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** The photos that get the name; the likeliest rooms of these come first. */
  readonly photos: readonly PhotoView[];
  readonly current: RoomType | null;
  readonly named: boolean;
  readonly onLabel: (room: RoomType | null) => void;
}

/** Names a room: type its first letters, most likely rooms first. */
export function LabelPopover({ open, onOpenChange, photos, current, named, onLabel }: LabelPopoverProps) {
  const kbd = useShownKey('rooms.label');
  // The popover gives the focus back to its button when it has gone; keys belong to the photos.
  const handBack = useRef(false);
  return (
    <Popover
      label="Label"
      align="end"
      open={open}
      onOpenChange={(next) => {
        handBack.current = !next;
        onOpenChange(next);
      }}
      trigger={
        <Button
          onFocus={() => {
            if (handBack.current) focusTile();
            handBack.current = false;
          }}
          kbd={kbd}
          icon={<Tag size={14} aria-hidden="true" />}
          disabled={photos.length === 0}
        >
          Label
        </Button>
      }
    >
      <Rooms
        photos={photos}
        current={current}
        named={named}
        onLabel={(room) => {
          handBack.current = true;
          onLabel(room);
        }}
      />
    </Popover>
  );
}

/** Rooms whose words begin with what was typed before those that only hold it; the given order inside each. */
export function matchingRooms(rooms: readonly RoomType[], typed: string): readonly RoomType[] {
  const sought = typed.trim().toLowerCase();
  if (sought === '') return rooms;
  const rank = (room: RoomType): number => {
    const name = room.replaceAll('_', ' ');
    if (name.startsWith(sought)) return 0;
    return name.split(' ').some((word) => word.startsWith(sought)) ? 1 : name.includes(sought) ? 2 : 3;
  };
  return rooms.filter((room) => rank(room) < 3).sort((a, b) => rank(a) - rank(b));
}

function Rooms({ photos, current, named, onLabel }: Omit<LabelPopoverProps, 'open' | 'onOpenChange'>) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const likely = useMemo(() => (photos.length === 0 ? ROOM_TYPES : likeliestRoomsOf(photos)), [photos]);
  const rooms = matchingRooms(likely, typed);
  const probability = (room: RoomType): number =>
    photos.reduce((sum, photo) => sum + (photo.roomDistribution[ROOM_TYPES.indexOf(room)] ?? 0), 0) /
    Math.max(1, photos.length);
  const active = Math.min(at, rooms.length - 1);
  const number = (room: RoomType): number => (USUAL_ROOMS as readonly RoomType[]).indexOf(room) + 1;
  return (
    <div className={styles.root}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it was opened to type in
        autoFocus
        type="text"
        role="combobox"
        aria-label="Room"
        aria-expanded="true"
        aria-controls="label-rooms"
        aria-activedescendant={rooms[active] === undefined ? undefined : `label-${rooms[active]}`}
        autoComplete="off"
        spellCheck={false}
        placeholder="Type a room"
        className={styles.input}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          const room = rooms[active];
          if (step !== 0) {
            const next = Math.max(0, Math.min(rooms.length - 1, active + step));
            setAt(next);
            document.getElementById(`label-${rooms[next]}`)?.scrollIntoView({ block: 'nearest' });
          } else if (event.key === 'Enter' && room !== undefined) onLabel(room);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <div role="listbox" id="label-rooms" aria-label="Rooms, most likely first" className={styles.list}>
        {rooms.map((room, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={room}
            id={`label-${room}`}
            role="option"
            aria-selected={index === active}
            className={cx(styles.option, index === active && styles.active)}
            onPointerMove={() => setAt(index)}
            onClick={() => onLabel(room)}
          >
            <span className={styles.name}>
              {roomName(room)}
              {room === current && <span className={styles.now}>now</span>}
            </span>
            {probability(room) >= 0.01 && (
              <span className={styles.percent}>{Math.round(probability(room) * 100)} %</span>
            )}
            {number(room) > 0 ? <Kbd chord={String(number(room))} /> : <span />}
          </div>
        ))}
        {rooms.length === 0 && <p className={styles.none}>No room of this name</p>}
      </div>
      {named && (
        <button type="button" className={styles.back} onClick={() => onLabel(null)}>
          Take your name back: as analysed
        </button>
      )}
    </div>
  );
}
