/** Rooms: what phase 1 found, mended faster than in any photo tool. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { RoomsView } from '../../../pipeline/rooms/view.ts';
import { events } from '../../api.ts';
import { photosWords, Said, savingWords, useRefusals, useStatus } from '../../shell/listing-screen.tsx';
import { useListings } from '../../stores/listings.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { openRooms, receiveRoomsEvent, useRooms } from '../../stores/rooms.ts';
import { setOpenListing } from '../../stores/shell.ts';
import { useTasks } from '../../stores/tasks.ts';
import { CircleCheck } from '../../ui/icons.ts';
import { Button, EmptyState, PanelLayout, Skeleton } from '../../ui/index.ts';
import { Analysing, Rejected, Work } from './Analysing.tsx';
import { roomsHost } from './host.ts';
import { Inspector } from './Inspector.tsx';
import { Lanes } from './Lanes.tsx';
import { Legend } from './Legend.tsx';
import { type Layout, layoutRooms } from './layout.ts';
import { Problem, ProblemBanner } from './Problem.tsx';
import styles from './Rooms.module.css';
import { SidePanel } from './SidePanel.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useRoomsCommands } from './useRoomsCommands.ts';

const openLarge = (): void => useRooms.setState({ inspecting: true });

export function Screen({ listingId }: { readonly listingId: string }) {
  const document = useRooms((state) => (state.listingId === listingId ? state.document : null));
  const view = useRooms((state) => (state.listingId === listingId ? state.view : null));
  const error = useRooms((state) => state.error);
  const card = useListings((state) => state.cards.get(listingId)) ?? document?.listing ?? null;
  const newest = useTasks((state) => state.byListing.get(listingId)) ?? document?.listing.task ?? null;
  const task = newest !== null && ['waiting', 'running', 'paused'].includes(newest.state) ? newest : null;

  useEffect(() => {
    void openRooms(listingId, roomsHost);
    return events.on(receiveRoomsEvent);
  }, [listingId]);
  useFrame(listingId, card?.name ?? null, view);
  useRefusals(useRooms);

  if (document === null)
    return error === null ? <Waiting /> : <Problem error={error} listingId={listingId} task={null} />;
  const problem = newest?.state === 'failed' ? (newest.error ?? card?.error ?? null) : (card?.error ?? null);
  if (view === null) {
    if (task === null && problem !== null) return <Problem error={problem} listingId={listingId} task={newest} />;
    return (
      <>
        <Analysing listingId={listingId} ready={document.ready} task={task} rejected={document.rejected} />
        <Said useStore={useRooms} />
      </>
    );
  }
  return (
    <Rooms
      view={view}
      listingId={listingId}
      banner={
        <>
          {task !== null && <Work task={task} />}
          {task === null && (problem !== null || card?.folderMissing === true) && (
            <ProblemBanner
              error={problem}
              folder={card?.folderMissing === true ? card.folder : null}
              listingId={listingId}
              task={newest}
            />
          )}
          <Rejected rejected={document.rejected} />
        </>
      }
    />
  );
}

function Rooms({
  view,
  listingId,
  banner,
}: {
  readonly view: RoomsView;
  readonly listingId: string;
  readonly banner: React.ReactNode;
}) {
  const mode = useRooms((state) => state.mode);
  const lowFirst = useRooms((state) => state.lowFirst);
  const size = usePreferences((state) => state.thumbnailSize);
  const panelOpen = usePreferences((state) => state.sidePanelOpen);
  const [panelWidth, setPanelWidth] = useState(360);
  const [leftOutOpen, setLeftOutOpen] = useState(false);
  const [labelling, setLabelling] = useState(false);
  const [playing, setPlaying] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLDivElement>(null);
  const width = useWidth(field);
  const layout = useMemo(
    () => layoutRooms(view, { mode, lowFirst, width, size, leftOutOpen }),
    [view, mode, lowFirst, width, size, leftOutOpen],
  );
  const layoutRef = useRef<Layout>(layout);
  useLayoutEffect(() => {
    layoutRef.current = layout;
  });
  useRoomsCommands({ layout: layoutRef, setLabelling, setPlaying });
  return (
    <div className={styles.screen}>
      <Toolbar view={view} labelling={labelling} onLabelling={setLabelling} panelOpen={panelOpen} />
      <PanelLayout
        label="Photo and shot"
        open={panelOpen}
        width={panelWidth}
        onWidthChange={setPanelWidth}
        panel={<SidePanel view={view} listingId={listingId} playing={playing} />}
      >
        <div className={styles.lanes}>
          <div>{banner}</div>
          <div ref={field} className={styles.field}>
            {layout.order.length === 0 && mode === 'attention' ? (
              <EmptyState
                icon={<CircleCheck size={24} aria-hidden="true" />}
                title="Nothing needs attention"
                actions={<Button onClick={() => useRooms.setState({ mode: 'rooms' })}>Show all rooms</Button>}
              >
                Every room is named and every doubt is settled.
              </EmptyState>
            ) : (
              <Lanes
                layout={layout}
                layoutRef={layoutRef}
                listingId={listingId}
                scroller={scroller}
                leftOutOpen={leftOutOpen}
                onLeftOut={setLeftOutOpen}
                openLarge={openLarge}
              />
            )}
          </div>
          <Legend />
        </div>
      </PanelLayout>
      <Inspector view={view} listingId={listingId} layout={layout} />
      <Said useStore={useRooms} />
    </div>
  );
}

/** Width of the lanes' area without its scrollbar, pixels. */
function useWidth(element: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(976);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const set = () => {
      const list = current.querySelector<HTMLElement>('[data-testid="lanes"]');
      setWidth((list ?? current).clientWidth);
    };
    set();
    const observer = new ResizeObserver(set);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** The listing's name in the top bar, and whether everything is saved in the status line. */
function useFrame(listingId: string, name: string | null, view: RoomsView | null): void {
  const pending = useRooms((state) => state.pending);
  const offline = useRooms((state) => state.offline);
  const last = useRooms((state) => state.saved);
  const template = useRooms((state) => state.document?.listing.template ?? 'classic');
  const seconds = useRooms((state) => state.document?.listing.targetSeconds ?? 45);
  const photos = view?.homes.size ?? 0;
  const attention = view?.lanes.filter((lane) => lane.suggestions.length > 0).length ?? 0;
  useEffect(() => {
    if (name === null) return;
    const sub = `${photos === 0 ? '' : `${photosWords(photos)} · `}${template.replaceAll('_', ' ')} · ${seconds} s`;
    setOpenListing({ id: listingId, name, sub, attentionCount: attention });
  }, [listingId, name, photos, attention, template, seconds]);
  useStatus(savingWords(pending, offline) ?? (last === '' ? '' : `${last} · saved`));
}

function Waiting() {
  return (
    <div style={{ padding: 24, display: 'grid', gap: 24 }} role="status" aria-label="Opening the rooms">
      <Skeleton height={160} />
      <Skeleton height={160} />
      <Skeleton height={160} />
    </div>
  );
}
