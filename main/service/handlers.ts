/** The shape of what answers an address. Types only. */
import type { Answer, Asked, RouteKey, RowOf } from './endpoints.ts';
import type { Caller } from './parts.ts';

export interface Call<K extends RouteKey> extends Asked<K> {
  readonly caller: RowOf<K>['who'] extends 'open' ? undefined : Caller;
  readonly headers: Headers;
  /** Raised when the asker went away, or the time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds of this request that were spent waiting for something to happen: not the service's own time. */
  waited(ms: number): void;
}

/** Gives the answer's document, or a response of its own. */
export type Handler<K extends RouteKey> = (call: Call<K>) => Promise<Answer<K> | Response>;
export type Handlers<K extends RouteKey = RouteKey> = { readonly [Key in K]: Handler<Key> };

type Under<P extends string> = Extract<RouteKey, `${string} ${P}${string}`>;
export type SyncKey = Under<'/sync/'>;
export type FilesKey = Under<'/blobs/'>;
export type FleetKey = Under<'/fleet'>;
export type JobsKey = Under<'/internal/jobs'>;
export type OperationsKey = Exclude<RouteKey, SyncKey | FilesKey | FleetKey | JobsKey>;
