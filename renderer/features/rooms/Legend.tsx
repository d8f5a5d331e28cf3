import { roomName } from '../../../pipeline/rooms/view.ts';
import { useRooms } from '../../stores/rooms.ts';
import { Kbd } from '../../ui/index.ts';
import { labelWith } from './actions.ts';
import styles from './Rooms.module.css';
import { USUAL_ROOMS } from './targets.ts';

/** Short enough for nine to stand in a row. */
const SHORT = ['Front', 'Living', 'Kitchen', 'Dining', 'Primary', 'Bedroom', 'Bath', 'Patio', 'Garden'] as const;

/** The number keys, in sight while they would name something. */
export function Legend() {
  const count = useRooms((state) => state.selected.size);
  const asked = useRooms(
    (state) =>
      state.view?.lanes.some(
        (lane) => lane.suggestions.length > 0 && lane.photos.some((photo) => photo.id === state.focus),
      ) ?? false,
  );
  if (count === 0 && !asked) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of keys, not a fieldset of a form
    <div className={styles.legend} role="group" aria-label="Name by number">
      {USUAL_ROOMS.map((room, index) => (
        <button
          key={room}
          type="button"
          tabIndex={-1}
          className={styles.number}
          aria-label={roomName(room)}
          title={roomName(room)}
          onClick={() => labelWith(room)}
        >
          <Kbd chord={String(index + 1)} />
          {SHORT[index]}
        </button>
      ))}
      {asked && count === 0 && (
        <span className={styles.legendHint}>
          <Kbd chord="Enter" /> agree <Kbd chord="D" /> dismiss
        </span>
      )}
    </div>
  );
}
