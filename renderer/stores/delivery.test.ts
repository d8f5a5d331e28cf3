import { beforeEach, expect, test, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { type DeliverDocument, deliverySettingsSchema } from '../../main/host/review-contract.ts';
import { testCard } from '../testing/cards.ts';
import { changeDelivery, openDelivery, startDelivery, useDelivery } from './delivery.ts';
import { changePerson, usePerson } from './person.ts';
import type { DeliveryApi } from './renders-api.ts';

const DEFAULTS = deliverySettingsSchema.parse({ outputs: [{ shape: '16:9' }], disclosure: 'Made by software.' });
let kept = DEFAULTS;
let listing = 0;
let calls: string[] = [];
let gate: Promise<void> = Promise.resolve();
let refuse: PicaividError | null = null;

const document = (): DeliverDocument => ({
  listing: testCard(`l${listing}`),
  filmRevision: 1,
  totalFrames: 300,
  frameRate: { num: 30, den: 1 },
  settings: kept,
  blockers: [],
  cautions: [],
  deliveries: [],
  task: null,
  person: { name: 'Ana', role: 'producer' },
});
const host: DeliveryApi = {
  get: async () => document(),
  set: async (_, changes) => {
    await gate;
    calls.push(`set ${Object.keys(changes).join()}`);
    if (refuse !== null) throw refuse;
    kept = { ...kept, ...changes };
    return document();
  },
  start: async (_, override) => {
    calls.push(`start ${override?.reason ?? ''}`);
    if (refuse !== null) throw refuse;
    return document();
  },
};
const state = () => useDelivery.getState();

beforeEach(async () => {
  listing += 1;
  kept = DEFAULTS;
  calls = [];
  refuse = null;
  gate = Promise.resolve();
  await openDelivery(`l${listing}`, host);
});

test('changes show at once, are sent in order, and the delivery waits for them', async () => {
  let free = (): void => undefined;
  gate = new Promise((resolve) => {
    free = resolve;
  });
  changeDelivery('Loudness', { loudnessLufs: -23 });
  changeDelivery('Cover', { coverFrame: 12 });
  expect([state().settings?.loudnessLufs, state().settings?.coverFrame, state().pending]).toEqual([-23, 12, 2]);
  const started = startDelivery(null);
  expect(calls).toEqual([]);
  free();
  expect(await started).toBeNull();
  expect(calls).toEqual(['set loudnessLufs', 'set coverFrame', 'start ']);
  expect([state().pending, state().starting, state().settings]).toEqual([0, false, kept]);
});

test('what was changed is sent when another listing is open already, and does not show in it', async () => {
  let free = (): void => undefined;
  gate = new Promise((resolve) => {
    free = resolve;
  });
  const left = `l${listing}`;
  const sent: string[] = [];
  const other: DeliveryApi = { ...host, get: async () => ({ ...document(), settings: DEFAULTS }) };
  const api: DeliveryApi = {
    ...host,
    set: (id, changes) => {
      sent.push(id);
      return host.set(id, changes);
    },
  };
  await openDelivery(left, api);
  changeDelivery('Loudness', { loudnessLufs: -23 });
  changeDelivery('Cover', { coverFrame: 12 });
  const started = startDelivery(null);
  await openDelivery('another', other);
  free();
  expect(await started).toBeNull();
  expect([sent, calls.at(-1)]).toEqual([[left, left], 'start ']);
  expect([state().listingId, state().settings, state().said]).toEqual(['another', DEFAULTS, '']);
});

test('a change that the host refuses goes back, with the reason; the one after it stays', async () => {
  refuse = new PicaividError('forbidden_role', 'Not as editor.');
  changeDelivery('Folder', { folder: '/nowhere' });
  await vi.waitFor(() => expect(state().refusal).toEqual({ label: 'Folder', message: 'Not as editor.' }));
  expect([state().settings?.folder, state().pending]).toEqual([null, 0]);
  refuse = null;
  changeDelivery('Loudness', { loudnessLufs: -16 });
  await vi.waitFor(() => expect(state().pending).toBe(0));
  expect(kept.loudnessLufs).toBe(-16);
});

test('a delivery that is refused says why and can be started again', async () => {
  refuse = new PicaividError('transition_refused', 'A clip is not approved.');
  expect((await startDelivery(null))?.message).toBe('A clip is not approved.');
  refuse = null;
  expect(await startDelivery({ name: 'Ana', reason: 'agreed by phone' })).toBeNull();
  expect(calls).toEqual(['start ', 'start agreed by phone']);
});

test('a role that the host does not keep goes back', async () => {
  const failing = {
    get: async () => ({ name: '', role: 'editor' as const }),
    set: () => Promise.reject(new Error('x')),
  };
  await expect(changePerson(failing, { name: 'Bo', role: 'editor' })).rejects.toThrow('x');
  expect(usePerson.getState().person).toEqual({ name: 'Ana', role: 'producer' });
});
