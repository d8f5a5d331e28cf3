/** Renders: every clip of the film with its takes, what waits, what runs, what failed and why. */
import { useEffect, useState } from 'react';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { events } from '../../api.ts';
import { useCommand } from '../../keys/index.ts';
import { changePreferences } from '../../stores/change-preferences.ts';
import { useListings } from '../../stores/listings.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { openRenders, receiveRendersEvent, refetchRenders, useRenders } from '../../stores/renders.ts';
import { clipAsked, clipHref } from '../../stores/renders-links.ts';
import { setOpenListing, setStatus } from '../../stores/shell.ts';
import { toast } from '../../stores/toasts.ts';
import { Clapperboard, RefreshCw, SlidersHorizontal } from '../../ui/icons.ts';
import { Button, EmptyState, ErrorState, PanelLayout, Skeleton } from '../../ui/index.ts';
import { Details } from './Details.tsx';
import { rendersHost } from './host.ts';
import { List } from './List.tsx';
import styles from './Renders.module.css';
import { Toolbar } from './Toolbar.tsx';
import { useRendersCommands } from './useRendersCommands.ts';
import { countWords } from './words.ts';

export function Screen({ listingId }: { readonly listingId: string }) {
  const here = useRenders((state) => state.listingId === listingId && state.document !== null);
  const empty = useRenders((state) => state.document?.clips.length === 0);
  const error = useRenders((state) => (state.listingId === listingId ? state.error : null));
  useEffect(() => {
    void openRenders(listingId, rendersHost, clipAsked());
    return events.on(receiveRendersEvent);
  }, [listingId]);
  useFrame(listingId);
  useRefusals();

  if (!here)
    return error === null ? (
      <Waiting />
    ) : (
      <ErrorState
        title={error.message}
        file={error.file}
        details={`Code: ${error.code}\nListing: ${listingId}`}
        actions={
          <Button
            variant="primary"
            icon={<RefreshCw size={14} aria-hidden="true" />}
            onClick={() => void refetchRenders()}
          >
            Try again
          </Button>
        }
      >
        What is rendered already is kept.
      </ErrorState>
    );
  if (empty)
    return (
      <EmptyState
        icon={<Clapperboard size={24} aria-hidden="true" />}
        title="There is no film to render yet"
        actions={
          <Button
            variant="primary"
            icon={<SlidersHorizontal size={14} aria-hidden="true" />}
            onClick={() => {
              window.location.hash = clipHref(listingId, 'timeline', null);
            }}
          >
            Open the timeline
          </Button>
        }
      >
        The timeline builds it from your photos; its shots are rendered here.
      </EmptyState>
    );
  return <Renders listingId={listingId} />;
}

function Renders({ listingId }: { readonly listingId: string }) {
  const open = usePreferences((state) => state.sidePanelOpen);
  const [width, setWidth] = useState(400);
  useCommand('renders.panel', () => void changePreferences({ sidePanelOpen: !open }));
  useRendersCommands(listingId);
  return (
    <div className={styles.screen}>
      <Toolbar />
      <PanelLayout
        label="Clip and takes"
        open={open}
        width={width}
        onWidthChange={setWidth}
        min={340}
        panel={<Details listingId={listingId} />}
      >
        <List listingId={listingId} />
      </PanelLayout>
      <Said />
    </div>
  );
}

/** What was done, for screen readers. */
function Said() {
  const said = useRenders((state) => state.said);
  return (
    <div className={styles.spoken} role="status" aria-live="polite">
      {said}
    </div>
  );
}

/** The listing's name in the top bar, what is rendered in the status line. */
function useFrame(listingId: string): void {
  const shots = useRenders((state) => (state.listingId === listingId ? state.document?.clips : undefined));
  const rate = useRenders((state) => state.document?.frameRate);
  const opened = useRenders((state) => (state.listingId === listingId ? state.document?.listing : undefined));
  const selected = useRenders((state) => state.selected.size);
  const card = useListings((state) => state.cards.get(listingId)) ?? opened;
  const name = card?.name ?? null;
  const photos = card?.photoCount ?? 0;
  const attention = card?.attentionCount ?? 0;
  const clips = shots?.length ?? 0;
  const frames = shots?.reduce((sum, clip) => sum + clip.durationFrames, 0) ?? 0;
  const seconds = rate === undefined ? 0 : frameToSeconds(frames, rate);
  useEffect(() => {
    if (name === null) return;
    const film = clips === 0 ? '' : ` · ${countWords(clips, 'clip')} · ${seconds.toFixed(0)} s`;
    setOpenListing({ id: listingId, name, sub: `${photos} photos${film}`, attentionCount: attention });
  }, [listingId, name, photos, attention, clips, seconds]);
  const rendered = shots?.filter((clip) => clip.state === 'rendered').length ?? 0;
  useEffect(() => {
    if (clips > 0)
      setStatus(`${rendered} of ${clips} rendered${selected > 1 ? ` · ${countWords(selected, 'clip')} selected` : ''}`);
    return () => setStatus('');
  }, [clips, rendered, selected]);
}

/** Says what was refused and why. */
function useRefusals(): void {
  const refusal = useRenders((state) => state.refusal);
  useEffect(() => {
    if (refusal === null) return;
    toast({ tone: 'fail', title: `Not done: ${refusal.label}`, detail: refusal.message });
    useRenders.setState({ refusal: null });
  }, [refusal]);
}

const ROWS = [0, 1, 2, 3, 4, 5, 6, 7];

function Waiting() {
  return (
    <div className={styles.waiting} role="status" aria-label="Opening the renders">
      {ROWS.map((row) => (
        <div key={row} className={styles.waitingRow}>
          <Skeleton width={112} height={63} />
          <Skeleton height={20} width={`${62 - row * 3}%`} />
        </div>
      ))}
    </div>
  );
}
