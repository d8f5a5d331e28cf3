/** A film for the tests of this folder: built by the engine from its own made-up house. */
import { NO_DECISIONS, type Timeline } from '../../../../pipeline/domain.ts';
import { FPS_30 } from '../../../../pipeline/time.ts';
import { buildTimeline } from '../../../../pipeline/timeline/builder.ts';
import { HOUSE, madeAnalysis, madeTrack } from '../../../../pipeline/timeline/fixtures.ts';
import { TEMPLATES } from '../../../../pipeline/timeline/templates.ts';

let built: Timeline | null = null;

export function film(): Timeline {
  built ??= make();
  return built;
}

function make(): Timeline {
  let ids = 0;
  return buildTimeline({
    analysis: madeAnalysis(HOUSE),
    decisions: NO_DECISIONS,
    track: madeTrack(120, 90),
    template: TEMPLATES.classic,
    targetSeconds: 45,
    frameRate: FPS_30,
    size: { width: 1920, height: 1080 },
    newId: () => {
      ids += 1;
      return `clip${ids}`;
    },
    defaultBpm: 100,
  });
}
