/** What the film is made from, its beats and its checks. */
import type { FilmSettings } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import type { Edit } from '../../../../pipeline/timeline/edits-types.ts';
import { fixAll, type LintFinding } from '../../../../pipeline/timeline/lint.ts';
import { dropProposal, edit, propose, select, useTimeline } from '../../../stores/timeline.ts';
import { Skeleton } from '../../../ui/index.ts';
import { seekTo } from '../player/transport.ts';
import { BeatPanel } from './BeatPanel.tsx';
import { Checks } from './Checks.tsx';
import { FilmPanel } from './FilmPanel.tsx';
import { buildFilm } from './host.ts';
import { labelOf } from './labels.ts';
import styles from './Panels.module.css';
import { useChosenSettings, usePanels } from './panel-state.ts';

export function LeftPanel() {
  const document = useTimeline((state) => state.document);
  const timeline = useTimeline((state) => state.timeline);
  const findings = useTimeline((state) => state.findings);
  const settings = useChosenSettings();
  // Beside a proposal or a version the film itself cannot be changed.
  const proposal = useTimeline((state) => state.proposal);
  const looked = usePanels((state) => state.looked);
  const looking = proposal !== null || looked !== null;
  if (document === null || settings === null)
    return (
      <div className={styles.panel}>
        <Skeleton height={180} />
        <Skeleton height={120} />
      </div>
    );
  // Before the rooms are known there is nothing that a choice could be tried on.
  const locked = timeline === null ? document.analysis === null : timeline.status !== 'draft';
  return (
    <div className={styles.split}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <div className={styles.panel} tabIndex={0}>
        <FilmPanel settings={settings} locked={locked} onChange={(change) => void choose({ ...settings, ...change })} />
        {timeline !== null && (
          <BeatPanel timeline={timeline} track={document.track} locked={locked || looking} onEdit={edit} />
        )}
      </div>
      {timeline !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        <div className={styles.pinned} tabIndex={0}>
          <Checks
            timeline={timeline}
            findings={findings}
            locked={locked || looking}
            onLook={look}
            onFix={fix}
            onFixAll={() => fixEverything(timeline)}
          />
        </div>
      )}
    </div>
  );
}

/** Builds with other settings for looking at; the newest choice wins. */
async function choose(settings: FilmSettings): Promise<void> {
  usePanels.setState({ asked: settings, refused: null, before: false, looked: null });
  const { timeline, listingId } = useTimeline.getState();
  if (timeline === null) {
    // Without a film there is nothing to compare with: it is built with what was chosen.
    try {
      await buildFilm(listingId, settings);
    } catch (error) {
      usePanels.setState({ refused: error instanceof Error ? error.message : 'The film could not be built.' });
    }
    usePanels.setState({ asked: null });
    return;
  }
  // Back at what the film is made from: there is nothing to look at any more.
  const { document } = useTimeline.getState();
  if (document !== null && !document.stale && JSON.stringify(document.settings) === JSON.stringify(settings)) {
    dropProposal();
    usePanels.setState({ asked: null });
    return;
  }
  // The newest refusal while it is built is this one's; it stays in sight where the choice was made.
  const stop = useTimeline.subscribe(({ refusal }, before) => {
    if (refusal === null || refusal === before.refusal || usePanels.getState().asked !== settings) return;
    usePanels.setState({ refused: refusal.message });
  });
  await propose(settings);
  stop();
  if (usePanels.getState().asked === settings) usePanels.setState({ asked: null });
}

function look(finding: LintFinding): void {
  if (finding.clipId !== undefined) select([finding.clipId]);
  if (finding.frame !== undefined) seekTo(finding.frame);
}

/** Every remedy that makes things better, as one step. */
function fixEverything(timeline: Timeline): void {
  const { document } = useTimeline.getState();
  const { edit: all, fixed } = fixAll(timeline, {
    ...(document?.analysis == null ? {} : { rooms: document.analysis.clusters }),
    ...(document === null ? {} : { targetSeconds: document.settings.targetSeconds, track: document.track }),
  });
  if (all === null) useTimeline.setState({ said: 'Nothing could be fixed without something else getting worse' });
  else edit(`Fix ${fixed === 1 ? '1 check' : `${fixed} checks`}`, all);
}

function fix(finding: LintFinding): void {
  const { suggestedEdit } = finding;
  if (suggestedEdit === undefined) return;
  look(finding);
  const change: Edit = suggestedEdit;
  edit(`${labelOf(change)} (check)`, change);
}
