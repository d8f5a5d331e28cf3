/**
 * What the panels hold beside the film itself: the settings that were asked for, the side of a proposal that is shown,
 * the version that is looked at, and the beats of a correction that is not applied yet.
 */
import { create } from 'zustand';
import type { FilmSettings } from '../../../../main/host/timeline-contract.ts';
import type { GridBeat, Timeline } from '../../../../pipeline/domain.ts';
import { type TimelineState, useTimeline } from '../../../stores/timeline.ts';

interface PanelState {
  /** Settings under way to become a proposal: shown as chosen at once. */
  readonly asked: FilmSettings | null;
  /** Why the last choice could not be built. */
  readonly refused: string | null;
  /** With a proposal: the film as it is now is shown instead. */
  readonly before: boolean;
  /** A stored version that is looked at in the player. */
  readonly looked: { readonly versionId: string; readonly name: string; readonly timeline: Timeline } | null;
  /** Beats of a correction, or of taps, before it is applied: for the tracks. */
  readonly pendingBeats: readonly GridBeat[] | null;
}

const NOTHING: PanelState = { asked: null, refused: null, before: false, looked: null, pendingBeats: null };
export const usePanels = create<PanelState>(() => NOTHING);

/** Forgets all of it: another listing was opened. */
export function resetPanels(): void {
  usePanels.setState(NOTHING);
}

/** The film on screen: a version that is looked at, else the proposal, else the film itself. */
export function shownOf(
  state: Pick<TimelineState, 'timeline' | 'proposal'>,
  panels: Pick<PanelState, 'before' | 'looked'>,
): Timeline | null {
  if (panels.looked !== null) return panels.looked.timeline;
  if (state.proposal !== null && !panels.before) return state.proposal.timeline;
  return state.timeline;
}

/** The film that player and tracks show. */
export function useShownTimeline(): Timeline | null {
  const timeline = useTimeline((state) => state.timeline);
  const proposal = useTimeline((state) => state.proposal);
  const before = usePanels((state) => state.before);
  const looked = usePanels((state) => state.looked);
  return shownOf({ timeline, proposal }, { before, looked });
}

/** Settings as chosen: those under way, else the proposal's, else the film's. */
export function useChosenSettings(): FilmSettings | null {
  const asked = usePanels((state) => state.asked);
  const proposal = useTimeline((state) => state.proposal);
  const document = useTimeline((state) => state.document);
  return asked ?? proposal?.settings ?? document?.settings ?? null;
}
