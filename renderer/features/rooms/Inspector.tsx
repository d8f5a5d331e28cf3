import { type ReactNode, useEffect, useRef, useState } from 'react';
import { mediaUrl, type PhotoFacts } from '../../../main/host/contract.ts';
import { type PhotoView, type RoomsView, roomName } from '../../../pipeline/rooms/view.ts';
import { useCommand, useCommands } from '../../keys/index.ts';
import { photoFacts, useRooms } from '../../stores/rooms.ts';
import { ChevronLeft, ChevronRight, EyeOff, Layers, Star } from '../../ui/icons.ts';
import { Button, Chip, cx, Dialog, IconButton, Kbd, KeyValue, Meter, Segmented } from '../../ui/index.ts';
import { dismiss, focusOn, hero, notDuplicate, toggleExcluded } from './actions.ts';
import styles from './Inspector.module.css';
import type { Layout } from './layout.ts';
import { laneOf, photoOf } from './targets.ts';

type Overlay = 'none' | 'depth' | 'sharp';

export interface InspectorProps {
  readonly view: RoomsView;
  readonly listingId: string;
  readonly layout: Layout;
}

/** One photo as large as the window, with all that is known of it. */
export function Inspector({ view, listingId, layout }: InspectorProps) {
  const open = useRooms((state) => state.inspecting);
  const focus = useRooms((state) => state.focus);
  const photo = photoOf(view, focus);
  if (!open || photo === null) return null;
  const close = () => useRooms.setState({ inspecting: false });
  return (
    <Dialog open onOpenChange={close} size="full" title={photo.file} className={styles.dialog}>
      <Content view={view} listingId={listingId} layout={layout} photo={photo} close={close} />
    </Dialog>
  );
}

function Content({
  view,
  listingId,
  layout,
  photo,
  close,
}: InspectorProps & { readonly photo: PhotoView; readonly close: () => void }) {
  const [overlay, setOverlay] = useState<Overlay>('none');
  const lane = laneOf(view, photo.id);
  const left = useRooms((state) => state.decisions?.excluded[photo.id] === true);
  const at = layout.order.indexOf(photo.id);
  const step = (by: number) => {
    const next = layout.order[at + by];
    if (next !== undefined) focusOn(next);
  };
  const twin = photo.duplicateOf === undefined ? null : photoOf(view, photo.duplicateOf);
  const asked = lane?.suggestions.find((one) => one.kind === 'near_duplicate' && one.photoIds[0] === photo.id);
  const inOverlay = { inOverlay: true };
  useCommands(['focus.left', 'focus.up'], () => step(-1), inOverlay);
  useCommands(['focus.right', 'focus.down'], () => step(1), inOverlay);
  useCommand('photos.inspect', close, inOverlay);
  useCommand('photos.hero', hero, inOverlay);
  useCommand('photos.exclude', () => toggleExcluded(layout), inOverlay);
  useCommand('photos.notDuplicate', () => notDuplicate([photo.id]), { inOverlay: true, enabled: asked !== undefined });
  const keep = { inOverlay: true, enabled: asked !== undefined };
  const keepThis = () => hero();
  const keepTwin = () => asked !== undefined && dismiss(asked);
  useCommand('rooms.label.1', keepThis, keep);
  useCommand('rooms.label.2', keepTwin, keep);
  const isHero = lane?.heroPhotoId === photo.id;
  return (
    <div className={styles.root}>
      <div className={styles.stage}>
        {asked !== undefined && twin !== null ? (
          <div className={styles.pair}>
            <Choice photo={photo} listingId={listingId} kbd="1" onChoose={keepThis} words="Keep this one" />
            <Choice photo={twin} listingId={listingId} kbd="2" onChoose={keepTwin} words="Keep that one" />
          </div>
        ) : (
          <Picture photo={photo} listingId={listingId} overlay={overlay} />
        )}
        <IconButton
          label="Previous photo"
          kbd="ArrowLeft"
          className={cx(styles.turn, styles.before)}
          icon={<ChevronLeft size={20} aria-hidden="true" />}
          disabled={at <= 0}
          onClick={() => step(-1)}
        />
        <IconButton
          label="Next photo"
          kbd="ArrowRight"
          className={cx(styles.turn, styles.after)}
          icon={<ChevronRight size={20} aria-hidden="true" />}
          disabled={at >= layout.order.length - 1}
          onClick={() => step(1)}
        />
      </div>
      <aside className={styles.facts} aria-label="About this photo">
        <div className={styles.row}>
          <Chip>{lane === null ? 'Left out' : roomName(lane.roomType)}</Chip>
          {isHero && <Chip icon={<Star size={12} aria-hidden="true" />}>Hero</Chip>}
          <span className={styles.place}>
            {at + 1} of {layout.order.length}
          </span>
        </div>
        {asked !== undefined ? (
          <section className={styles.section}>
            <p>These two show nearly the same. One of them goes into the film.</p>
            <Button icon={<Layers size={14} aria-hidden="true" />} kbd="U" onClick={() => notDuplicate([photo.id])}>
              Keep both
            </Button>
          </section>
        ) : (
          <div className={styles.row}>
            <Segmented<Overlay>
              label="Overlay"
              value={overlay}
              options={[
                { value: 'none', label: 'Photo' },
                { value: 'depth', label: 'Depth' },
                { value: 'sharp', label: 'Sharpness' },
              ]}
              onChange={setOverlay}
            />
          </div>
        )}
        {overlay === 'depth' && <p className={styles.note}>Near is warm, far is cool.</p>}
        {overlay === 'sharp' && <p className={styles.note}>Bright where the picture is sharp.</p>}
        <section className={styles.section} aria-label="Scores">
          <Meter label="Score" value={photo.finalScore} />
          <Meter label="Sharpness" value={photo.sharpness} />
          <Meter label="Exposure" value={photo.exposureScore} />
          <Meter label="Composition" value={photo.compositionScore} />
        </section>
        <Exif photo={photo} />
        <div className={styles.row}>
          <Button
            kbd="H"
            icon={<Star size={14} aria-hidden="true" />}
            disabled={isHero || lane === null}
            onClick={hero}
          >
            Make hero
          </Button>
          <Button kbd="X" icon={<EyeOff size={14} aria-hidden="true" />} onClick={() => toggleExcluded(layout)}>
            {left ? 'Take back in' : 'Exclude'}
          </Button>
        </div>
      </aside>
    </div>
  );
}

/** The 1280 proxy at once, the 2560 one over it as soon as it is decoded. */
function Picture({
  photo,
  listingId,
  overlay,
}: {
  readonly photo: PhotoView;
  readonly listingId: string;
  readonly overlay: Overlay;
}) {
  const [large, setLarge] = useState<string | null>(null);
  const [missing, setMissing] = useState<string | null>(null);
  const id = useRef(photo.id);
  useEffect(() => {
    id.current = photo.id;
    const image = new Image();
    image.src = mediaUrl(listingId, photo.id, '2560');
    image.decode().then(
      () => id.current === photo.id && setLarge(image.src),
      () => undefined, // not made yet: the smaller one stays
    );
  }, [photo.id, listingId]);
  const small = mediaUrl(listingId, photo.id, '1280');
  const shown = large?.endsWith(mediaUrl(listingId, photo.id, '2560')) === true ? large : small;
  const variant = overlay === 'depth' ? 'depthview' : 'sharpview';
  const key = `${photo.id} ${overlay}`;
  return (
    <div className={styles.picture}>
      <img src={shown} alt={photo.file} />
      {overlay !== 'none' && missing !== key && (
        <img
          className={cx(styles.over, overlay === 'depth' && styles.depth)}
          src={mediaUrl(listingId, photo.id, variant)}
          alt={overlay === 'depth' ? 'Depth' : 'Sharpness'}
          onError={() => setMissing(key)}
        />
      )}
      {missing === key && <p className={styles.missing}>Not measured for this photo yet.</p>}
    </div>
  );
}

function Choice({
  photo,
  listingId,
  kbd,
  words,
  onChoose,
}: {
  readonly photo: PhotoView;
  readonly listingId: string;
  readonly kbd: string;
  readonly words: string;
  readonly onChoose: () => void;
}) {
  return (
    <figure className={styles.choice}>
      <img src={mediaUrl(listingId, photo.id, '1280')} alt={photo.file} />
      <figcaption>
        <span className={styles.name}>{photo.file}</span>
        <span>
          Score {photo.finalScore.toFixed(2)} · sharpness {photo.sharpness.toFixed(2)}
        </span>
        <Button onClick={onChoose}>
          {words} <Kbd chord={kbd} />
        </Button>
      </figcaption>
    </figure>
  );
}

/** What the camera wrote into the file. */
function Exif({ photo }: { readonly photo: PhotoView }) {
  const [facts, setFacts] = useState<{ readonly id: string; readonly facts: PhotoFacts | string } | null>(null);
  useEffect(() => {
    let gone = false;
    photoFacts(photo.id).then(
      (got) => !gone && setFacts({ id: photo.id, facts: got }),
      (error: unknown) =>
        !gone && setFacts({ id: photo.id, facts: error instanceof Error ? error.message : 'The file cannot be read.' }),
    );
    return () => {
      gone = true;
    };
  }, [photo.id]);
  const known = facts !== null && facts.id === photo.id ? facts.facts : null;
  let body: ReactNode = null;
  if (typeof known === 'string') body = <p className={styles.note}>{known}</p>;
  else if (known !== null)
    body = (
      <KeyValue
        rows={[
          { name: 'Size', value: `${photo.width} × ${photo.height}` },
          { name: 'File', value: `${(known.bytes / 1e6).toFixed(1)} MB` },
          ...known.exif.filter(({ name }) => name !== 'Size'),
        ]}
      />
    );
  return (
    <section className={styles.section} aria-label="From the camera">
      {body}
    </section>
  );
}
