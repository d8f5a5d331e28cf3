/** What the screens of renders and delivery ask of the host. */
import type {
  DeliverDocument,
  DeliverySettings,
  Person,
  RendersDocument,
  Rerender,
} from '../../main/host/review-contract.ts';

/**
 * The host's procedures `renders.*` by their names. Each rejects with a PicaividError when the host refuses, and with
 * any other error when nobody answered.
 */
export interface RendersApi {
  get(listingId: string): Promise<RendersDocument>;
  start(listingId: string, clipIds: readonly string[] | 'changed'): Promise<RendersDocument>;
  cancel(listingId: string, clipIds: readonly string[] | 'all'): Promise<RendersDocument>;
  look(listingId: string, clipIds: readonly string[]): Promise<void>;
  again(listingId: string, clipId: string, changes: Rerender): Promise<RendersDocument>;
  choose(listingId: string, clipId: string, specHash: string): Promise<RendersDocument>;
}

/** `delivery.*`, with the same two kinds of errors. */
export interface DeliveryApi {
  get(listingId: string): Promise<DeliverDocument>;
  set(listingId: string, changes: Partial<DeliverySettings>): Promise<DeliverDocument>;
  start(
    listingId: string,
    override: { readonly name: string; readonly reason: string } | null,
  ): Promise<DeliverDocument>;
}

export interface PersonApi {
  get(): Promise<Person>;
  set(person: Person): Promise<Person>;
}
