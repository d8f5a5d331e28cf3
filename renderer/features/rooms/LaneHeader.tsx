import { memo } from 'react';
import type { ConfidenceTier } from '../../../pipeline/domain.ts';
import { type LaneView, roomName, type Suggestion } from '../../../pipeline/rooms/view.ts';
import { useRooms } from '../../stores/rooms.ts';
import { Check, CircleAlert, Minus, X } from '../../ui/icons.ts';
import { Chip, type ChipTone } from '../../ui/index.ts';
import { acceptSuggestion, dismiss, focusOn, labelLane, notDuplicate, select } from './actions.ts';
import styles from './Lanes.module.css';
import { suggestionInFocus } from './targets.ts';

const TONES: Readonly<Record<ConfidenceTier, ChipTone>> = { high: 'pass', medium: 'neutral', low: 'attention' };
const ICONS = {
  high: <Check size={12} aria-hidden="true" />,
  medium: <Minus size={12} aria-hidden="true" />,
  low: <CircleAlert size={12} aria-hidden="true" />,
};

/** Pixels up to which a heading holds a name alone, and a name with a question. */
const NARROW = { name: 330, question: 520 };

/** A room's name, how sure it is, what it asks, and its hero's move, as far as `width` (pixels) has room for them. */
export const LaneHeader = memo(function LaneHeader({
  lane,
  width,
}: {
  readonly lane: LaneView;
  readonly width: number;
}) {
  const focused = useRooms((state) => lane.photos.some((photo) => photo.id === state.focus));
  const asked = useRooms((state) => (focused ? (suggestionInFocus(lane, state.focus)?.id ?? null) : null));
  const hero = lane.shots.find((shot) => shot.photoId === lane.heroPhotoId);
  const ids = lane.photos.map((photo) => photo.id);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the heading of a row of pictures, not of a table
    // biome-ignore lint/a11y/useFocusableInteractive: its buttons have the focus; the grid's own is on the photos
    <div
      role="rowheader"
      className={styles.laneHeader}
      data-room={width <= NARROW.name ? 'name' : width <= NARROW.question ? 'question' : 'all'}
    >
      <h2 id={`lane-${lane.id}`}>
        <button
          type="button"
          className={styles.laneName}
          tabIndex={focused ? 0 : -1}
          title="Select all photos of this room"
          onClick={() => {
            focusOn(ids[0] ?? null);
            select(ids, ids[0]);
          }}
        >
          {roomName(lane.roomType)}
        </button>
      </h2>
      {lane.labelledByYou ? (
        <Chip tone="you" title="You named this room">
          you
        </Chip>
      ) : (
        <Chip tone={TONES[lane.confidenceTier]} icon={ICONS[lane.confidenceTier]} title="How sure the analysis is">
          {lane.confidenceTier}
        </Chip>
      )}
      {!lane.labelledByYou && lane.groupedByYou && (
        <Chip tone="you" title="You put these photos together">
          grouped
        </Chip>
      )}
      <span className={styles.count}>
        {ids.length}
        {lane.sfmEligible && ' · same room verified'}
      </span>
      {kinds(lane).map(({ first, count }) => (
        <Ask
          key={first.id}
          lane={lane}
          suggestion={first}
          count={count}
          reachable={focused}
          inFocus={
            asked === first.id ||
            (asked !== null && count > 1 && lane.suggestions.some((s) => s.id === asked && s.kind === first.kind))
          }
        />
      ))}
      <span className={styles.grow} />
      {hero !== undefined && (
        <span className={styles.plan} title={hero.reason}>
          {hero.recommendedMotion.replaceAll('_', ' ')} · {hero.recommendedDurationSeconds.toFixed(1)} s
          <Chip>{hero.tier.toUpperCase()}</Chip>
        </span>
      )}
    </div>
  );
});

/** Suggestions of one kind are shown, and answered, as one. */
function kinds(lane: LaneView): readonly { readonly first: Suggestion; readonly count: number }[] {
  const byKind = new Map<string, { first: Suggestion; count: number }>();
  for (const one of lane.suggestions) {
    const known = byKind.get(one.kind);
    if (known === undefined) byKind.set(one.kind, { first: one, count: 1 });
    else known.count += 1;
  }
  return [...byKind.values()];
}

interface AskProps {
  readonly lane: LaneView;
  readonly suggestion: Suggestion;
  readonly count: number;
  readonly reachable: boolean;
  /** Enter and D answer this one. */
  readonly inFocus: boolean;
}

function Ask({ lane, suggestion, count, reachable, inFocus }: AskProps) {
  const tabIndex = reachable ? 0 : -1;
  const rooms = suggestion.kind === 'uncertain_label' ? (suggestion.rooms ?? []).slice(0, 2) : [];
  const text =
    suggestion.kind === 'near_duplicate'
      ? `${count === 1 ? 'Near-duplicate' : `${count} near-duplicates`} left out`
      : suggestion.text;
  return (
    <span className={styles.ask} data-asked={inFocus}>
      <CircleAlert size={12} aria-hidden="true" />
      {rooms.length === 0 && <span>{text}</span>}
      {rooms.map((room, index) => (
        <span key={room} className={styles.choice}>
          {index > 0 && 'or'}
          <button type="button" tabIndex={tabIndex} className={styles.answer} onClick={() => labelLane(lane, room)}>
            {index === 0 ? roomName(room) : roomName(room).toLowerCase()}
          </button>
          {index === rooms.length - 1 && '?'}
        </span>
      ))}

      {suggestion.kind === 'low_confidence' && (
        <button type="button" tabIndex={tabIndex} className={styles.answer} onClick={() => answer(lane, suggestion)}>
          Yes
        </button>
      )}
      {suggestion.kind === 'near_duplicate' && (
        <button
          type="button"
          tabIndex={tabIndex}
          className={styles.answer}
          onClick={() => {
            focusOn(suggestion.photoIds[0] ?? null);
            const alike = lane.suggestions.filter((one) => one.kind === 'near_duplicate');
            notDuplicate(alike.flatMap((one) => one.photoIds[0] ?? []));
          }}
        >
          Keep
        </button>
      )}
      <button
        type="button"
        tabIndex={tabIndex}
        className={styles.dismiss}
        aria-label={`Dismiss: ${text}`}
        title="Dismiss"
        onClick={() => {
          focusOn(lane.photos[0]?.id ?? null);
          dismiss(suggestion);
        }}
      >
        <X size={12} aria-hidden="true" />
      </button>
    </span>
  );
}

function answer(lane: LaneView, suggestion: Suggestion): void {
  focusOn(lane.photos[0]?.id ?? null);
  acceptSuggestion(suggestion);
}
