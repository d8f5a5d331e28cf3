/** Renders: every clip of the film with its takes, what waits, what runs, what failed and why. */
import { useEffect, useState } from 'react';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { events } from '../../api.ts';
import { useCommand } from '../../keys/index.ts';
import { CannotOpen, Said, useListingName, useRefusals, useStatus } from '../../shell/listing-screen.tsx';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { openRenders, receiveRendersEvent, refetchRenders, useRenders } from '../../stores/renders.ts';
import { clipAsked, clipHref } from '../../stores/renders-links.ts';
import { Clapperboard, SlidersHorizontal } from '../../ui/icons.ts';
import { Button, EmptyState, PanelLayout, Skeleton } from '../../ui/index.ts';
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
  useRefusals(useRenders);

  if (!here)
    return error === null ? (
      <Waiting />
    ) : (
      <CannotOpen error={error} listingId={listingId} again={refetchRenders}>
        What is rendered already is kept.
      </CannotOpen>
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
      <Said useStore={useRenders} />
    </div>
  );
}

/** The listing's name in the top bar, what is rendered in the status line. */
function useFrame(listingId: string): void {
  const document = useRenders((state) => (state.listingId === listingId ? state.document : null));
  const selected = useRenders((state) => state.selected.size);
  const shots = document?.clips ?? [];
  const frames = shots.reduce((sum, clip) => sum + clip.durationFrames, 0);
  const seconds = document === null ? 0 : frameToSeconds(frames, document.frameRate);
  const clips = countWords(shots.length, 'clip');
  useListingName(listingId, document?.listing, shots.length === 0 ? '' : `${clips} · ${seconds.toFixed(0)} s`);
  const rendered = shots.filter((clip) => clip.state === 'rendered').length;
  const chosen = selected > 1 ? ` · ${countWords(selected, 'clip')} selected` : '';
  useStatus(shots.length === 0 ? '' : `${rendered} of ${shots.length} rendered${chosen}`);
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
