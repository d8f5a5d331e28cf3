import { useEffect, useState } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { MOTIONS, type Motion, type Shot } from '../../../pipeline/domain.ts';
import { SHOT_SECONDS } from '../../../pipeline/rooms/decisions.ts';
import { type LaneView, type PhotoView, type RoomsView, roomName } from '../../../pipeline/rooms/view.ts';
import { ShotPreview } from '../../preview/ShotPreview.tsx';
import { useRooms } from '../../stores/rooms.ts';
import { Minus, Plus, RotateCcw } from '../../ui/icons.ts';
import { Button, cx, IconButton, KeyValue, Meter, Slider } from '../../ui/index.ts';
import { setShots } from './actions.ts';
import styles from './SidePanel.module.css';
import { laneOf, photoOf, shared } from './targets.ts';

const words = (name: string): string => name.replaceAll('_', ' ');
const FRAME_RATE = { num: 30, den: 1 } as const;
const RENDERERS = { ltx: 'LTX, else depth parallax', depth_parallax: 'Depth parallax', ken_burns: 'Pan and zoom' };

/** What is known of the photo in focus and of its shot, and what a person may change of it. */
export function SidePanel({
  view,
  listingId,
  playing,
}: {
  readonly view: RoomsView;
  readonly listingId: string;
  readonly playing: boolean;
}) {
  const focus = useRooms((state) => state.focus);
  const hovered = useSettled(useRooms((state) => state.hovered));
  const selected = useRooms((state) => state.selected);
  const photo = photoOf(view, focus);
  const lane = laneOf(view, focus);
  const shown = photoOf(view, hovered) ?? photo;
  if (shown === null || photo === null) return <p className={styles.quiet}>Choose a photo to see its move.</p>;
  // The move played is that of the photo under the pointer, else of the hero of the room in focus.
  const from =
    hovered === null && lane !== null && selected.size !== 1 ? (photoOf(view, lane.heroPhotoId) ?? shown) : shown;
  const playedLane = laneOf(view, from.id);
  const played = playedLane?.shots.find((shot) => shot.photoId === from.id) ?? null;
  const chosen = shotsOf(view, selected.size > 0 ? [...selected] : lane === null ? [] : [lane.heroPhotoId]);
  return (
    <div className={styles.panel}>
      <figure className={styles.preview}>
        {played === null ? (
          <img src={mediaUrl(listingId, from.id, '1280')} alt="" />
        ) : (
          <ShotPreview
            key={from.id}
            photoUrl={mediaUrl(listingId, from.id, '1280')}
            depthUrl={from.depth === undefined ? null : mediaUrl(listingId, from.id, 'depth')}
            photoWidth={from.width}
            photoHeight={from.height}
            motion={played.recommendedMotion}
            amount={played.amount}
            renderer={played.modelRecommendation}
            focus={from.focus}
            frames={Math.round(played.recommendedDurationSeconds * FRAME_RATE.num)}
            frameRate={FRAME_RATE}
            playing={playing}
            aspect={16 / 9}
            alt={`${from.file}, ${words(played.recommendedMotion)}`}
          />
        )}
        <figcaption className={styles.caption}>
          {played === null ? 'Not in the film' : `Live preview · ${words(played.recommendedMotion)}`}
        </figcaption>
      </figure>
      <Facts photo={photo} lane={lane} count={selected.size} />
      {chosen.length > 0 && <ShotEditor key={chosen.map((shot) => shot.photoId).join()} shots={chosen} />}
    </div>
  );
}

function shotsOf(view: RoomsView, ids: readonly string[]): readonly Shot[] {
  const wanted = new Set(ids);
  return view.lanes.flatMap((lane) => lane.shots.filter((shot) => wanted.has(shot.photoId)));
}

/** The photo under the pointer once it rests there: crossing the lanes starts no previews. */
function useSettled(hovered: string | null): string | null {
  const [settled, setSettled] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(hovered), hovered === null ? 250 : 120);
    return () => clearTimeout(timer);
  }, [hovered]);
  return settled;
}

function Facts({
  photo,
  lane,
  count,
}: {
  readonly photo: PhotoView;
  readonly lane: LaneView | null;
  readonly count: number;
}) {
  const rows = [
    {
      name: 'Room',
      value:
        lane === null ? (
          'Left out'
        ) : (
          <>
            {roomName(lane.roomType)} <span className={styles.quiet}>{lane.probability.toFixed(2)}</span>
          </>
        ),
    },
    ...(lane === null
      ? []
      : [
          {
            name: 'Confidence',
            value: <span data-tier={lane.confidenceTier}>{lane.labelledByYou ? 'yours' : lane.confidenceTier}</span>,
          },
          { name: 'View overlap', value: lane.overlapScore === null ? 'not measured' : lane.overlapScore.toFixed(2) },
        ]),
    { name: 'Depth contrast', value: photo.depth === undefined ? 'none' : photo.depth.variance.toFixed(3) },
  ];
  return (
    <section className={styles.section} aria-label="Scores">
      <p className={styles.file} title={photo.file}>
        {count > 1 ? `${count} photos · ${photo.file}` : photo.file}
      </p>
      <KeyValue rows={rows} />
      <div className={styles.meters}>
        <Meter label="Sharpness" value={photo.sharpness} />
        <Meter label="Exposure" value={photo.exposureScore} />
        <Meter label="Composition" value={photo.compositionScore} />
      </div>
    </section>
  );
}

/** Motion, amount and length of one or several shots; what differs says `mixed`, a change is for all of them. */
function ShotEditor({ shots }: { readonly shots: readonly Shot[] }) {
  const [more, setMore] = useState(false);
  const [dragged, setDragged] = useState<number | null>(null);
  const decisions = useRooms((state) => state.decisions);
  const ids = shots.map((shot) => shot.photoId);
  const motion = shared(shots.map((shot) => shot.recommendedMotion));
  const amount = shared(shots.map((shot) => shot.amount));
  const length = shared(shots.map((shot) => shot.recommendedDurationSeconds));
  const renderer = shared(shots.map((shot) => shot.modelRecommendation));
  const reason = shared(shots.map((shot) => shot.reason));
  const allowed = MOTIONS.filter((one) => shots.every((shot) => shot.allowedMotions.includes(one)));
  const others = MOTIONS.filter((one) => !allowed.includes(one));
  const own =
    decisions !== null &&
    ids.some((id) =>
      [decisions.motion[id], decisions.amount[id], decisions.duration[id]].some((one) => one !== undefined),
    );
  const seconds = typeof length === 'number' ? length : (shots[0]?.recommendedDurationSeconds ?? 3);
  const setLength = (by: number) => {
    const next = Math.round((seconds + by) * 10) / 10;
    setShots(ids, { duration: Math.min(SHOT_SECONDS.longest, Math.max(SHOT_SECONDS.shortest, next)) });
  };
  const held = dragged ?? (typeof amount === 'number' ? amount : (shots[0]?.amount ?? 0.5));
  return (
    <section className={styles.section} aria-label="Shot">
      <header className={styles.head}>
        <h3>{shots.length > 1 ? `Motion of ${shots.length} shots` : 'Motion'}</h3>
        {motion === 'mixed' && <span className={styles.quiet}>mixed</span>}
        <span className={styles.grow} />
        {own && (
          <Button
            variant="ghost"
            icon={<RotateCcw size={12} aria-hidden="true" />}
            onClick={() => setShots(ids, { motion: null, amount: null, duration: null })}
          >
            As planned
          </Button>
        )}
      </header>
      <div className={styles.chips}>
        {(more ? [...allowed, ...others] : allowed).map((one) => (
          <MotionChip key={one} motion={one} on={one === motion} odd={!allowed.includes(one)} ids={ids} />
        ))}
        {others.length > 0 && (
          <button type="button" className={styles.more} aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? 'fewer' : `${others.length} more`}
          </button>
        )}
      </div>
      <p className={styles.reason}>{reason === 'mixed' ? 'Each shot has its own reason.' : reason}</p>
      <div className={styles.field}>
        <span>Amount</span>
        <Slider
          label="Amount"
          value={held}
          min={0}
          max={1}
          step={0.05}
          disabled={motion === 'static'}
          valueText={(value) => `${Math.round(value * 100)} percent`}
          onChange={setDragged}
          onCommit={(value) => {
            setDragged(null);
            setShots(ids, { amount: value });
          }}
        />
        <span className={styles.value}>
          {amount === 'mixed' && dragged === null ? 'mixed' : `${Math.round(held * 100)} %`}
        </span>
      </div>
      <div className={styles.field}>
        <span>Length</span>
        <span className={styles.stepper}>
          <IconButton
            label="Shorter by half a second"
            icon={<Minus size={14} aria-hidden="true" />}
            disabled={seconds <= SHOT_SECONDS.shortest}
            onClick={() => setLength(-0.5)}
          />
          <output aria-label="Length">{length === 'mixed' ? 'mixed' : `${seconds.toFixed(1)} s`}</output>
          <IconButton
            label="Longer by half a second"
            icon={<Plus size={14} aria-hidden="true" />}
            disabled={seconds >= SHOT_SECONDS.longest}
            onClick={() => setLength(0.5)}
          />
        </span>
      </div>
      <div className={styles.field}>
        <span>Renderer</span>
        <span className={styles.wide}>{renderer === null || renderer === 'mixed' ? 'mixed' : RENDERERS[renderer]}</span>
      </div>
    </section>
  );
}

function MotionChip({
  motion,
  on,
  odd,
  ids,
}: {
  readonly motion: Motion;
  readonly on: boolean;
  readonly odd: boolean;
  readonly ids: readonly string[];
}) {
  return (
    <button
      type="button"
      aria-pressed={on}
      className={cx(styles.motion, on && styles.on, odd && styles.odd)}
      title={odd ? 'The photo bears this only as a move inside the picture' : undefined}
      onClick={() => setShots(ids, { motion })}
    >
      {words(motion)}
    </button>
  );
}
