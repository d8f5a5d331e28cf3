/**
 * Every address of the service with who may use it: the table that the service is built by and the security test asks
 * row by row. Rows of another team are answered as if they were not there (404).
 */
import type { KeyRole } from '../../db/sync/protocol.ts';

const PEOPLE = ['editor', 'reviewer', 'producer'] as const satisfies readonly KeyRole[];
const SYNC = [...PEOPLE, 'admin'] as const satisfies readonly KeyRole[];
const BACKEND = ['producer', 'admin'] as const satisfies readonly KeyRole[];
const WHO = { open: 'open', sync: SYNC, backend: BACKEND, files: [...SYNC, 'worker'], render: [...SYNC], operate: ['admin'], metrics: ['admin', 'worker'] } as const; // biome-ignore format: one glance

export interface RouteRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{name}` for what varies. */
  readonly path: string;
  readonly who: 'open' | readonly KeyRole[];
}

export const ROUTES = [
  { method: 'GET', path: '/health', who: WHO.open },
  { method: 'GET', path: '/health/ready', who: WHO.open },
  { method: 'GET', path: '/internal/metrics', who: WHO.metrics },
  // The upstream backend, as the seed has it.
  { method: 'POST', path: '/internal/jobs', who: WHO.backend },
  { method: 'GET', path: '/internal/jobs/{job}', who: WHO.backend },
  { method: 'POST', path: '/internal/jobs/{job}/run', who: WHO.backend },
  { method: 'POST', path: '/internal/jobs/{job}/cancel', who: WHO.backend },
  // Studios.
  { method: 'GET', path: '/sync/hello', who: WHO.sync },
  { method: 'POST', path: '/sync/push', who: WHO.sync },
  { method: 'GET', path: '/sync/feed', who: WHO.sync },
  { method: 'GET', path: '/sync/events', who: WHO.sync },
  { method: 'GET', path: '/sync/listings', who: WHO.sync },
  { method: 'GET', path: '/sync/listings/{listing}', who: WHO.sync },
  { method: 'GET', path: '/sync/conflicts', who: WHO.sync },
  { method: 'POST', path: '/sync/conflicts/{conflict}/resolve', who: WHO.sync },
  { method: 'POST', path: '/sync/presence', who: WHO.sync },
  // Files by content: what is there, links to send and to fetch.
  { method: 'POST', path: '/blobs/missing', who: WHO.files },
  { method: 'POST', path: '/blobs/upload', who: WHO.files },
  { method: 'POST', path: '/blobs/complete', who: WHO.files },
  { method: 'POST', path: '/blobs/download', who: WHO.files },
  // The fleet.
  { method: 'GET', path: '/fleet', who: WHO.sync },
  { method: 'POST', path: '/fleet/estimate', who: WHO.render },
  { method: 'POST', path: '/fleet/render', who: WHO.render },
  { method: 'POST', path: '/fleet/cancel', who: WHO.render },
  { method: 'POST', path: '/fleet/retry', who: WHO.render },
] as const satisfies readonly RouteRow[];
