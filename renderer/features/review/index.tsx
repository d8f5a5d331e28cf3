/** Review: every frame beside its photo, what was found and noted, and the three decisions. */
import { useEffect } from 'react';
import { type ReportName, reportUrl } from '../../../main/host/review-contract.ts';
import { events } from '../../api.ts';
import { runCommand } from '../../keys/index.ts';
import { CannotOpen, Said, useListingName, useRefusals, useStatus } from '../../shell/listing-screen.tsx';
import { TopBarActions } from '../../shell/slots.tsx';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { clipAsked, clipHref } from '../../stores/renders-links.ts';
import { openClip, openReview, receiveReviewEvent, refetchReview, useReview } from '../../stores/review.ts';
import { filmTake, isToDo } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import { toast } from '../../stores/toasts.ts';
import { Clapperboard, Download, SlidersHorizontal } from '../../ui/icons.ts';
import { Button, DropdownMenu, EmptyState, PanelLayout, Skeleton } from '../../ui/index.ts';
import { ClipList } from './ClipList.tsx';
import { Footer } from './Footer.tsx';
import { reviewHost } from './host.ts';
import { Notice } from './Notice.tsx';
import { Panel } from './Panel.tsx';
import { usePanels } from './panels.ts';
import { Questions } from './Questions.tsx';
import styles from './Review.module.css';
import { retryTake, useReel } from './reel.ts';
import { Stage } from './Stage.tsx';
import { StageBar } from './StageBar.tsx';
import { Strip } from './Strip.tsx';
import { useReviewCommands } from './useReviewCommands.ts';
import { frameValue, REVIEW_SHOWN } from './words.ts';

export function Screen({ listingId }: { readonly listingId: string }) {
  const clips = useReview((state) => (state.listingId === listingId ? (state.document?.clips ?? null) : null));
  const error = useReview((state) => (state.listingId === listingId ? state.error : null));
  useEffect(() => {
    void openReview(listingId, reviewHost, clipAsked());
    const again = (): void => {
      const asked = clipAsked();
      if (asked !== null && asked !== useReview.getState().clipId) openClip(asked);
    };
    window.addEventListener('hashchange', again);
    const stop = events.on((event) => {
      receiveReviewEvent(event);
      // The host is back: a picture that it could not give is asked for again.
      if (event.type === 'hello' && useReel.getState().error !== null) retryTake();
    });
    return () => {
      window.removeEventListener('hashchange', again);
      stop();
    };
  }, [listingId]);
  useFrame(listingId);
  useTold();

  if (clips === null)
    return error === null ? (
      <Waiting />
    ) : (
      <CannotOpen error={error} listingId={listingId} again={refetchReview}>
        Every decision and note that was answered is kept.
      </CannotOpen>
    );
  if (clips.length === 0)
    return (
      <EmptyState
        icon={<SlidersHorizontal size={24} aria-hidden="true" />}
        title="There is no film to review yet"
        actions={<GoTo listingId={listingId} screen="timeline" label="Open the timeline" />}
      >
        The timeline builds it from your photos; its shots are rendered, then looked at here.
      </EmptyState>
    );
  if (clips.every((clip) => clip.takes.length === 0))
    return (
      <EmptyState
        icon={<Clapperboard size={24} aria-hidden="true" />}
        title="Nothing is rendered yet"
        actions={<GoTo listingId={listingId} screen="renders" label="Open Renders" />}
      >
        The film has {clips.length === 1 ? 'one clip' : `${clips.length} clips`}. Each can be reviewed as soon as it is
        rendered; you need not wait for the others.
      </EmptyState>
    );
  return <Review listingId={listingId} />;
}

function GoTo({
  listingId,
  screen,
  label,
}: {
  readonly listingId: string;
  readonly screen: 'timeline' | 'renders';
  readonly label: string;
}) {
  return (
    <Button
      variant="primary"
      onClick={() => {
        window.location.hash = clipHref(listingId, screen, null);
      }}
    >
      {label}
    </Button>
  );
}

function Review({ listingId }: { readonly listingId: string }) {
  const open = usePreferences((state) => state.sidePanelOpen);
  const { list, width } = usePanels();
  const clip = useReview(({ document, clipId }) => document?.clips.find((one) => one.clipId === clipId) ?? null);
  const take = useReview(
    ({ document, clipId, specHash }) =>
      document?.clips.find((one) => one.clipId === clipId)?.takes.find((one) => one.specHash === specHash) ?? null,
  );
  useReviewCommands();
  // A link of a key may need the panel: it opens with it.
  useEffect(() => {
    if (!open && useReview.getState().draft !== null) void changePreferences({ sidePanelOpen: true });
  }, [open]);
  if (clip === null) return null;
  return (
    <div className={styles.screen}>
      <Top listingId={listingId} />
      {list ? <ClipList listingId={listingId} /> : <span />}
      <PanelLayout
        label="Findings, notes and takes"
        open={open}
        width={width}
        onWidthChange={(next) => usePanels.setState({ width: next })}
        min={300}
        panel={<Panel clip={clip} take={take} />}
      >
        <div className={styles.main}>
          <StageBar clip={clip} take={take} />
          <Notice clip={clip} take={take} />
          <div className={styles.stage}>
            <Stage listingId={listingId} clip={clip} take={take} />
          </div>
          <div className={styles.stripRow}>
            {take !== null && <Strip listingId={listingId} clip={clip} take={take} />}
          </div>
          <Footer clip={clip} take={take} />
        </div>
      </PanelLayout>
      <Questions />
      <Said useStore={useReview} />
      <FrameSaid />
    </div>
  );
}

const REPORT_WORDS: readonly (readonly [ReportName, string])[] = [
  ['report.html', 'With pictures (HTML)'],
  ['report.csv', 'Table (CSV)'],
  ['report.json', 'For programs (JSON)'],
];

function Top({ listingId }: { readonly listingId: string }) {
  const approved = useReview(
    ({ document }) =>
      document?.clips.filter((clip) => clip.review === 'approved' && filmTake(clip) !== null).length ?? 0,
  );
  const count = useReview(({ document }) => document?.clips.length ?? 0);
  return (
    <TopBarActions>
      <span className={styles.progress}>
        {approved} of {count} approved
        <span className={styles.progressBar} aria-hidden="true">
          <span style={{ transform: `scaleX(${count === 0 ? 0 : approved / count})` }} />
        </span>
      </span>
      <DropdownMenu
        trigger={<Button icon={<Download size={14} aria-hidden="true" />}>Report</Button>}
        entries={REPORT_WORDS.map(([name, label]) => ({ label, onSelect: () => download(reportUrl(listingId, name)) }))}
      />
    </TopBarActions>
  );
}

function download(address: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  link.click();
}

/** Milliseconds that a frame must stand before it is said. */
const REST_MS = 500;

/** "Frame 34 of 96, approved", once the picture rests. */
function FrameSaid() {
  const frames = useReel((state) => (state.shown === null ? 0 : state.rate === 0 ? 1 : 2));
  const review = useReview(({ document, clipId }) => document?.clips.find((one) => one.clipId === clipId)?.review);
  const count = useReview(
    ({ document, clipId, specHash }) =>
      document?.clips.find((one) => one.clipId === clipId)?.takes.find((one) => one.specHash === specHash)?.frames ?? 0,
  );
  useEffect(() => {
    const element = document.getElementById('frame-said');
    if (element === null || frames !== 1 || review === undefined) return;
    let timer: number | undefined;
    const tell = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        if (reviewPlayhead.frame >= 0)
          element.textContent = `${frameValue(reviewPlayhead.frame, count)}, ${REVIEW_SHOWN[review].words.toLowerCase()}`;
      }, REST_MS);
    };
    tell();
    const stop = reviewPlayhead.subscribe(tell);
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [frames, review, count]);
  return <div className="spoken" role="status" aria-live="polite" id="frame-said" data-testid="frame-said" />;
}

/** The listing's name in the top bar, what is to do in the status line. */
function useFrame(listingId: string): void {
  const opened = useReview((state) => (state.listingId === listingId ? state.document?.listing : undefined));
  const clips = useReview((state) => (state.listingId === listingId ? (state.document?.clips.length ?? 0) : 0));
  const todo = useReview((state) => state.document?.clips.filter(isToDo).length ?? 0);
  useListingName(listingId, opened, clips === 0 ? '' : clips === 1 ? '1 clip' : `${clips} clips`);
  useStatus(clips === 0 ? '' : todo === 0 ? 'Nothing waits for a review' : `${todo} to review`);
}

/** Says what was refused and why, and what was signed. */
function useTold(): void {
  useRefusals(useReview);
  const signed = useReview((state) => state.signed);
  // The list has a place for it.
  const listed = usePanels((state) => state.list);
  useEffect(() => {
    if (signed === null || listed) return;
    const { clipId, sentence } = signed;
    toast({ tone: 'pass', title: sentence, action: { label: 'Back to it', run: () => openClip(clipId) } });
  }, [signed, listed]);
  useEffect(() => () => void runCommand('review.stop'), []);
}

function Waiting() {
  return (
    <div className={styles.waiting} role="status" aria-label="Opening the review">
      <div className={styles.waitingRows}>
        {[0, 1, 2, 3, 4, 5].map((row) => (
          <Skeleton key={row} height={60} />
        ))}
      </div>
      <Skeleton height="100%" />
    </div>
  );
}
