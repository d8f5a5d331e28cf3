/** Timeline: the whole film, seen and heard at once, and cut on the beat. */
import { useEffect, useState } from 'react';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { totalFrames } from '../../../pipeline/timeline/clip-math.ts';
import { events } from '../../api.ts';
import { useCommand } from '../../keys/index.ts';
import { CannotOpen, Said, savingWords, useListingName, useRefusals, useStatus } from '../../shell/listing-screen.tsx';
import { openTimeline, receiveTimelineEvent, refetchTimeline, useTimeline } from '../../stores/timeline.ts';
import { Skeleton } from '../../ui/index.ts';
import { timelineHost } from './host.ts';
import { LeftPanel } from './panels/LeftPanel.tsx';
import { RightPanel } from './panels/RightPanel.tsx';
import { PlayerBox } from './player/PlayerBox.tsx';
import styles from './Timeline.module.css';
import { Tracks } from './tracks/Tracks.tsx';

export function Screen({ listingId }: { readonly listingId: string }) {
  const here = useTimeline((state) => state.listingId === listingId && state.document !== null);
  const error = useTimeline((state) => (state.listingId === listingId ? state.error : null));
  const [panels, setPanels] = useState(true);
  useEffect(() => {
    void openTimeline(listingId, timelineHost);
    return events.on(receiveTimelineEvent);
  }, [listingId]);
  useFrame(listingId);
  useRefusals(useTimeline);
  useCommand('panels.toggle', () => setPanels((open) => !open));

  if (!here && error !== null)
    return (
      <CannotOpen error={error} listingId={listingId} again={refetchTimeline}>
        Nothing that you decided is lost.
      </CannotOpen>
    );
  if (!here) return <Waiting />;
  return (
    <div className={styles.screen}>
      <div className={styles.upper} data-panels={panels}>
        {panels && (
          <aside className={styles.left} aria-label="Film, beats and checks">
            <LeftPanel />
          </aside>
        )}
        <div className={styles.player}>
          <PlayerBox />
        </div>
        {panels && (
          <aside className={styles.right} aria-label="Clip, history and versions">
            <RightPanel />
          </aside>
        )}
      </div>
      <Tracks />
      <Said useStore={useTimeline} />
    </div>
  );
}

/** The listing's name in the top bar, and whether everything is saved in the status line. */
function useFrame(listingId: string): void {
  const pending = useTimeline((state) => state.pending);
  const offline = useTimeline((state) => state.offline);
  const saved = useTimeline((state) => state.saved);
  const timeline = useTimeline((state) => state.timeline);
  const opened = useTimeline((state) => (state.listingId === listingId ? state.document?.listing : undefined));
  const clips = timeline?.clips.length ?? 0;
  const seconds = timeline === null ? 0 : frameToSeconds(totalFrames(timeline.clips), timeline.frameRate);
  const template = timeline?.template.replaceAll('_', ' ') ?? '';
  useListingName(listingId, opened, clips === 0 ? '' : `${template} · ${seconds.toFixed(0)} s`);
  const film = clips === 0 ? '' : `${clips} clips · ${seconds.toFixed(2)} s`;
  const kept = [saved === '' ? '' : `${saved} · saved`, film].filter((part) => part !== '').join(' · ');
  useStatus(savingWords(pending, offline) ?? kept);
}

function Waiting() {
  return (
    <div className={styles.waiting} role="status" aria-label="Opening the film">
      <Skeleton height={360} />
      <Skeleton height={80} />
      <Skeleton height={80} />
    </div>
  );
}
