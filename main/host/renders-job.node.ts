/** The job's state while its clips are rendered. It never holds the work up: what the rules refuse is only noted. */
import { transitionJob } from '../../db/jobs.node.ts';
import { currentTake } from '../../db/studio/renders.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { JobEvent, JobFacts } from '../../pipeline/job-machine.ts';
import type { HostCore } from './core.ts';
import { type RenderParts, takeState, wantedClips } from './renders-parts.node.ts';

const FACTS: JobFacts = { hasTimeline: true, unapprovedClips: 0 };

export async function moveJob(core: HostCore, row: ListingRow, event: JobEvent): Promise<void> {
  try {
    await transitionJob(core.database, row.jobId, event, FACTS);
    core.bus.emit({ type: 'listing', listingId: row.id });
  } catch (error) {
    // An analysis that runs again holds the job's state until it is done; a full disk refuses any note.
    core.log.info({ err: error, listingId: row.id, event }, 'the job did not move on');
  }
}

/**
 * Rendering ended, however it did: `rendered` when every clip of the film has its take, else where it stood with a film
 * and without all clips, from where everything can go on.
 */
export async function renderingEnded(parts: RenderParts, row: ListingRow): Promise<void> {
  const { core } = parts.film;
  const { status } = (await core.store.listing(row.id)) ?? {};
  if (status !== 'rendering') return;
  if (await allRendered(parts, row)) return moveJob(core, row, 'rendering_done');
  await moveJob(core, row, 'interrupted');
  await moveJob(core, row, 'timeline_built');
}

async function allRendered(parts: RenderParts, row: ListingRow): Promise<boolean> {
  const clips = await wantedClips(parts, row).catch(() => []);
  if (clips.length === 0) return false;
  for (const { facts, wanted } of clips) {
    const take = wanted === undefined ? undefined : currentTake(facts, wanted.hash);
    if (take === undefined || (await takeState(parts, row, take)) !== 'present') return false;
  }
  return true;
}
