/** The host's procedures of renders, delivery and the person, with errors as the stores take them. */
import { api, asked } from '../../api.ts';
import type { DeliveryApi, PersonApi, RendersApi } from '../../stores/renders-api.ts';

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
