/**
 * Keeps each listing's job where its clips say it belongs: in review when all are rendered, approved when all are
 * signed, in review again when the film changes after that. One place; whoever changes something need not know of it.
 */
import { transitionJob } from '../../db/jobs.node.ts';
import { ReviewStore } from '../../db/studio/reviews.node.ts';
import { dueEvent, type ReviewFacts } from '../../pipeline/job-machine.ts';
import { reviewStateOf } from '../../pipeline/review.ts';
import type { StudioEvent } from './contract.ts';
import type { RenderCore } from './renders.node.ts';
import type { ClipRender } from './review-contract.ts';
import { shownTake } from './reviews-look.ts';

/** After an event, milliseconds: a drag of a clip's edge is many edits. */
const SETTLE_AFTER_MS = 200;
/** Longest way through the state machine without anybody asking; a test of the machine holds it to this. */
const MOST_EVENTS = 4;

export class JobSettler {
  private readonly parts: RenderCore;
  private readonly reviews: ReviewStore;
  private readonly running = new Map<string, Promise<void>>();

  constructor(parts: RenderCore) {
    this.parts = parts;
    this.reviews = new ReviewStore(parts.film.core.database);
  }

  /** Brings the listing's job up to date, one at a time; never fails the caller. */
  settle(listingId: string): Promise<void> {
    const { core } = this.parts.film;
    const next = (this.running.get(listingId) ?? Promise.resolve())
      .then(() => this.once(listingId))
      .catch((error: unknown) =>
        core.log.info({ err: error, listingId }, 'the state of a job was not brought up to date'),
      )
      .finally(() => {
        if (this.running.get(listingId) === next) this.running.delete(listingId);
      });
    this.running.set(listingId, next);
    return next;
  }

  /** Follows what happens in the host until it closes, beginning with what happened before it started. */
  async follow(): Promise<void> {
    const { core } = this.parts.film;
    const due = new Map<string, NodeJS.Timeout>();
    const soon = (listingId: string): void => {
      clearTimeout(due.get(listingId));
      const timer = setTimeout(() => {
        due.delete(listingId);
        void this.settle(listingId);
      }, SETTLE_AFTER_MS);
      timer.unref();
      due.set(listingId, timer);
    };
    // A listener that was too slow is sent away: it comes again until the bus is closed, which ends it at once.
    for (;;) {
      let heard = false;
      for await (const event of core.bus.subscribe(undefined)) {
        heard = true;
        // A host that was killed may have stored a decision and not what follows from it.
        if (event.type === 'hello') void this.makeUp();
        else if (changesJob(event)) soon(event.listingId);
      }
      if (!heard || core.bus.ended) break;
    }
    for (const timer of due.values()) clearTimeout(timer);
  }

  /** One listing after the other: a library of years is not looked at in one go. */
  private async makeUp(): Promise<void> {
    for (const id of await this.reviews.unsettled().catch(() => [])) {
      if (this.parts.film.core.bus.ended) return;
      await this.settle(id);
    }
  }

  private async once(listingId: string): Promise<void> {
    const { core } = this.parts.film;
    const signed = await this.reviews.facts(listingId);
    if (signed === undefined) return;
    let status = signed.status;
    // Whoever analyses or assembles says when that ends; until then nothing is looked for on the disk.
    if (status === 'draft' || status === 'analyzing' || status === 'assembling') return;
    for (let step = 0; step < MOST_EVENTS; step++) {
      const facts = await this.facts(listingId);
      const event = facts === undefined ? undefined : dueEvent(status, facts);
      if (facts === undefined || event === undefined) break;
      status = await transitionJob(core.database, signed.jobId, event, facts);
    }
    if (status !== signed.status) core.bus.emit({ type: 'listing', listingId });
  }

  private async facts(listingId: string): Promise<ReviewFacts | undefined> {
    const { film, renders } = this.parts;
    const signed = await this.reviews.facts(listingId);
    const row = await film.core.store.listing(listingId);
    if (signed === undefined || row === undefined) return undefined;
    const known = await film.films.film(listingId);
    const hasTimeline = known !== undefined;
    // Without any take the film alone says it: nothing is looked for on the disk after each edit.
    if (signed.takes === 0) {
      const clips = known?.timeline.clips.length ?? 0;
      return { hasTimeline, clips, renderedClips: 0, unapprovedClips: clips, rendering: true, vouched: false };
    }
    const clips = await renders.clips(listingId, known);
    const decisions = await this.reviews.decisions(listingId);
    const shown = clips.map((clip) => ({ clip, take: shownTake(clip) }));
    const unapproved = shown.filter(({ clip, take }) => {
      const own = decisions.filter(({ clipId }) => clipId === clip.clipId);
      return reviewStateOf(own, take?.specHash) !== 'approved';
    });
    const { vouchedAt, refusedAt } = signed;
    return {
      hasTimeline,
      clips: clips.length,
      renderedClips: shown.filter(({ take }) => take !== undefined).length,
      unapprovedClips: unapproved.length,
      rendering: (await renders.task(row)) !== null || clips.some(isBeingRendered),
      vouched:
        vouchedAt !== null &&
        (refusedAt === null || refusedAt <= vouchedAt) &&
        unapproved.every(({ take }) => take !== undefined && take.at <= vouchedAt),
    };
  }
}

const settlers = new WeakMap<object, JobSettler>();

/** One a host. */
export function jobSettler(parts: RenderCore): JobSettler {
  const settler = settlers.get(parts.renders) ?? new JobSettler(parts);
  settlers.set(parts.renders, settler);
  return settler;
}

/** Brings the listing's job up to date now; never fails the caller. */
export const settleJob = (parts: RenderCore, listingId: string): Promise<void> => jobSettler(parts).settle(listingId);

const isBeingRendered = ({ state }: ClipRender): boolean => state === 'queued' || state === 'rendering';

function changesJob(event: StudioEvent): event is Extract<StudioEvent, { listingId: string }> {
  return event.type === 'timeline' || event.type === 'renders' || event.type === 'rooms' || event.type === 'deliveries';
}
