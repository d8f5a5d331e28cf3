/** The host's procedures of renders, delivery and the person, with errors as the stores take them. */
import { PicaividError } from '../../../base/errors.ts';
import { api, errorOf } from '../../api.ts';
import type { DeliveryApi, PersonApi, RendersApi } from '../../stores/renders-api.ts';

async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const data = errorOf(error);
    // Silence is no refusal.
    if (data.code === 'host_unreachable' || data.code === 'cancelled') throw new Error(data.message);
    throw new PicaividError(data.code, data.message, data.file === undefined ? {} : { file: data.file });
  }
}

export const rendersHost: RendersApi = {
  get: (id) => asked(api.renders.get.query({ id })),
  start: (id, clipIds) =>
    asked(api.renders.start.mutate({ id, clipIds: clipIds === 'changed' ? clipIds : [...clipIds] })),
  cancel: (id, clipIds) =>
    asked(api.renders.cancel.mutate({ id, clipIds: clipIds === 'all' ? clipIds : [...clipIds] })),
  look: (id, clipIds) => asked(api.renders.look.mutate({ id, clipIds: clipIds.slice(0, 200) })),
  again: (id, clipId, changes) => asked(api.renders.again.mutate({ id, clipId, changes })),
  choose: (id, clipId, specHash) => asked(api.renders.choose.mutate({ id, clipId, specHash })),
};

export const deliveryHost: DeliveryApi = {
  get: (id) => asked(api.delivery.get.query({ id })),
  set: (id, changes) => asked(api.delivery.set.mutate({ id, changes })),
  start: (id, override) => asked(api.delivery.start.mutate({ id, override })),
};

export const personHost: PersonApi = {
  get: () => asked(api.person.get.query()),
  set: (person) => asked(api.person.set.mutate(person)),
};
