/** The film as it will be delivered, live: picture, transport, and what stands in the way of it. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { TimelineDocument } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { totalFrames } from '../../../../pipeline/timeline/clip-math.ts';
import { useCommand } from '../../../keys/index.ts';
import { propose, useTimeline } from '../../../stores/timeline.ts';
import { RefreshCw, TriangleAlert } from '../../../ui/icons.ts';
import { Button } from '../../../ui/index.ts';
import { ProposalBar, VersionBar } from '../panels/ProposalBar.tsx';
import { usePanels, useShownTimeline } from '../panels/panel-state.ts';
import { restore } from '../panels/Versions.tsx';
import { NoFilm, NotThere } from './Empty.tsx';
import styles from './Player.module.css';
import { TransportBar } from './Transport.tsx';
import { seekTo, withFilm } from './transport.ts';
import { useFilm } from './useFilm.ts';

export function PlayerBox() {
  const document = useTimeline((state) => state.document);
  const error = useTimeline((state) => state.error);
  const listingId = useTimeline((state) => state.listingId);
  const timeline = useShownTimeline();
  if (document === null) return <NotThere error={error} listingId={listingId} />;
  if (timeline === null) return <NoFilm document={document} />;
  return <Player document={document} timeline={timeline} />;
}

function Player({ document, timeline }: { readonly document: TimelineDocument; readonly timeline: Timeline }) {
  const box = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [safe, setSafe] = useState(false);
  const [looping, setLooping] = useState(false);
  const [volume, setVolume] = useState(1);
  const heard = useRef(1);
  const full = useFullscreen(box);
  const range = useTimeline((state) => state.range);
  const total = totalFrames(timeline.clips);
  const mute = () => setVolume(volume === 0 ? heard.current : 0);
  const loopIn = looping ? (range.inFrame ?? 0) : null;
  const loopOut = looping ? (range.outFrame ?? total) : null;
  const { quality, problem, blocked } = useFilm(canvas, { document, timeline, volume, loopIn, loopOut });

  useCommand('player.toggle', () => withFilm((film) => film.toggle()));
  useCommand('player.back', () => withFilm((film) => film.shuttle(-1)));
  useCommand('player.stop', () => withFilm((film) => film.shuttle(0)));
  useCommand('player.forward', () => withFilm((film) => film.shuttle(1)));
  useCommand('frame.previous', () => withFilm((film) => film.step(-1)));
  useCommand('frame.next', () => withFilm((film) => film.step(1)));
  useCommand('player.loop', () => setLooping(!looping));
  useCommand('player.mute', mute);
  useCommand('playhead.start', () => seekTo(0));
  useCommand('playhead.end', () => seekTo(total - 1));
  useCommand('view.fullscreen', () => toggleFullscreen(box.current));

  return (
    <section ref={box} className={styles.box} aria-label="Player">
      <div>
        <ProposalBar />
        <VersionBar onRestore={restore} />
        <Banners document={document} />
      </div>
      <Stage timeline={timeline}>
        <canvas ref={canvas} role="img" aria-label={`The film, ${timeline.width} by ${timeline.height}`} />
        {safe && <div className={styles.safe} aria-hidden="true" />}
        <Flag />
        {blocked && <div className={styles.problem}>The browser keeps the sound off until you click here.</div>}
        {problem !== null && (
          <div className={styles.problem} role="alert">
            {problem}
          </div>
        )}
      </Stage>
      <TransportBar
        beats={timeline.beats}
        rate={timeline.frameRate}
        totalFrames={total}
        quality={quality}
        looping={looping}
        safe={safe}
        full={full}
        volume={volume}
        onVolume={(next) => {
          if (next > 0) heard.current = next;
          setVolume(next);
        }}
        onSafe={() => setSafe(!safe)}
      />
    </section>
  );
}

/** The largest frame of the film's shape that fits; a click plays or pauses. */
function Stage({ timeline, children }: { readonly timeline: Timeline; readonly children: ReactNode }) {
  const { width, height } = timeline;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Space does the same everywhere on the screen
    // biome-ignore lint/a11y/noStaticElementInteractions: a click on the picture is a shortcut of the Play button
    <div className={styles.stage} onClick={() => withFilm((film) => film.toggle())}>
      <div
        className={styles.frame}
        data-testid="frame"
        style={{
          aspectRatio: `${width} / ${height}`,
          width: `min(100cqw - 2 * var(--stage-gap), (100cqh - 2 * var(--stage-gap)) * ${(width / height).toFixed(6)})`,
        }}
      >
        {children}
      </div>
    </div>
  );
}

/** Over the picture, where it is not the film as it stands. */
function Flag() {
  const proposal = useTimeline((state) => state.proposal);
  const before = usePanels((state) => state.before);
  const looked = usePanels((state) => state.looked);
  const words =
    looked !== null
      ? `Version “${looked.name}”`
      : proposal === null
        ? null
        : before
          ? 'Before: the film as it is'
          : 'Proposal: not applied';
  return words === null ? null : <span className={styles.flag}>{words}</span>;
}

/** What is not as it should be, with the way on; nothing when all is well. */
function Banners({ document }: { readonly document: TimelineDocument }) {
  const proposal = useTimeline((state) => state.proposal);
  const proposing = useTimeline((state) => state.proposing);
  const { settings, music, stale } = document;
  const lost =
    settings.musicId === null
      ? null
      : music === null
        ? 'The film’s music is not in the studio any more: the film plays without sound. Choose another piece at the left.'
        : music.state === 'failed'
          ? (music.error?.message ?? 'The film’s music cannot be played. Choose another piece at the left.')
          : null;
  return (
    <>
      {lost !== null && (
        <div className={styles.banner} role="alert">
          <TriangleAlert size={14} aria-hidden="true" />
          <span>{lost}</span>
        </div>
      )}
      {stale && proposal === null && (
        <div className={styles.banner} role="status">
          <TriangleAlert size={14} aria-hidden="true" />
          <span>Photos or rooms have changed since the film was built.</span>
          <Button
            icon={<RefreshCw size={14} aria-hidden="true" />}
            disabled={proposing}
            onClick={() => void propose(settings)}
          >
            See it built anew
          </Button>
        </div>
      )}
    </>
  );
}

function toggleFullscreen(element: HTMLElement | null): void {
  const done = document.fullscreenElement === null ? element?.requestFullscreen() : document.exitFullscreen();
  // Refused where the window may not (an embedded page): the picture stays where it is.
  done?.catch(() => undefined);
}

function useFullscreen(element: React.RefObject<HTMLElement | null>): boolean {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => setFull(element.current !== null && document.fullscreenElement === element.current);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, [element]);
  return full;
}
