/** The host's procedures of rooms, with errors as the store takes them: what a person can act on, or silence. */
import { api, asked } from '../../api.ts';
import type { RoomsApi } from '../../stores/rooms.ts';

export const roomsHost: RoomsApi = {
  get: (id) => asked(api.rooms.get.query({ id })),
  act: (id, { label, changes }) => asked(api.rooms.act.mutate({ id, label, changes: [...changes] })),
  undo: (id) => asked(api.rooms.undo.mutate({ id })),
  redo: (id) => asked(api.rooms.redo.mutate({ id })),
  photoFacts: (id, photoId) => asked(api.rooms.photoFacts.query({ id, photoId })),
};
