/** The keys of Review. */
import { useEffect, useState } from 'react';
import { type CommandId, useCommand, useCommands } from '../../keys/index.ts';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import {
  chooseReviewTake,
  lookAtTake,
  openedClip,
  openNextToDo,
  resolveNote,
  saveDraft,
  stepClip,
  useReview,
} from '../../stores/review.ts';
import { covers, filmTake } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import {
  beginNote,
  decide,
  goFinding,
  goNote,
  leave,
  nextAgainst,
  setMode,
  setRange,
  stepTake,
  toggleDrawing,
  undraw,
} from './actions.ts';
import { usePanels } from './panels.ts';
import { reel, useReel } from './reel.ts';
import { setLevel } from './Stage.tsx';
import { useView } from './view.ts';

/** What a press pans by, as a part of the picture. */
const PAN = 0.05;
const NUDGE = 0.02;

const STEPS: Partial<Record<CommandId, number>> = {
  'review.frameBack': -1,
  'review.frameOn': 1,
  'review.tenBack': -10,
  'review.tenOn': 10,
};
const REGIONS = ['clips', 'stage-bar', 'strip', 'decide', 'panel'];

export function useReviewCommands(): void {
  useSigning();
  usePlaying();
  useComparing();
  useNoting();
  useLooking();
}

function useSigning(): void {
  const onPicture = useOnPicture();
  const hasTake = useReview((state) => state.specHash !== null);
  useCommand('review.approve', () => decide('approved'), { enabled: hasTake });
  useCommand('review.changes', () => decide('changes_requested'), { enabled: hasTake });
  useCommand('review.reject', () => decide('rejected'), { enabled: hasTake });
  // Tab goes through buttons and fields where one of them has the keyboard, and through clips elsewhere.
  useCommand('review.nextClip', () => stepClip(1), { enabled: onPicture });
  useCommand('review.previousClip', () => stepClip(-1), { enabled: onPicture });
  useCommands(['review.clipBelow', 'review.clipAbove'], (id) => stepClip(id === 'review.clipBelow' ? 1 : -1));
  useCommand('review.nextToDo', () => {
    if (!openNextToDo()) useReview.setState({ said: 'Nothing else waits for a review.' });
  });
  useCommands(['review.takeBefore', 'review.takeAfter'], (id) => stepTake(id === 'review.takeAfter' ? 1 : -1));
  useCommand('review.choose', () => {
    const { clipId, specHash } = useReview.getState();
    const clip = openedClip();
    if (clip === null || clipId === null || specHash === null || filmTake(clip)?.specHash === specHash) return;
    void chooseReviewTake(clipId, specHash);
  });
  useCommand('review.filmTake', () => {
    const clip = openedClip();
    const take = clip === null ? null : filmTake(clip);
    if (take !== null) lookAtTake(take.specHash);
  });
}

function usePlaying(): void {
  const range = useReel((state) => state.range);
  const loop = useReel((state) => state.loop);
  useCommand('review.play', () => reel.toggle());
  useCommands(['review.back', 'review.stop', 'review.forward'], (id) =>
    reel.shuttle(id === 'review.back' ? -1 : id === 'review.stop' ? 0 : 1),
  );
  useCommand('review.loop', () => reel.setLoop(!loop));
  useCommands(['review.in', 'review.out'], (id) => setRange(id === 'review.in' ? 'in' : 'out', range));
  useCommand('review.noRange', () => reel.setRange(null), { enabled: range !== null });
  useCommands(['review.frameBack', 'review.frameOn', 'review.tenBack', 'review.tenOn'], (id) =>
    reel.step(STEPS[id] ?? 0),
  );
  useCommands(['review.first', 'review.last'], (id) => reel.seek(id === 'review.first' ? 0 : reel.frames - 1));
  useCommands(['review.findingOn', 'review.findingBack'], (id) => goFinding(id === 'review.findingOn' ? 1 : -1));
}

function useComparing(): void {
  const numbers = [1, 2, 3, 4, 5, 6, 7].map((number) => `review.number.${number}` as CommandId);
  useCommands(numbers, (id) => setMode(Number(id.at(-1))));
  useCommand('review.flip', () => useReview.setState(({ flipped }) => ({ flipped: !flipped })));
  useCommand('review.against', nextAgainst);
  useCommands(['review.less', 'review.more'], (id) => {
    const { level, mode } = useReview.getState();
    setLevel(level[mode] + (id === 'review.more' ? NUDGE : -NUDGE));
  });
}

function useNoting(): void {
  const range = useReel((state) => state.range);
  const drafted = useReview((state) => state.draft !== null);
  const drawn = useReview((state) => (state.draft?.marks.length ?? 0) > 0);
  useCommand('review.note', () => beginNote(null));
  useCommand('review.noteRange', () => beginNote(range), { enabled: range !== null });
  useCommand('review.draw', toggleDrawing);
  useCommand('review.undraw', undraw, { enabled: drawn });
  useCommand('review.saveNote', () => void saveDraft(), { enabled: drafted });
  useCommand('review.leave', leave);
  useCommands(['review.noteOn', 'review.noteBack'], (id) => goNote(id === 'review.noteOn' ? 1 : -1));
  useCommand('review.resolve', () => {
    const { specHash } = useReview.getState();
    for (const note of openedClip()?.notes ?? [])
      if (note.specHash === specHash && note.resolved === null && covers(note, reviewPlayhead.frame))
        void resolveNote(note.id);
  });
}

function useLooking(): void {
  const list = usePanels((state) => state.list);
  const panel = usePreferences((state) => state.sidePanelOpen);
  const view = useView.getState();
  useCommands(['review.zoomIn', 'review.zoomOut'], (id) => view.zoomAbout(id === 'review.zoomIn' ? 1 : -1));
  useCommand('review.fit', () => view.setZoom('fit'));
  useCommand('review.pixels', () => view.setZoom(useView.getState().zoom === 'fit' ? 1 : 'fit'));
  useCommand('review.panLeft', () => view.panBy(-PAN, 0));
  useCommand('review.panRight', () => view.panBy(PAN, 0));
  useCommand('review.panUp', () => view.panBy(0, -PAN));
  useCommand('review.panDown', () => view.panBy(0, PAN));
  useCommand('review.regions', nextRegion);
  useCommand('review.list', () => usePanels.setState({ list: !list }));
  useCommand('review.panel', () => void changePreferences({ sidePanelOpen: !panel }));
}

/** F6: into the next part of the screen, where Tab goes from button to button. */
function nextRegion(): void {
  const parts = REGIONS.flatMap((name) => [...document.querySelectorAll<HTMLElement>(`[data-region="${name}"]`)]);
  const at = parts.findIndex((part) => part.contains(document.activeElement));
  for (let step = 1; step <= parts.length; step++) {
    const target = parts[(at + step + parts.length) % parts.length]?.querySelector<HTMLElement>(
      '[tabindex="0"],button:not(:disabled):not([tabindex="-1"]),a[href],input',
    );
    if (target == null) continue;
    target.focus();
    return;
  }
}

/** Whether the keyboard is with the picture: nothing has it, or the strip, the pad or the list of clips. */
function useOnPicture(): boolean {
  const [on, setOn] = useState(true);
  useEffect(() => {
    const look = (): void => {
      const { activeElement } = document;
      setOn(
        activeElement === null ||
          activeElement === document.body ||
          activeElement.matches('[data-testid="strip"],[data-testid="pad"],[data-clip]'),
      );
    };
    look();
    // A removed element blurs without a focusin: looked at again behind the event.
    const later = (): void => void setTimeout(look);
    document.addEventListener('focusin', look);
    document.addEventListener('focusout', later);
    return () => {
      document.removeEventListener('focusin', look);
      document.removeEventListener('focusout', later);
    };
  }, []);
  return on;
}
