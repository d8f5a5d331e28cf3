/** Rooms and films as a person may change them: each change asks for their role first. What only looks is let through. */
import type { Activity } from '../../pipeline/roles.ts';
import type { StudioService } from './contract.ts';
import type { HostCore } from './core.ts';
import { allowed } from './person.node.ts';
import type { FilmMethods } from './timelines.node.ts';

export const ROOM_CHANGES = ['act', 'undo', 'redo'] as const;
/** Names for versions change no film. */
export const FILM_CHANGES = [
  'buildTimeline', 'applyProposal', 'editTimeline', 'undoTimeline', 'redoTimeline', 'setTimelineStatus',
  'restoreVersion', 'importTimeline',
] as const; // biome-ignore format: one list

type Method = (...args: never[]) => Promise<unknown>;

/** The same methods; those named ask whether the person may. They throw `forbidden_role`. */
function guarded<T extends object>(core: HostCore, activity: Activity, names: readonly (keyof T)[], methods: T): T {
  const changed = { ...methods };
  for (const name of names) {
    const method = methods[name] as Method;
    const asked: Method = async (...args) => {
      await allowed(core, activity);
      return method(...args);
    };
    changed[name] = asked as T[typeof name];
  }
  return changed;
}

type RoomMethods = Pick<StudioService, (typeof ROOM_CHANGES)[number]>;
export const guardedRooms = (core: HostCore, rooms: RoomMethods): RoomMethods =>
  guarded(core, 'edit rooms', ROOM_CHANGES, rooms);

export const guardedFilms = (core: HostCore, films: FilmMethods): FilmMethods =>
  guarded(core, 'edit the film', FILM_CHANGES, films);
