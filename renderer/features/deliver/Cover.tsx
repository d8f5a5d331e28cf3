/** The still that stands for the film: scrubbed from it, exact to the frame. */
import { useEffect, useState } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { clipFrameUrl, clipUrl, type DeliverDocument, STRIP_FRAMES } from '../../../main/host/review-contract.ts';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { api, events } from '../../api.ts';
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import { Sparkles } from '../../ui/icons.ts';
import { Button, Slider } from '../../ui/index.ts';
import { timecode } from '../timeline/panels/words.ts';
import { type CoverClip, coverAt, coverClips } from './cover-film.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';

/** Milliseconds that the slider rests before the host decodes the very frame. */
const REST_MS = 160;
const NONE: readonly CoverClip[] = [];

export interface CoverProps {
  readonly listingId: string;
  readonly document: DeliverDocument;
}

export function Cover({ listingId, document }: CoverProps) {
  const kept = useDelivery((state) => state.settings?.coverFrame ?? null);
  const [dragged, setDragged] = useState<number | null>(null);
  const clips = useCoverClips(listingId, document.filmRevision);
  const total = document.totalFrames;
  if (total === 0 || clips.length === 0) return null;
  const frame = Math.min(total - 1, dragged ?? kept ?? Math.floor((clips[0]?.durationFrames ?? 0) / 2));
  const at = coverAt(clips, frame);
  const clock = timecode(frame, document.frameRate);
  const set = (coverFrame: number | null): void => {
    setDragged(null);
    if (coverFrame !== kept) changeDelivery('Cover', { coverFrame });
  };
  return (
    <Section
      title="Cover"
      aside={
        kept !== null && (
          <Button variant="ghost" icon={<Sparkles size={14} aria-hidden="true" />} onClick={() => set(null)}>
            Let the studio choose
          </Button>
        )
      }
    >
      <div className={styles.cover}>
        <Still listingId={listingId} clips={clips} frame={frame} />
        <div className={styles.coverWords}>
          <p className={styles.coverRoom}>{at?.clip.room ?? ''}</p>
          <p className={styles.quiet}>
            {clock} · frame {frame}
          </p>
          <p className={styles.quiet}>
            {kept === null && dragged === null
              ? 'The studio chooses when the film is made. Move the slider to choose yourself.'
              : 'The poster of every film, with the titles that stand there.'}
          </p>
        </div>
      </div>
      <div className={styles.film} aria-hidden="true">
        {clips.map((clip) => (
          <button
            key={clip.clipId}
            type="button"
            tabIndex={-1}
            title={clip.room}
            className={styles.filmClip}
            data-on={clip.clipId === at?.clip.clipId}
            style={{ flexGrow: clip.durationFrames }}
            onClick={() => set(clip.startFrame + Math.floor(clip.durationFrames / 2))}
          >
            <img src={mediaUrl(listingId, clip.photoId, '320')} alt="" loading="lazy" draggable={false} />
          </button>
        ))}
      </div>
      <Slider
        label="Cover frame"
        value={frame}
        min={0}
        max={Math.max(1, total - 1)}
        valueText={(value) =>
          `${frameToSeconds(value, document.frameRate).toFixed(2)} seconds, ${coverAt(clips, value)?.clip.room ?? ''}`
        }
        onChange={setDragged}
        onCommit={set}
      />
    </Section>
  );
}

/** At once the nearest picture of the take's strip, then the frame itself. */
function Still({
  listingId,
  clips,
  frame,
}: {
  readonly listingId: string;
  readonly clips: readonly CoverClip[];
  readonly frame: number;
}) {
  const at = coverAt(clips, frame);
  const take = at?.clip.take ?? null;
  const exact =
    at === null || take === null ? null : clipFrameUrl(listingId, at.clip.clipId, take.specHash, at.takeFrame);
  const [shown, setShown] = useState<string | null>(null);
  useEffect(() => {
    if (exact === null) return;
    let stale = false;
    const timer = window.setTimeout(() => {
      const picture = new Image();
      picture.src = exact;
      picture.decode().then(
        () => {
          if (!stale) setShown(exact);
        },
        () => undefined, // the strip's picture stays
      );
    }, REST_MS);
    return () => {
      stale = true;
      window.clearTimeout(timer);
    };
  }, [exact]);
  if (at === null) return <div className={styles.still} />;
  const place = take === null ? 0 : Math.round((at.takeFrame / Math.max(1, take.frames - 1)) * (STRIP_FRAMES - 1));
  return (
    <div className={styles.still}>
      <img src={mediaUrl(listingId, at.clip.photoId, '1280')} alt="" draggable={false} />
      {take !== null && (
        <span
          className={styles.layer}
          style={{
            backgroundImage: `url("${clipUrl(listingId, at.clip.clipId, take.specHash, 'strip.jpg')}")`,
            backgroundSize: `${STRIP_FRAMES * 100}% 100%`,
            backgroundPosition: `${(place / (STRIP_FRAMES - 1)) * 100}% 0`,
          }}
        />
      )}
      {exact !== null && shown === exact && (
        <img className={styles.layer} src={exact} alt={`Frame ${frame} of the film`} draggable={false} />
      )}
    </div>
  );
}

/** The film's clips, asked for again when the film or a take changes. */
function useCoverClips(listingId: string, revision: number): readonly CoverClip[] {
  const [clips, setClips] = useState(NONE);
  const [asked, setAsked] = useState(0);
  useEffect(
    () =>
      events.on((event) => {
        if (event.type === 'renders' && event.listingId === listingId) setAsked((count) => count + 1);
      }),
    [listingId],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision or another take is another answer
  useEffect(() => {
    let stale = false;
    const load = async (): Promise<void> => {
      const [film, renders] = await Promise.all([
        api.timeline.get.query({ id: listingId }),
        api.renders.get.query({ id: listingId }),
      ]);
      if (!stale) setClips(coverClips(film.timeline?.clips ?? [], renders.clips));
    };
    load().catch(() => undefined); // without an answer there is no cover to choose yet; the next event asks again
    return () => {
      stale = true;
    };
  }, [listingId, revision, asked]);
  return clips;
}
