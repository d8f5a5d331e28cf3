/** The team's fleet as this studio sees it: estimates, clips given to it, what became of them. */
import { z } from 'zod';
import { PicaividError } from '../../../base/errors.ts';
import { currentTake } from '../../../db/studio/renders.node.ts';
import {
  type Estimate,
  estimateAnswerSchema,
  type FleetAnswer,
  fleetAnswerSchema,
  fleetRenderAnswerSchema,
  type fleetRenderSchema,
} from '../../service/fleet-api.ts';
import { mustListing } from '../listings.node.ts';
import { allowed } from '../person.node.ts';
import type { Renders } from '../renders.node.ts';
import { wantedClips } from '../renders-parts.node.ts';
import type { FleetDocument } from '../team-contract.ts';
import type { TeamFiles } from './files.node.ts';
import type { TeamHttp } from './http.node.ts';
import { notConnected } from './off.ts';

/** The panel is asked for this often while there is something to follow, milliseconds. */
const FOLLOW_EVERY_MS = 2_000;
/** A page that has not asked for so long does not show it any more. */
const SHOWN_MS = 15_000;
/** The server takes so many clips at once. */
const CLIPS_AT_ONCE = 500;

type FleetClip = z.infer<typeof fleetRenderSchema>['clips'][number];
const changed = z.object({ changed: z.int() });

export interface FleetParts {
  readonly renders: Renders;
  readonly files: TeamFiles;
  readonly http: () => TeamHttp | undefined;
  /** What this studio has done of the listing is at the server, files included. Throws when that takes too long. */
  readonly flush: (listingId: string) => Promise<void>;
  readonly onChange: () => void;
}

export class Fleet {
  private readonly parts: FleetParts;
  private last: FleetAnswer = { tasks: [], workers: [], costPerHourMicros: 0, now: new Date(0).toISOString() };
  private shownAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private onScreen = new Set<string>();

  constructor(parts: FleetParts) {
    this.parts = parts;
  }

  async document(): Promise<FleetDocument> {
    this.shownAt = Date.now();
    const online = await this.refresh().catch(() => false);
    this.follow();
    return { ...this.last, online };
  }

  look(clipIds: readonly string[]): void {
    this.onScreen = new Set(clipIds);
  }

  async estimate(listingId: string, clipIds: readonly string[] | 'changed'): Promise<Estimate> {
    const http = this.must();
    const clips = await this.clips(listingId, clipIds);
    if (clips.length === 0)
      return { clips: 0, seconds: 0, workers: this.last.workers.length, waitingBefore: 0, costMicros: 0 };
    return http.post('/fleet/estimate', { listingId, clips }, estimateAnswerSchema);
  }

  async dispatch(listingId: string, clipIds: readonly string[] | 'changed'): Promise<void> {
    const http = this.must();
    const { core } = this.parts.renders.parts.film;
    await allowed(core, 'render clips');
    const clips = await this.clips(listingId, clipIds);
    await this.parts.flush(listingId);
    for (let i = 0; i < clips.length; i += CLIPS_AT_ONCE)
      await http.post('/fleet/render', { listingId, clips: clips.slice(i, i + CLIPS_AT_ONCE) }, fleetRenderAnswerSchema); // biome-ignore format: one call
    this.shownAt = Date.now();
    await this.refresh();
    this.follow();
    core.bus.emit({ type: 'renders', listingId });
  }

  async cancel(taskIds: readonly string[]): Promise<void> {
    await this.must().post('/fleet/cancel', { taskIds }, changed);
    await this.refresh();
  }

  async retry(taskIds: readonly string[]): Promise<void> {
    await this.must().post('/fleet/retry', { taskIds }, changed);
    await this.refresh();
    this.follow();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  /** The clips that are not rendered as the film asks, as the fleet takes them. */
  private async clips(listingId: string, clipIds: readonly string[] | 'changed'): Promise<FleetClip[]> {
    const { renders, files } = this.parts;
    const { core } = renders.parts.film;
    const row = await mustListing(core, listingId);
    if (row.teamId === null)
      throw new PicaividError(
        'bad_usage',
        'Share this listing with the team first: the fleet renders what the team has.',
      );
    const wanted = await wantedClips(renders.parts, row);
    const ids = clipIds === 'changed' ? undefined : new Set(clipIds);
    const photos = new Map((await files.photos(listingId)).map((photo) => [photo.photoId, photo]));
    const clips: FleetClip[] = [];
    for (const { clip, facts, wanted: asked } of wanted) {
      if (ids !== undefined && !ids.has(clip.id)) continue;
      const photo = photos.get(clip.photoId);
      if (asked === undefined || photo === undefined) {
        if (ids === undefined) continue;
        throw new PicaividError('file_not_found', 'The photo of this clip is not in the team’s listing (any more).');
      }
      if (ids === undefined && currentTake(facts, asked.hash) !== undefined) continue;
      const depth = asked.spec.depthSha256 === null ? null : photo.depth;
      clips.push({
        clipId: clip.id,
        askedHash: asked.hash,
        spec: asked.spec,
        photo: { ...photo.blob, file: photo.file },
        depth: depth?.sha256 === asked.spec.depthSha256 ? depth : null,
        onScreen: this.onScreen.has(clip.id),
      });
    }
    return clips;
  }

  private async refresh(): Promise<boolean> {
    const http = this.parts.http();
    if (http === undefined) return false;
    const before = JSON.stringify({ ...this.last, now: '' });
    this.last = await http.get('/fleet', fleetAnswerSchema, { timeoutMs: 5_000 });
    if (JSON.stringify({ ...this.last, now: '' }) !== before) this.parts.onChange();
    return true;
  }

  /** While a page shows it and something is under way. */
  private follow(): void {
    clearTimeout(this.timer);
    const busy = this.last.tasks.some(({ state }) => state === 'queued' || state === 'leased');
    if (!busy && Date.now() - this.shownAt > SHOWN_MS) return;
    this.timer = setTimeout(() => {
      this.refresh()
        .catch(() => false) // shown as not online by the next who asks
        .finally(() => this.follow());
    }, FOLLOW_EVERY_MS);
    this.timer.unref();
  }

  private must(): TeamHttp {
    const http = this.parts.http();
    if (http === undefined) throw notConnected();
    return http;
  }
}
