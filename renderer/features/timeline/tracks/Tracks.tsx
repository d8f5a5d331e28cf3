/** The editor's lanes: ruler, titles, clips, waveform, beats and markers, drawn on one canvas outside React. */
import { type MouseEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { COMMANDS } from '../../../keys/index.ts';
import { shownKey } from '../../../keys/keymap.ts';
import { playhead } from '../../../stores/playhead.ts';
import { usePreferences } from '../../../stores/preferences.ts';
import { select, useTimeline } from '../../../stores/timeline.ts';
import { ContextMenu } from '../../../ui/index.ts';
import { useShownTimeline } from '../panels/panel-state.ts';
import { clipInHand } from './actions.ts';
import { Clips, optionId, useFocusInSight } from './Clips.tsx';
import { roomsOf } from './clip-words.ts';
import { hitTest, LEAST_HEIGHT, xToFrame } from './geometry.ts';
import { type MenuPlace, menuByKeys, menuFor } from './menu.tsx';
import { attachPointer, type PointerActions } from './pointer.ts';
import { Rename, type Renamed } from './Rename.tsx';
import { placesOf, type Scene } from './scene.ts';
import { Stage } from './stage.ts';
import { Toolbar } from './Toolbar.tsx';
import styles from './Tracks.module.css';
import { useLoudness } from './use-loudness.ts';
import { useTracksCommands } from './useTracksCommands.ts';

/** Pixels: how far one press of an arrow moves the upper edge of the tracks. */
const STEP = 16;
const MOST_HEIGHT = 640;
const startHeight = (): number => Math.round(Math.min(420, Math.max(LEAST_HEIGHT + 34, window.innerHeight * 0.33)));

export function Tracks() {
  const [height, setHeight] = useState(startHeight);
  const stage = useRef<Stage | null>(null);
  useTracksCommands(stage);
  const set = (next: number) => setHeight(Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, next))));
  return (
    <section className={styles.tracks} aria-label="Tracks">
      <Edge height={height} onHeight={set} />
      <Toolbar />
      <div style={{ height }}>
        <Field stage={stage} />
      </div>
    </section>
  );
}

function Edge({ height, onHeight }: { readonly height: number; readonly onHeight: (height: number) => void }) {
  const drag = useRef<{ readonly y: number; readonly height: number } | null>(null);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves is no <hr>, which cannot be focused
    <div
      className={styles.edge}
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the tracks"
      aria-valuemin={LEAST_HEIGHT}
      aria-valuemax={MOST_HEIGHT}
      aria-valuenow={height}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { y: event.clientY, height };
      }}
      onPointerMove={(event) => {
        if (drag.current !== null) onHeight(drag.current.height + drag.current.y - event.clientY);
      }}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
      onDoubleClick={() => onHeight(startHeight())}
      onKeyDown={(event) => {
        if (event.key === 'ArrowUp') onHeight(height + STEP);
        else if (event.key === 'ArrowDown') onHeight(height - STEP);
        else return;
        event.preventDefault();
      }}
    />
  );
}

/** Kinds of hits that mean a clip. */
const CLIPS: ReadonlySet<string> = new Set(['clip', 'edge', 'transition']);

function Field({ stage }: { readonly stage: React.RefObject<Stage | null> }) {
  const field = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const options = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const barInner = useRef<HTMLDivElement>(null);
  const [renamed, setRenamed] = useState<Renamed | null>(null);
  const [place, setPlace] = useState<MenuPlace>({ hit: { kind: 'none' }, frame: 0 });
  const focus = useTimeline((state) => state.focus);
  const rebound = usePreferences((state) => state.keys);
  const scene = useScene();
  const actions = useMemo<PointerActions>(
    () => ({
      renameMarker: (id) => setRenamed({ kind: 'marker', id }),
      renameTitle: (id) => setRenamed({ kind: 'title', id }),
    }),
    [],
  );

  useLayoutEffect(() => {
    const parts = [
      field.current,
      canvas.current,
      head.current,
      options.current,
      tip.current,
      bar.current,
      barInner.current,
    ];
    const [a, b, c, d, e, f, g] = parts;
    if (a == null || !(b instanceof HTMLCanvasElement) || c == null || d == null || e == null || f == null || g == null)
      return;
    const made = new Stage({ field: a, canvas: b, head: c, options: d, tip: e, bar: f, barInner: g });
    stage.current = made;
    const detach = attachPointer(a, made, actions);
    return () => {
      detach();
      made.close();
      stage.current = null;
    };
  }, [stage, actions]);
  useLayoutEffect(() => {
    if (scene !== null) stage.current?.setScene(scene);
  }, [scene, stage]);
  useFocusInSight((frame) => stage.current?.show(frame), scene);

  const onContextMenu = (event: MouseEvent) => {
    const now = stage.current;
    const box = field.current?.getBoundingClientRect();
    if (now?.scene == null || box === undefined) return;
    if (event.button === 2) {
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const hit = hitTest(now.scene.timeline, now.scene.starts, now.view, now.lanes, x, y);
      const frame = Math.min(now.frames - 1, Math.max(0, Math.round(xToFrame(now.view, x))));
      const clip = 'index' in hit && CLIPS.has(hit.kind) ? now.scene.timeline.clips[hit.index] : undefined;
      // What the menu does is done to what was pressed, or to all that is selected with it.
      if (clip !== undefined && !useTimeline.getState().selected.has(clip.id)) select([clip.id], clip.id);
      setPlace({ hit, frame });
    } else
      setPlace({ hit: { kind: 'clip', index: clipInHand(now.scene.timeline) }, frame: playhead.frame, byKeys: true });
  };
  const keyOf: Parameters<typeof menuFor>[2] = (id) =>
    COMMANDS.some((command) => command.id === id) ? shownKey(id, rebound) : undefined;
  const entries =
    scene === null
      ? []
      : place.byKeys === true && 'index' in place.hit
        ? menuByKeys(place.hit.index, place.frame, scene, keyOf, actions)
        : menuFor(place, scene, keyOf, actions);
  const active = scene?.timeline.clips.some((clip) => clip.id === focus) === true && focus !== null;
  return (
    <>
      <ContextMenu entries={entries}>
        <div ref={field} className={styles.field} onContextMenuCapture={onContextMenu} data-testid="tracks">
          <canvas ref={canvas} className={styles.canvas} />
          <div className={styles.optionsBox}>
            <div
              ref={options}
              role="listbox"
              aria-label="Clips"
              aria-multiselectable="true"
              aria-orientation="horizontal"
              tabIndex={0}
              className={styles.options}
              {...(active ? { 'aria-activedescendant': optionId(focus) } : {})}
            >
              {scene !== null && <Clips scene={scene} />}
            </div>
          </div>
          <div ref={head} className={styles.head} aria-hidden="true" data-testid="playhead" />
          <div ref={tip} className={styles.tip} hidden role="presentation" />
        </div>
      </ContextMenu>
      <div ref={bar} className={styles.bar} aria-hidden="true" tabIndex={-1}>
        <div ref={barInner} />
      </div>
      <Rename what={renamed} onClose={() => setRenamed(null)} />
    </>
  );
}

const NOTHING: ReadonlySet<string> = new Set();

/** The film on screen with what is drawn of it. */
function useScene(): Scene | null {
  const timeline = useShownTimeline();
  const own = useTimeline((state) => state.timeline);
  const listingId = useTimeline((state) => state.listingId);
  const document = useTimeline((state) => state.document);
  const proposal = useTimeline((state) => state.proposal);
  const findings = useTimeline((state) => state.findings);
  const selected = useTimeline((state) => state.selected);
  const focus = useTimeline((state) => state.focus);
  const range = useTimeline((state) => state.range);
  const shows = proposal !== null && timeline === proposal.timeline;
  const track = shows ? proposal.track : (document?.track ?? null);
  const loudness = useLoudness(shows ? proposal.settings.musicId : (document?.settings.musicId ?? null));
  const analysis = document?.analysis ?? null;
  const places = useMemo(() => (timeline === null ? null : placesOf(timeline)), [timeline]);
  const rooms = useMemo(() => (timeline === null ? null : roomsOf(timeline, analysis)), [timeline, analysis]);
  return useMemo(() => {
    if (places === null || rooms === null) return null;
    const isOwn = places.timeline === own;
    return {
      listingId,
      ...places,
      rooms,
      selected: isOwn ? selected : NOTHING,
      focus: isOwn ? focus : null,
      range,
      found: isOwn ? new Set(findings.flatMap((finding) => finding.clipId ?? [])) : NOTHING,
      sections: track?.sections ?? [],
      loudness,
      locked: !isOwn || places.timeline.status !== 'draft' || proposal !== null,
    };
  }, [places, rooms, own, listingId, selected, focus, range, findings, track, loudness, proposal]);
}
