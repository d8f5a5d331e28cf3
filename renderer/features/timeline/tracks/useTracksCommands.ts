/** The keys of the tracks. Playing belongs to the player. */
import type { RefObject } from 'react';
import { useCommand } from '../../../keys/index.ts';
import { playhead } from '../../../stores/playhead.ts';
import { redo, select, setRange, undo, useTimeline } from '../../../stores/timeline.ts';
import {
  addBeat,
  addMarker,
  beatInHand,
  blade,
  copy,
  cutOut,
  duplicate,
  goTo,
  goToClip,
  goToCut,
  goToMarker,
  nextMagnet,
  nudgeBeat,
  paste,
  remove,
  removeBeat,
  resizeTransition,
  rollBy,
  shift,
  slip,
  stepFrames,
  toggleRipple,
  toggleTransition,
  trimBy,
  trimToPlayhead,
} from './actions.ts';
import type { Stage } from './stage.ts';

/** Frames by which a transition grows for each press: it stays centred. */
const TRANSITION_STEP = 2;
const ZOOM_STEP = 1.4;

export function useTracksCommands(stage: RefObject<Stage | null>): void {
  const film = useTimeline((state) => state.timeline !== null);
  const open = useTimeline((state) => state.timeline?.status === 'draft' && state.proposal === null);
  const canUndo = useTimeline((state) => state.undo !== null);
  const canRedo = useTimeline((state) => state.redo !== null);
  const anySelected = useTimeline((state) => state.selected.size > 0);
  const markers = useTimeline((state) => (state.timeline?.markers.length ?? 0) > 0);
  const there = { enabled: film };
  const editing = { enabled: open };

  useCommand('edit.undo', undo, { enabled: canUndo });
  useCommand('edit.redo', redo, { enabled: canRedo });
  useCommand('select.all', () => select(useTimeline.getState().timeline?.clips.map((clip) => clip.id) ?? []), there);
  useCommand('select.clear', () => select([]), { enabled: anySelected });

  useCommand('clip.previous', () => goToClip(-1, false), there);
  useCommand('clip.next', () => goToClip(1, false), there);
  useCommand('clip.extendPrevious', () => goToClip(-1, true), there);
  useCommand('clip.extendNext', () => goToClip(1, true), there);
  // Here and not in the player: the next key must find the playhead where this one put it.
  useCommand('frame.previous', () => stepFrames(-1), there);
  useCommand('frame.next', () => stepFrames(1), there);
  useCommand('playhead.start', () => goTo(0), there);
  useCommand('playhead.end', () => goTo(Number.MAX_SAFE_INTEGER), there);
  useCommand('cut.previous', () => goToCut(-1), there);
  useCommand('cut.next', () => goToCut(1), there);
  useCommand('marker.next', goToMarker, { enabled: markers });
  useCommand('range.in', () => setRange({ inFrame: playhead.frame }), there);
  useCommand('range.out', () => setRange({ outFrame: playhead.frame + 1 }), there);
  useCommand('range.clear', () => setRange({ inFrame: null, outFrame: null }), there);

  useCommand('clip.copy', copy, there);
  useCommand('clip.cut', cutOut, editing);
  useCommand('clip.paste', paste, editing);
  useCommand('clip.duplicate', duplicate, editing);
  useCommand('clip.delete', () => remove(), editing);
  useCommand('clip.deleteOther', () => remove(true), editing);
  useCommand('clip.earlier', () => shift(-1), editing);
  useCommand('clip.later', () => shift(1), editing);
  useCommand('clip.slipEarlier', () => slip(-1), editing);
  useCommand('clip.slipLater', () => slip(1), editing);

  useCommand('cut.blade', () => blade(), editing);
  useCommand('trim.in', () => trimToPlayhead('in'), editing);
  useCommand('trim.out', () => trimToPlayhead('out'), editing);
  useCommand('trim.shorter', () => trimBy('out', -1), editing);
  useCommand('trim.longer', () => trimBy('out', 1), editing);
  useCommand('trim.startLater', () => trimBy('in', 1), editing);
  useCommand('trim.startEarlier', () => trimBy('in', -1), editing);
  useCommand('roll.earlier', () => rollBy(-1), editing);
  useCommand('roll.later', () => rollBy(1), editing);
  useCommand('roll.frameEarlier', () => rollBy(-1, 'frames'), editing);
  useCommand('roll.frameLater', () => rollBy(1, 'frames'), editing);
  useCommand('transition.toggle', () => toggleTransition(), editing);
  useCommand('transition.longer', () => resizeTransition(TRANSITION_STEP), editing);
  useCommand('transition.shorter', () => resizeTransition(-TRANSITION_STEP), editing);
  useCommand('ripple.toggle', toggleRipple, there);
  useCommand('magnet.next', nextMagnet, there);

  useCommand('marker.add', () => void addMarker(), editing);
  useCommand('beat.add', () => addBeat(), editing);
  useCommand(
    'beat.remove',
    () => {
      const { timeline } = useTimeline.getState();
      if (timeline !== null) removeBeat(beatInHand(timeline));
    },
    editing,
  );
  useCommand('beat.earlier', () => nudgeBeat(-1), editing);
  useCommand('beat.later', () => nudgeBeat(1), editing);

  useCommand('zoom.in', () => stage.current?.zoom(ZOOM_STEP), there);
  useCommand('zoom.out', () => stage.current?.zoom(1 / ZOOM_STEP), there);
  useCommand('zoom.fit', () => stage.current?.fit(), there);
}
