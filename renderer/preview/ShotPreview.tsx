/** A shot's move, playing in place. Falls back to the plain photo where WebGL2 is absent or something fails to load. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { toPicaividError } from '../../base/errors.ts';
import type { Motion, RendererName } from '../../pipeline/domain.ts';
import type { FrameRate } from '../../pipeline/time.ts';
import type { MoveSpec } from './move.ts';
import styles from './ShotPreview.module.css';
import { type PlayMode, ShotPlayer } from './shot-player.ts';
import type { ShotHandle } from './shots.ts';
import { sharedStage } from './stage.ts';

export interface ShotPreviewProps {
  /** Upright sRGB picture; the 1280 or 2560 proxy. */
  readonly photoUrl: string;
  /** PVD1 map, or null: then every move is flat. */
  readonly depthUrl: string | null;
  readonly photoWidth: number;
  readonly photoHeight: number;
  readonly motion: Motion;
  readonly amount: number;
  readonly renderer: RendererName;
  readonly focus: { readonly x: number; readonly y: number };
  readonly frames: number;
  readonly frameRate: FrameRate;
  /** False holds the current frame; with reduced motion the middle frame is held instead of playing. */
  readonly playing: boolean;
  /** Width over height; default 16:9. */
  readonly aspect?: number;
  readonly mode?: PlayMode;
  /** What the picture shows, for screen readers. */
  readonly alt?: string;
  readonly className?: string;
  readonly onFrame?: (frame: number) => void;
}

export function ShotPreview(props: ShotPreviewProps): React.JSX.Element {
  const { photoUrl, depthUrl, photoWidth, photoHeight, motion, amount, renderer, frames, playing } = props;
  const { aspect = 16 / 9, mode = 'loop', alt = '' } = props;
  const { x, y } = props.focus;
  const { num, den } = props.frameRate;
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const playerRef = useRef<ShotPlayer | null>(null);
  const onFrameRef = useRef(props.onFrame);
  onFrameRef.current = props.onFrame;
  const [shot, setShot] = useState<ShotHandle | null>(null);
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const stage = sharedStage();

  useEffect(() => {
    if (stage === null) return;
    const key = `${photoUrl} ${depthUrl ?? ''}`;
    let gone = false;
    setProblem(null);
    setShown(false);
    const taken = stage.renderer.loadShot({ key, photo: photoUrl, depth: depthUrl, photoWidth, photoHeight });
    taken.then(
      (handle) => {
        if (!gone) setShot(handle);
      },
      (error: unknown) => {
        if (!gone) setProblem(toPicaividError(error).message);
      },
    );
    return () => {
      gone = true;
      setShot(null);
      taken.then(
        () => stage.renderer.releaseShot(key),
        () => {},
      );
    };
  }, [stage, photoUrl, depthUrl, photoWidth, photoHeight]);

  const spec = useMemo<MoveSpec>(
    () => ({ motion, amount, renderer, aspect, focus: { x, y }, frames }),
    [motion, amount, renderer, aspect, x, y, frames],
  );

  useEffect(() => {
    const context = canvasRef.current?.getContext('2d', { alpha: false }) ?? null;
    if (stage === null || shot === null || context === null) return;
    let gone = false;
    let ready = false;
    const player = new ShotPlayer({
      frames,
      frameRate: { num, den },
      mode,
      onFrame: (frame) => {
        if (!ready || !stage.show(context, shot, spec, frame)) return false;
        setShown(true);
        onFrameRef.current?.(frame);
        return true;
      },
    });
    playerRef.current = player;
    const resize = (): void => {
      const { canvas } = context;
      const width = Math.min(stage.maxWidth, Math.max(2, Math.round(canvas.clientWidth * devicePixelRatio)));
      const height = Math.max(2, Math.round(width / aspect));
      if (canvas.width === width && canvas.height === height) return;
      canvas.width = width;
      canvas.height = height;
      player.redraw();
    };
    const observer = new ResizeObserver(resize);
    observer.observe(context.canvas);
    resize();
    const stop = stage.onRestored(() => player.redraw());
    // The move starts when it is there, not somewhere in its middle.
    stage.prepare(shot, spec, context.canvas.height).then(
      () => {
        if (gone) return;
        ready = true;
        player.seek(player.frame);
        if (playingRef.current) player.play();
      },
      (error: unknown) => {
        // It would ask for the frame for ever.
        observer.disconnect();
        player.dispose();
        if (!gone) setProblem(toPicaividError(error).message);
      },
    );
    return () => {
      gone = true;
      playerRef.current = null;
      observer.disconnect();
      stop();
      player.dispose();
    };
  }, [stage, shot, spec, frames, num, den, mode, aspect]);

  const playingRef = useRef(playing);
  useEffect(() => {
    playingRef.current = playing;
    if (playing) playerRef.current?.play();
    else playerRef.current?.pause();
  }, [playing]);

  const plain = stage === null || problem !== null;
  return (
    <div className={`${styles.frame} ${props.className ?? ''}`} style={{ aspectRatio: aspect }}>
      {plain || !shown ? <img className={styles.picture} src={photoUrl} alt={alt} draggable={false} /> : null}
      {plain ? null : (
        <canvas ref={canvasRef} className={styles.canvas} data-shown={shown} role="img" aria-label={alt} />
      )}
      {plain || shown ? null : <div className={styles.busy} />}
      {problem === null ? null : (
        <p className={styles.note} role="status">
          {problem}
        </p>
      )}
    </div>
  );
}
