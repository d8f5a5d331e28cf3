/**
 * The delivery of the open listing: what the host last said, and settings as they are being changed. A change shows at
 * once, is sent in order, and goes back with the reason when the host does not keep it.
 */
import { create } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { StudioEvent } from '../../main/host/contract.ts';
import type { DeliverDocument, DeliverySettings } from '../../main/host/review-contract.ts';
import { errorOf, ListingDocument } from './listing-document.ts';
import { takePerson } from './person.ts';
import type { DeliveryApi } from './renders-api.ts';

export interface DeliveryState {
  readonly listingId: string;
  readonly document: DeliverDocument | null;
  readonly error: ErrorData | null;
  /** With everything that was changed, acknowledged or not. */
  readonly settings: DeliverySettings | null;
  /** Changes that the host has not acknowledged. */
  readonly pending: number;
  readonly starting: boolean;
  readonly said: string;
  readonly refusal: { readonly label: string; readonly message: string } | null;
}

const CLOSED: DeliveryState = {
  listingId: '',
  document: null,
  error: null,
  settings: null,
  pending: 0,
  starting: false,
  said: '',
  refusal: null,
};

export const useDelivery = create<DeliveryState>(() => CLOSED);
const { getState: get, setState: set } = useDelivery;

const feed = new ListingDocument<DeliveryApi, DeliverDocument>({
  get: (api, listingId) => api.get(listingId),
  adopt: (document) => {
    takePerson(document.person);
    set({ document, error: null });
    show();
  },
  failed: (error) => {
    if (get().document === null) set({ error: errorOf(error) });
  },
});

/** Changes not acknowledged yet, oldest first: laid over every answer. */
let changes: readonly Partial<DeliverySettings>[] = [];
let sending: Promise<void> = Promise.resolve();

export async function openDelivery(listingId: string, host: DeliveryApi): Promise<void> {
  if (feed.open(listingId, host)) {
    changes = [];
    set({ ...CLOSED, listingId });
  }
  await feed.refetch();
}

export const refetchDelivery = (): Promise<void> => feed.refetch();

function show(): void {
  const { document } = get();
  if (document === null) return;
  set({ settings: Object.assign({}, document.settings, ...changes), pending: changes.length });
}

/** Changes settings: on screen at once, on the host in order. What was changed before another listing is sent as well. */
export function changeDelivery(label: string, change: Partial<DeliverySettings>): void {
  const where = feed.here();
  if (where === null) return;
  changes = [...changes, change];
  show();
  sending = sending.then(async () => {
    const outcome = await feed.change(async (api, listingId) => {
      try {
        return await api.set(listingId, change);
      } finally {
        changes = changes.filter((one) => one !== change);
      }
    }, where);
    if (!outcome.here) return;
    if (outcome.done) set({ said: `${label}.` });
    else {
      set({ refusal: { label, message: outcome.error.message } });
      show();
    }
  });
}

/** Starts the delivery once every change has arrived. Resolves with the refusal, or null when it has begun. */
export async function startDelivery(
  override: { readonly name: string; readonly reason: string } | null,
): Promise<ErrorData | null> {
  const where = feed.here();
  if (where === null || get().starting) return null;
  set({ starting: true });
  await sending;
  const outcome = await feed.change((api, listingId) => api.start(listingId, override), where);
  if (outcome.here) set(outcome.done ? { starting: false, said: 'The delivery has begun.' } : { starting: false });
  return outcome.done ? null : outcome.error;
}

/** Takes an event of the host. */
export function receiveDeliveryEvent(event: StudioEvent): void {
  const { listingId, document } = get();
  switch (event.type) {
    case 'hello':
      void feed.refetch();
      return;
    case 'deliveries':
    case 'renders':
    case 'review':
    case 'timeline':
      if (event.listingId === listingId) feed.refetchSoon();
      return;
    case 'task':
      if (event.task.listingId !== listingId || event.task.kind !== 'deliver' || document === null) return;
      if (['waiting', 'running', 'paused'].includes(event.task.state))
        set({ document: { ...document, task: event.task } });
      else {
        set({ document: { ...document, task: null } });
        feed.refetchSoon();
      }
      return;
    default:
  }
}
