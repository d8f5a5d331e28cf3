/** Timeline: the whole film, seen and heard at once, and cut on the beat. */
import { useEffect, useState } from 'react';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { totalFrames } from '../../../pipeline/timeline/clip-math.ts';
import { events } from '../../api.ts';
import { useCommand } from '../../keys/index.ts';
import { useListings } from '../../stores/listings.ts';
import { setOpenListing, setStatus } from '../../stores/shell.ts';
import { openTimeline, receiveTimelineEvent, refetchTimeline, useTimeline } from '../../stores/timeline.ts';
import { toast } from '../../stores/toasts.ts';
import { RefreshCw } from '../../ui/icons.ts';
import { Button, ErrorState, Skeleton } from '../../ui/index.ts';
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
  useRefusals();
  useCommand('panels.toggle', () => setPanels((open) => !open));

  if (!here && error !== null)
    return (
      <ErrorState
        title={error.message}
        file={error.file}
        details={`Code: ${error.code}\nListing: ${listingId}`}
        actions={
          <Button
            variant="primary"
            icon={<RefreshCw size={14} aria-hidden="true" />}
            onClick={() => void refetchTimeline()}
          >
            Try again
          </Button>
        }
      >
        Nothing that you decided is lost.
      </ErrorState>
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
      <Said />
    </div>
  );
}

/** What was done, for screen readers. */
function Said() {
  const said = useTimeline((state) => state.said);
  return (
    <div className={styles.hidden} role="status" aria-live="polite">
      {said}
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
  const card = useListings((state) => state.cards.get(listingId)) ?? opened;
  const name = card?.name ?? null;
  const photos = card?.photoCount ?? 0;
  const attention = card?.attentionCount ?? 0;
  const clips = timeline?.clips.length ?? 0;
  const seconds = timeline === null ? 0 : frameToSeconds(totalFrames(timeline.clips), timeline.frameRate);
  const template = timeline?.template.replaceAll('_', ' ') ?? '';
  useEffect(() => {
    if (name === null) return;
    const film = clips === 0 ? '' : ` · ${template} · ${seconds.toFixed(0)} s`;
    setOpenListing({ id: listingId, name, sub: `${photos} photos${film}`, attentionCount: attention });
  }, [listingId, name, photos, attention, template, clips, seconds]);
  useEffect(() => {
    const film = clips === 0 ? '' : `${clips} clips · ${seconds.toFixed(2)} s`;
    if (offline) setStatus(`${pending} not saved yet: the studio does not answer, it is tried again`);
    else if (pending > 0) setStatus('Saving');
    else setStatus([saved === '' ? '' : `${saved} · saved`, film].filter((part) => part !== '').join(' · '));
    return () => setStatus('');
  }, [pending, offline, saved, clips, seconds]);
}

/** Says what was refused and why; it was taken back already. */
function useRefusals(): void {
  const refusal = useTimeline((state) => state.refusal);
  useEffect(() => {
    if (refusal === null) return;
    toast({ tone: 'fail', title: `Not done: ${refusal.label}`, detail: refusal.message });
    useTimeline.setState({ refusal: null });
  }, [refusal]);
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
