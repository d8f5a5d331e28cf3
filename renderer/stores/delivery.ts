/**
 * The delivery of the open listing: what the host last said, and settings as they are being changed. A change shows at
 * once, is sent in order, and goes back with the reason when the host does not keep it.
 */
import { create } from 'zustand';
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { StudioEvent } from '../../main/host/contract.ts';
import type { DeliverDocument, DeliverySettings } from '../../main/host/review-contract.ts';
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

/** Milliseconds that events are gathered before the document is asked for again. */
const GATHER_MS = 120;

let api: DeliveryApi | null = null;
let opening = 0;
let asked = 0;
let answered = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Changes not acknowledged yet, oldest first: laid over every answer. */
let changes: readonly Partial<DeliverySettings>[] = [];
let sending: Promise<void> = Promise.resolve();

export async function openDelivery(listingId: string, host: DeliveryApi): Promise<void> {
  api = host;
  if (get().listingId !== listingId) {
    opening += 1;
    changes = [];
    set({ ...CLOSED, listingId });
  }
  await refetchDelivery();
}

export async function refetchDelivery(): Promise<void> {
  const { listingId } = get();
  if (api === null || listingId === '') return;
  const mine = opening;
  asked += 1;
  const question = asked;
  try {
    const document = await api.get(listingId);
    if (mine === opening) adopt(document, question);
  } catch (error) {
    if (mine === opening && get().document === null) set({ error: errorOf(error) });
  }
}

function adopt(document: DeliverDocument, question: number): void {
  if (question < answered) return;
  answered = question;
  takePerson(document.person);
  set({ document, error: null });
  show();
}

function show(): void {
  const { document } = get();
  if (document === null) return;
  set({ settings: Object.assign({}, document.settings, ...changes), pending: changes.length });
}

/** Changes settings: on screen at once, on the host in order. */
export function changeDelivery(label: string, change: Partial<DeliverySettings>): void {
  const mine = opening;
  const { listingId } = get();
  const host = api;
  if (host === null) return;
  changes = [...changes, change];
  show();
  sending = sending.then(async () => {
    asked += 1;
    const question = asked;
    try {
      const document = await host.set(listingId, change);
      if (mine !== opening) return;
      changes = changes.filter((one) => one !== change);
      adopt(document, question);
      set({ said: `${label}.` });
    } catch (error) {
      if (mine !== opening) return;
      changes = changes.filter((one) => one !== change);
      set({ refusal: { label, message: errorOf(error).message } });
      show();
    }
  });
}

/** Starts the delivery once every change has arrived. Resolves with the refusal, or null when it has begun. */
export async function startDelivery(
  override: { readonly name: string; readonly reason: string } | null,
): Promise<ErrorData | null> {
  if (api === null || get().starting) return null;
  const mine = opening;
  const { listingId } = get();
  set({ starting: true });
  await sending;
  asked += 1;
  const question = asked;
  try {
    const document = await api.start(listingId, override);
    if (mine === opening) {
      adopt(document, question);
      set({ said: 'The delivery has begun.' });
    }
    return null;
  } catch (error) {
    return errorOf(error);
  } finally {
    if (mine === opening) set({ starting: false });
  }
}

/** Takes an event of the host. */
export function receiveDeliveryEvent(event: StudioEvent): void {
  const { listingId, document } = get();
  switch (event.type) {
    case 'hello':
      void refetchDelivery();
      return;
    case 'deliveries':
    case 'renders':
    case 'review':
    case 'timeline':
      if (event.listingId === listingId) refetchSoon();
      return;
    case 'task':
      if (event.task.listingId !== listingId || event.task.kind !== 'deliver' || document === null) return;
      if (['waiting', 'running', 'paused'].includes(event.task.state))
        set({ document: { ...document, task: event.task } });
      else {
        set({ document: { ...document, task: null } });
        refetchSoon();
      }
      return;
    default:
  }
}

function refetchSoon(): void {
  // The first event of many starts the wait: a stream of them must not put the answer off for ever.
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    void refetchDelivery();
  }, GATHER_MS);
}

function errorOf(error: unknown): ErrorData {
  return error instanceof PicaividError
    ? error.toJSON()
    : { code: 'host_unreachable', message: 'The studio does not answer. Try again in a moment.' };
}
