/** Whether it lives, whether it can answer, and figures. */
import { sql } from 'kysely';
import type { Handlers, OperationsKey } from './handlers.ts';
import type { Metrics } from './metrics.node.ts';
import type { ServiceParts } from './parts.ts';

/** Asked by anybody, so the database is asked at most this often, milliseconds. */
const FRESH_MS = 1_000;
const WITHIN_MS = 3_000;

type State = 'up' | 'down';

async function stateOf(look: () => Promise<unknown>): Promise<State> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<State>((resolve) => {
    timer = setTimeout(() => resolve('down'), WITHIN_MS);
  });
  const looked = look().then(
    (): State => 'up',
    (): State => 'down',
  );
  try {
    return await Promise.race([looked, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface OperationsParts {
  readonly parts: Pick<ServiceParts, 'db' | 'storage'>;
  readonly metrics: Metrics;
  readonly isStopping: () => boolean;
}

export function operationsHandlers({ parts, metrics, isStopping }: OperationsParts): Handlers<OperationsKey> {
  let looked: { readonly atMs: number; readonly states: Promise<readonly [State, State]> } | undefined;
  const states = (): Promise<readonly [State, State]> => {
    const now = Date.now();
    if (looked === undefined || now - looked.atMs > FRESH_MS)
      looked = {
        atMs: now,
        states: Promise.all([
          stateOf(() => sql`select 1`.execute(parts.db)),
          // No file has this name; that it is answered is what counts.
          stateOf(() => parts.storage.head('health/ready')),
        ]),
      };
    return looked.states;
  };

  return {
    'GET /health': async () => ({ ok: true }),
    'GET /health/ready': async () => {
      const [database, storage] = await states();
      const stopping = isStopping();
      const ok = database === 'up' && storage === 'up' && !stopping;
      const answer = { ok, database, storage, stopping };
      return ok ? answer : Response.json(answer, { status: 503, headers: { 'Retry-After': '2' } });
    },
    'GET /internal/metrics': async () =>
      new Response(await metrics.text(), { headers: { 'Content-Type': metrics.registry.contentType } }),
  };
}
