/** The clip that has the focus: its take playing, what is known of it, its takes, and another try. */

import type { ClipRender, TakeView } from '../../../main/host/review-contract.ts';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { useRenders } from '../../stores/renders.ts';
import { CircleX, Info, ScanEye } from '../../ui/icons.ts';
import { Button, Chip, KeyValue } from '../../ui/index.ts';
import { Again } from './Again.tsx';
import styles from './Details.module.css';
import { Figures } from './Figures.tsx';
import { Player } from './Player.tsx';
import { Takes } from './Takes.tsx';
import { currentTake, inWords, RENDERER_NAMES_SHOWN, REVIEW_WORDS, stateWords } from './words.ts';

/** The take that is shown of a clip: the one asked for, else the current one. */
export function shownTake(clip: ClipRender, asked: string | null): TakeView | null {
  return clip.takes.find((take) => take.specHash === asked) ?? currentTake(clip);
}

export function Details({ listingId }: { readonly listingId: string }) {
  const clip = useRenders(({ document, focus }) => document?.clips.find(({ clipId }) => clipId === focus) ?? null);
  const asked = useRenders((state) => state.take);
  const rate = useRenders((state) => state.document?.frameRate ?? null);
  const reviewKey = useShownKey('take.review');
  if (clip === null || rate === null) return <p className={styles.nothing}>Choose a clip to see its takes.</p>;
  const take = shownTake(clip, asked);
  const seconds = frameToSeconds(clip.durationFrames, rate);
  const { words, tone } = stateWords(clip);
  const review = REVIEW_WORDS[clip.review];
  return (
    <div className={styles.panel}>
      <Player listingId={listingId} clip={clip} take={take} />
      <header className={styles.head}>
        <h2>
          <span className={styles.index}>{clip.index + 1}</span>
          {clip.room}
        </h2>
        <Chip tone={tone}>{words}</Chip>
        {take !== null && <Chip tone={review.tone}>{review.words}</Chip>}
      </header>
      {clip.error !== null && (
        <div className={styles.error} role="alert">
          <CircleX size={14} aria-hidden="true" />
          <span>
            {clip.error.message}
            {clip.error.file !== undefined && <span className={styles.file}>{clip.error.file}</span>}
          </span>
        </div>
      )}
      {clip.downgradeReason !== null && (
        <div className={styles.downgrade}>
          <Info size={14} aria-hidden="true" />
          <span>{clip.downgradeReason}</span>
        </div>
      )}
      <KeyValue
        rows={[
          {
            name: 'The film asks for',
            value: `${inWords(clip.motion)}, ${RENDERER_NAMES_SHOWN[clip.renderer].toLowerCase()}`,
          },
          { name: 'In the film', value: `${clip.durationFrames} frames, ${seconds.toFixed(2)} s` },
          { name: 'Frames used', value: `${clip.usedFrames.first} to ${clip.usedFrames.last} of ${clip.moveFrames}` },
          {
            name: 'Photo',
            value: (
              <span className={styles.photo} title={clip.photoFile}>
                {clip.photoFile}
              </span>
            ),
          },
        ]}
      />
      {clip.takes.length > 0 && (
        <Button
          kbd={reviewKey}
          icon={<ScanEye size={14} aria-hidden="true" />}
          onClick={() => runCommand('take.review')}
        >
          Review frame by frame
        </Button>
      )}
      <Takes clip={clip} shown={take} />
      {take !== null && <Figures take={take} />}
      <Again key={`${clip.clipId} ${clip.motion} ${clip.renderer} ${clip.amount} ${clip.seed}`} clip={clip} />
    </div>
  );
}
