/** Rooms for the fake host: made-up analyses over the sample's pictures, with decisions, undo and revisions. A fake. */
import { PicaividError } from '../../base/errors.ts';
import type { ActionResult, ListingCard, PhotoFacts, ReadyPhoto, RoomsDocument } from '../../main/host/contract.ts';
import type { RejectedPhoto, RoomType } from '../../pipeline/domain.ts';
import {
  applyChanges,
  type Change,
  invertChanges,
  NOTHING_DECIDED,
  type RoomsAction,
  type RoomsDecisions,
} from '../../pipeline/rooms/decisions.ts';
import { analysisOf, type RoomSpec } from '../../pipeline/rooms/testing.ts';
import type { AnalysisView } from '../../pipeline/rooms/view.ts';
import type { FakeService } from './fake-service.node.ts';

/** The sample's photos by room, in the order of their files. */
const SAMPLE: readonly (readonly [RoomType, number])[] = [
  ['exterior_front', 2], ['living_room', 4], ['kitchen', 3], ['dining_room', 3], ['primary_bedroom', 3], ['bedroom', 3],
  ['bathroom', 2], ['patio', 2],
]; // biome-ignore format: one glance

/**
 * `count` photos in the sample's rooms, over and over. Every third room is in doubt, in turn by its name, as a whole, or
 * with a near-duplicate: as many doubts as a typical analysis has.
 */
export function madeUpRooms(count: number): AnalysisView {
  const specs: RoomSpec[] = [];
  let at = 0;
  for (let room = 0; at < count; room += 1) {
    const [type, size] = SAMPLE[room % SAMPLE.length] ?? ['other', 1];
    const doubt = room % 3 === 1 ? (['label', 'room', 'duplicate'] as const)[Math.floor(room / 3) % 3] : null;
    const rival: RoomType = type === 'patio' ? 'garden' : type === 'living_room' ? 'family_room' : 'dining_room';
    const photos = Array.from({ length: Math.min(size, count - at) }, (_, i) => ({
      id: `p_${String(at + i).padStart(4, '0')}`,
      rooms: doubt === 'label' ? { [type]: 0.48, [rival]: 0.43 } : { [type]: 0.94 - 0.04 * i },
      score: 0.91 - 0.07 * i - 0.01 * (room % 5),
      ...(doubt === 'duplicate' && i === 1 ? { duplicateOf: `p_${String(at).padStart(4, '0')}` } : {}),
    }));
    at += photos.length;
    specs.push({ tier: doubt === 'room' ? 'low' : doubt === 'label' ? 'medium' : 'high', photos });
  }
  return analysisOf(specs);
}

export class FakeRooms {
  decisions: RoomsDecisions = NOTHING_DECIDED;
  revision = 1;
  /** What arrived, in order. */
  readonly received: RoomsAction[] = [];
  /** The next action is refused with this sentence. */
  refuse: string | null = null;
  /** Actions are answered when this is done. */
  hold: Promise<void> = Promise.resolve();
  ready: readonly ReadyPhoto[] = [];
  rejected: readonly RejectedPhoto[] = [];
  private done: RoomsAction[] = [];
  private undone: RoomsAction[] = [];
  private readonly service: FakeService;
  readonly listingId: string;
  analysis: AnalysisView | null;
  /** What the listing's card says beside what the service has. */
  private readonly more: Partial<ListingCard>;

  constructor(service: FakeService, listingId: string, analysis: AnalysisView | null, more: Partial<ListingCard> = {}) {
    this.service = service;
    this.listingId = listingId;
    this.analysis = analysis;
    this.more = more;
    Object.assign(service, {
      rooms: () => this.document(),
      act: (_: string, label: string, changes: readonly Change[]) => this.act({ label, changes }),
      undo: () => this.step(this.done, this.undone, true),
      redo: () => this.step(this.undone, this.done, false),
      photoFacts: async (): Promise<PhotoFacts> => ({
        bytes: 4_812_004,
        exif: [
          { name: 'Camera', value: 'Canon EOS R5' },
          { name: 'Focal length', value: '16 mm' },
          { name: 'Exposure', value: '1/60 s, f/8' },
          { name: 'ISO', value: '200' },
        ],
      }),
    });
  }

  private async card(): Promise<ListingCard> {
    const cards = await this.service.listListings();
    const card = cards.find((one) => one.id === this.listingId);
    if (card === undefined) throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
    return card;
  }

  private async document(): Promise<RoomsDocument> {
    return {
      listing: { ...(await this.card()), ...this.more },
      analysis: this.analysis,
      ready: this.ready,
      rejected: this.rejected,
      decisions: this.decisions,
      revision: this.revision,
      undo: this.done.at(-1)?.label ?? null,
      redo: this.undone.at(-1)?.label ?? null,
      ltxEnabled: false,
    };
  }

  private async act(action: RoomsAction): Promise<ActionResult> {
    await this.hold;
    if (this.refuse !== null) {
      const message = this.refuse;
      this.refuse = null;
      throw new PicaividError('edit_refused', message);
    }
    this.decisions = applyChanges(this.decisions, action.changes);
    this.received.push(action);
    this.done.push(action);
    this.undone = [];
    return this.told(action.label, action.changes);
  }

  private async step(from: RoomsAction[], to: RoomsAction[], back: boolean): Promise<ActionResult | null> {
    const action = from.pop();
    if (action === undefined) return null;
    const changes = back ? invertChanges(action.changes) : action.changes;
    this.decisions = applyChanges(this.decisions, changes);
    to.push(action);
    return this.told(action.label, changes);
  }

  private told(label: string, changes: readonly Change[]): ActionResult {
    this.revision += 1;
    this.service.emit({ type: 'rooms', listingId: this.listingId, revision: this.revision });
    const undo = this.done.at(-1)?.label ?? null;
    const redo = this.undone.at(-1)?.label ?? null;
    return { revision: this.revision, changes, label, undo, redo };
  }
}
