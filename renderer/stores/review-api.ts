/** What the review screen asks of the host: `review.*`, and of `renders.*` what it does to takes. */
import type {
  NewDecision,
  NewNote,
  RendersDocument,
  Rerender,
  ReviewDocument,
} from '../../main/host/review-contract.ts';

/** Each rejects with a PicaividError when the host refuses, and with any other error when nobody answered. */
export interface ReviewApi {
  get(listingId: string): Promise<ReviewDocument>;
  decide(listingId: string, decision: NewDecision): Promise<ReviewDocument>;
  addNote(listingId: string, note: NewNote): Promise<ReviewDocument>;
  resolveNote(listingId: string, noteId: string): Promise<ReviewDocument>;
  choose(listingId: string, clipId: string, specHash: string): Promise<RendersDocument>;
  again(listingId: string, clipId: string, changes: Rerender): Promise<RendersDocument>;
  render(listingId: string, clipIds: readonly string[]): Promise<RendersDocument>;
}
