/** A take as it was rendered, over and over. Exact frames are the Review screen's. */
import { useEffect, useRef, useState } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { type ClipRender, clipUrl, type TakeView } from '../../../main/host/review-contract.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { useRenders } from '../../stores/renders.ts';
import { Pause, Play } from '../../ui/icons.ts';
import { IconButton } from '../../ui/index.ts';
import styles from './Details.module.css';

export interface PlayerProps {
  readonly listingId: string;
  readonly clip: ClipRender;
  readonly take: TakeView | null;
}

export function Player({ listingId, clip, take }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [playing, setPlaying] = useState(false);
  const [problem, setProblem] = useState(false);
  const kbd = useShownKey('take.play');
  const there = take !== null && take.file !== 'missing';
  const src = there ? clipUrl(listingId, clip.clipId, take.specHash, 'clip.mp4') : null;
  const rate = useRenders((state) => state.document?.frameRate);
  const first = there && rate !== undefined ? ((clip.usedFrames.first + 0.5) * rate.den) / rate.num : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another file is another try
  useEffect(() => {
    setProblem(false);
    setPlaying(false);
  }, [src]);
  const toggle = (): void => {
    const element = video.current;
    if (element === null) return;
    // A press of Pause while it loads refuses the play before it: no news.
    if (element.paused) element.play().catch(() => undefined);
    else element.pause();
  };
  useCommand('take.play', toggle, { enabled: src !== null && !problem });
  const photo = mediaUrl(listingId, clip.photoId, '1280');
  if (src === null || problem)
    return (
      <div className={styles.player}>
        <img src={photo} alt={clip.room} draggable={false} />
        <span className={styles.note}>
          {take === null ? 'The photo: there is no take yet' : 'The photo: the file of this take cannot be played'}
        </span>
      </div>
    );
  return (
    <div className={styles.player}>
      <video
        key={src}
        ref={video}
        src={src}
        poster={photo}
        muted
        loop
        playsInline
        preload="metadata"
        aria-label={`Take ${take?.number ?? ''} of ${clip.room}`}
        onClick={toggle}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => setProblem(true)}
        onLoadedMetadata={(event) => {
          event.currentTarget.currentTime = first;
        }}
      />
      <span className={styles.transport}>
        <IconButton
          label={playing ? 'Pause' : 'Play'}
          kbd={kbd}
          variant="plain"
          icon={playing ? <Pause size={14} aria-hidden="true" /> : <Play size={14} aria-hidden="true" />}
          onClick={toggle}
        />
      </span>
    </div>
  );
}
