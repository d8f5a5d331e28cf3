/** What the keys, menus and buttons of Renders do. */
import { useCommand, useCommands } from '../../keys/index.ts';
import { cancelClips, chooseTake, moveFocus, renderClips, selectClips, useRenders } from '../../stores/renders.ts';
import { clipHref } from '../../stores/renders-links.ts';
import { pauseTask, resumeTask } from '../../stores/tasks.ts';
import { shownTake } from './Details.tsx';
import { isUnderWay, mustRender } from './words.ts';

const clips = () => useRenders.getState().document?.clips ?? [];
const chosen = () => {
  const { selected } = useRenders.getState();
  return clips().filter((clip) => selected.has(clip.clipId));
};
const focused = () => {
  const { focus } = useRenders.getState();
  return clips().find((clip) => clip.clipId === focus) ?? null;
};

/** Shows the take before or after the one that is shown. */
function stepTake(by: number): void {
  const clip = focused();
  if (clip === null) return;
  const shown = shownTake(clip, useRenders.getState().take);
  const at = clip.takes.findIndex((take) => take.specHash === shown?.specHash);
  const next = clip.takes[at + by];
  if (next !== undefined) useRenders.setState({ take: next.specHash, said: `Take ${next.number}` });
}

export function useRendersCommands(listingId: string): void {
  const anyChanged = useRenders((state) => state.document?.clips.some(mustRender) ?? false);
  const task = useRenders((state) => state.document?.task ?? null);
  const takes = useRenders(
    ({ document, focus }) => document?.clips.find((clip) => clip.clipId === focus)?.takes.length ?? 0,
  );

  useCommand('renders.up', () => moveFocus(-1, false));
  useCommand('renders.down', () => moveFocus(1, false));
  useCommand('renders.extendUp', () => moveFocus(-1, true));
  useCommand('renders.extendDown', () => moveFocus(1, true));
  useCommands(['renders.first', 'renders.last'], (id) => {
    const { length } = clips();
    moveFocus(id === 'renders.first' ? -length : length, false);
  });
  useCommand('select.all', () => selectAll(clips().map((clip) => clip.clipId)));
  useCommand('select.clear', () => useRenders.setState({ selected: new Set() }));
  useCommand('renders.selectChanged', () => {
    const ids = clips()
      .filter(mustRender)
      .map((clip) => clip.clipId);
    if (ids.length > 0) selectClips(ids);
  });
  useCommand('renders.start', () => {
    const ids = chosen()
      .filter(mustRender)
      .map((clip) => clip.clipId);
    if (ids.length > 0) void renderClips(ids);
  });
  useCommand('renders.changed', () => void renderClips('changed'), { enabled: anyChanged });
  useCommand('renders.cancel', () => {
    const ids = chosen()
      .filter(isUnderWay)
      .map((clip) => clip.clipId);
    if (ids.length > 0) void cancelClips(ids);
  });
  useCommand(
    'renders.pause',
    () => {
      if (task !== null) void (task.state === 'paused' ? resumeTask(task.id) : pauseTask(task.id));
    },
    { enabled: task !== null },
  );
  useCommands(['take.previous', 'take.next'], (id) => stepTake(id === 'take.previous' ? -1 : 1), {
    enabled: takes > 1,
  });
  useCommand(
    'take.choose',
    () => {
      const clip = focused();
      const take = clip === null ? null : shownTake(clip, useRenders.getState().take);
      if (clip !== null && take !== null && !take.current) void chooseTake(clip.clipId, take.specHash);
    },
    { enabled: takes > 1 },
  );
  useCommand(
    'take.review',
    () => {
      const clip = focused();
      if (clip !== null) window.location.hash = clipHref(listingId, 'review', clip.clipId);
    },
    { enabled: takes > 0 },
  );
}

/** All clips; the one that has the focus keeps it. */
function selectAll(ids: readonly string[]): void {
  useRenders.setState({ selected: new Set(ids) });
}
