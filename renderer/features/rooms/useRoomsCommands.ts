/** The keys of this screen. */
import type { RefObject } from 'react';
import { useCommand, useCommands } from '../../keys/index.ts';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { redo, undo, useRooms } from '../../stores/rooms.ts';
import {
  acceptInFocus,
  clearSelection,
  dismissInFocus,
  goToNextAttention,
  hero,
  labelWith,
  merge,
  moveBeside,
  moveFocus,
  notDuplicate,
  selectAll,
  split,
  toggleExcluded,
} from './actions.ts';
import type { Layout, Side } from './layout.ts';
import { laneOf, USUAL_ROOMS } from './targets.ts';

const ARROWS = ['left', 'right', 'up', 'down'] as const satisfies readonly Side[];
const FOCUS = ARROWS.map((side) => `focus.${side}` as const);
const EXTEND = ARROWS.map((side) => `extend.${side}` as const);
const LABELS = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((number) => `rooms.label.${number}` as const);
const sideOf = (id: string): Side => ARROWS.find((side) => id.endsWith(side)) ?? 'left';

export interface CommandParts {
  readonly layout: RefObject<Layout>;
  readonly setLabelling: (open: boolean) => void;
  readonly setPlaying: (change: (playing: boolean) => boolean) => void;
}

export function useRoomsCommands({ layout, setLabelling, setPlaying }: CommandParts): void {
  const anyLanes = useRooms((state) => (state.view?.lanes.length ?? 0) > 0);
  const anyFocus = useRooms((state) => state.focus !== null);
  const anySelected = useRooms((state) => state.selected.size > 0);
  const manyRooms = useRooms(
    ({ view, selected }) => view !== null && new Set([...selected].map((id) => view.homes.get(id))).size > 1,
  );
  const canUndo = useRooms((state) => state.undo !== null);
  const canRedo = useRooms((state) => state.redo !== null);
  const asked = useRooms(
    (state) => state.view !== null && (laneOf(state.view, state.focus)?.suggestions.length ?? 0) > 0,
  );
  const attention = useRooms((state) => (state.view?.suggestions.length ?? 0) > 0);
  const acting = { enabled: anyFocus };

  useCommand('edit.undo', undo, { enabled: canUndo, inOverlay: true });
  useCommand('edit.redo', redo, { enabled: canRedo, inOverlay: true });
  useCommand('select.all', () => selectAll(layout.current), { enabled: anyLanes });
  useCommand('select.clear', clearSelection, { enabled: anySelected });
  useCommands(FOCUS, (id) => moveFocus(layout.current, sideOf(id), false), { enabled: anyLanes });
  useCommands(EXTEND, (id) => moveFocus(layout.current, sideOf(id), true), { enabled: anyLanes });
  useCommand('rooms.merge', merge, { enabled: manyRooms });
  useCommand('rooms.split', split, acting);
  useCommand('rooms.label', () => setLabelling(true), acting);
  useCommands(LABELS, (id) => labelWith(USUAL_ROOMS[Number(id.at(-1)) - 1] ?? null), acting);
  useCommand('rooms.move.previous', () => moveBeside(-1), acting);
  useCommand('rooms.move.next', () => moveBeside(1), acting);
  useCommand('rooms.lowConfidence', () => useRooms.setState(({ lowFirst }) => ({ lowFirst: !lowFirst })), {
    enabled: anyLanes,
  });
  useCommand('rooms.dismiss', dismissInFocus, { enabled: asked });
  useCommand('rooms.nextAttention', () => void goToNextAttention(), { enabled: attention });
  useCommand('photos.exclude', () => toggleExcluded(layout.current), acting);
  useCommand('photos.hero', hero, acting);
  useCommand('photos.notDuplicate', () => notDuplicate(), acting);
  useCommand('photos.inspect', () => useRooms.setState({ inspecting: true }), acting);
  // Enter agrees where something is asked, and looks closer where nothing is.
  useCommand('item.open', () => acceptInFocus() || useRooms.setState({ inspecting: true }), acting);
  useCommand('preview.play', () => setPlaying((playing) => !playing));
  useCommand('panel.toggle', () => {
    void changePreferences({ sidePanelOpen: !usePreferences.getState().sidePanelOpen });
  });
}
