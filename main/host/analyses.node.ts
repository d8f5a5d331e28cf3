/** The stored analyses of the listings that are looked at, parsed once, and what of them pages may see. */
import type { Database } from '../../db/open.node.ts';
import { loadAnalysis } from '../../db/results.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { Analysis, AnalyzedPhoto } from '../../pipeline/domain.ts';
import type { AnalysisView, PhotoView } from '../../pipeline/rooms/view.ts';

/** Listings kept in memory: 500 photos are about 6 MB, with the room probabilities. */
const KEPT = 12;

export interface KnownAnalysis {
  readonly analysis: Analysis;
  readonly view: AnalysisView;
  readonly photos: ReadonlyMap<string, AnalyzedPhoto>;
}

export class Analyses {
  private readonly database: Database;
  private readonly kept = new Map<string, Promise<KnownAnalysis | undefined>>();

  constructor(database: Database) {
    this.database = database;
  }

  get({ id, jobId }: Pick<ListingRow, 'id' | 'jobId'>): Promise<KnownAnalysis | undefined> {
    const known =
      this.kept.get(id) ??
      loadAnalysis(this.database, jobId).then((analysis) => (analysis === undefined ? undefined : toKnown(analysis)));
    // Newest last; the first in the map is the one that was not asked for the longest.
    this.kept.delete(id);
    this.kept.set(id, known);
    known.catch(() => this.kept.delete(id));
    for (const old of [...this.kept.keys()].slice(0, Math.max(0, this.kept.size - KEPT))) this.kept.delete(old);
    return known;
  }

  /** The listing's analysis was written anew. */
  forget(listingId: string): void {
    this.kept.delete(listingId);
  }
}

function toKnown(analysis: Analysis): KnownAnalysis {
  return {
    analysis,
    view: viewOf(analysis),
    photos: new Map(analysis.photos.map((photo) => [photo.id, photo])),
  };
}

/** An analysis as pages may see it. */
export function viewOf(analysis: Analysis): AnalysisView {
  return { ...analysis, photos: analysis.photos.map(photoView) };
}

/** A photo without the paths of this machine. */
function photoView(photo: AnalyzedPhoto): PhotoView {
  const { path: _path, proxies: _proxies, depth, ...rest } = photo;
  if (depth === undefined) return rest;
  const { path: _depthPath, ...figures } = depth;
  return { ...rest, depth: figures };
}
