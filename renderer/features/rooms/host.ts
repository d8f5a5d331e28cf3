/** The host's procedures of rooms, with errors as the store takes them: what a person can act on, or silence. */
import { PicaividError } from '../../../base/errors.ts';
import { api, errorOf } from '../../api.ts';
import type { RoomsApi } from '../../stores/rooms.ts';

async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const data = errorOf(error);
    // Silence is no refusal: the store asks again.
    if (data.code === 'host_unreachable' || data.code === 'cancelled') throw new Error(data.message);
    throw new PicaividError(data.code, data.message, data.file === undefined ? {} : { file: data.file });
  }
}

export const roomsHost: RoomsApi = {
  get: (id) => asked(api.rooms.get.query({ id })),
  act: (id, { label, changes }) => asked(api.rooms.act.mutate({ id, label, changes: [...changes] })),
  undo: (id) => asked(api.rooms.undo.mutate({ id })),
  redo: (id) => asked(api.rooms.redo.mutate({ id })),
  photoFacts: (id, photoId) => asked(api.rooms.photoFacts.query({ id, photoId })),
};
