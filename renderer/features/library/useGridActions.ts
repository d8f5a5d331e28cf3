import type { RefObject } from 'react';
import { useCommand, useCommands } from '../../keys/index.ts';
import { archiveListings, deleteListings, refreshListing, undoNewest, useListings } from '../../stores/listings.ts';
import { cancelTask, pauseTask, resumeTask, retryTask, useTasks } from '../../stores/tasks.ts';
import { addSample, chooseFolders, openListing } from './add.ts';
import type { CardGridProps, GridHandle } from './CardGrid.tsx';
import { setSelection, useLibraryView } from './library-view.ts';
import { locateFolder } from './relocate.ts';
import { type Direction, extendTo, NOTHING, neighbour, selectOnly, toggle } from './selection.ts';

const SIDES = ['left', 'right', 'up', 'down'] as const;
const side = (id: string): Direction => SIDES.find((one) => id.endsWith(`.${one}`)) ?? 'right';

/** What the grid's presses and the screen's commands do; both end in the same functions. */
export function useGridActions({
  order,
  chosen,
  grid,
}: {
  readonly order: readonly string[];
  /** What a command works on, in the order shown. */
  readonly chosen: readonly string[];
  readonly grid: RefObject<GridHandle | null>;
}): Pick<CardGridProps, 'onPress' | 'onAction' | 'onMenu' | 'onMove'> {
  const onMove = (direction: Direction, extend: boolean): void => {
    const { active } = useLibraryView.getState().selection;
    const to = neighbour(order, active, direction, grid.current?.columns ?? 1, grid.current?.pageRows ?? 1);
    if (to === null) return;
    setSelection((selection) => (extend ? extendTo(selection, order, to) : selectOnly(to)));
    grid.current?.focus();
  };
  const onPress: CardGridProps['onPress'] = (id, { range, add }) => {
    if (id === null) setSelection(({ active }) => ({ ...NOTHING, active, anchor: active }));
    else if (range) setSelection((selection) => extendTo(selection, order, id));
    else if (add) setSelection((selection) => toggle(selection, id));
    else setSelection(() => selectOnly(id));
  };
  const onMenu = (id: string | null): void => {
    setSelection((selection) => {
      if (id === null) return { ...NOTHING, active: selection.active, anchor: selection.active };
      return selection.ids.has(id) ? selection : selectOnly(id);
    });
  };
  const onAction: CardGridProps['onAction'] = (id, action, element) => {
    switch (action) {
      case 'open':
        return openListing(id);
      case 'locate':
        return void locateFolder(id);
      case 'retry':
        return void tryAgain(id);
      case 'menu': {
        const { left, bottom } = element.getBoundingClientRect();
        element.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, clientX: left, clientY: bottom }));
        return;
      }
      default: {
        const task = useTasks.getState().byListing.get(id) ?? useListings.getState().cards.get(id)?.task;
        if (task === undefined || task === null) return;
        const run = { pause: pauseTask, resume: resumeTask, cancel: cancelTask }[action];
        void run(task.id);
      }
    }
  };

  const some = chosen.length > 0;
  const [first = ''] = chosen;
  const cards = useListings((state) => state.cards);
  const undoable = useListings((state) => state.undoSteps.length > 0);
  const archive = chosen.some((id) => cards.get(id)?.archived === false);

  useCommands(['focus.left', 'focus.right', 'focus.up', 'focus.down'], (id) => onMove(side(id), false), {
    enabled: order.length > 0,
  });
  useCommands(['extend.left', 'extend.right', 'extend.up', 'extend.down'], (id) => onMove(side(id), true), {
    enabled: order.length > 0,
  });
  useCommand(
    'select.all',
    () => setSelection(({ active, anchor }) => ({ ids: new Set(order), active: active ?? order[0] ?? null, anchor })),
    { enabled: order.length > 0 },
  );
  useCommand('select.clear', () => onPress(null, { range: false, add: false }), { enabled: some });
  useCommand('item.open', () => openListing(first), { enabled: some });
  useCommand('library.new', () => void chooseFolders());
  useCommand('library.sample', () => void addSample());
  useCommand('library.rename', () => useLibraryView.setState({ renaming: first }), { enabled: chosen.length === 1 });
  useCommand('library.archive', () => void archiveListings(chosen, archive), { enabled: some });
  useCommand('library.delete', () => void deleteListings(chosen), { enabled: some });
  useCommand('library.refresh', () => void Promise.all(chosen.map(refreshListing)), { enabled: some });
  useCommand('edit.undo', () => void undoNewest(), { enabled: undoable });

  return { onPress, onAction, onMenu, onMove };
}

/** The task that failed goes on from where it was; without one the folder is looked at again. */
async function tryAgain(id: string): Promise<void> {
  const task = useTasks.getState().byListing.get(id);
  if (task !== undefined && (task.state === 'failed' || task.state === 'cancelled')) await retryTask(task.id);
  else await refreshListing(id);
}
