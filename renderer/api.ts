/** The host, typed, for pages: procedures by tRPC over fetch, what happens by server-sent events. */
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';
import { ERROR_CODES, type ErrorCode, type ErrorData, PicaividError } from '../base/errors.ts';
import { TRPC_PATH } from '../main/host/contract.ts';
import type { StudioRouter } from '../main/host/router.ts';
import { createEventHub } from './event-hub.ts';

/**
 * The typed client. One request for each call, never a batch: a slow answer (a large folder) must not hold back the
 * small one asked for in the same moment.
 */
export const api = createTRPCClient<StudioRouter>({
  links: [
    splitLink({
      condition: (op) => op.type === 'subscription',
      true: httpSubscriptionLink({ url: TRPC_PATH }),
      false: httpLink({ url: TRPC_PATH }),
    }),
  ],
});

/** What the host tells as it happens: one subscription for the whole page, opened anew whenever it breaks. */
export const events = createEventHub((observer) => api.system.events.subscribe(undefined, observer));

export const HOST_UNREACHABLE: ErrorData = {
  code: 'host_unreachable',
  message: 'The studio does not answer at the moment. Nothing is lost; it is tried again by itself.',
};

/**
 * Anything thrown by a call, as an error of the closed set with a sentence to show. A call that got no answer, or one
 * that is not the studio's (a proxy's, a half-closed socket's), is `host_unreachable`.
 */
export function errorOf(error: unknown): ErrorData {
  if (error instanceof PicaividError) return error.toJSON();
  if (error instanceof TRPCClientError) {
    // Beside tRPC's own answers the host's gate answers with a bare error: no session, wrong origin.
    const sent = errorDataOf(field(error.data, 'picaivid')) ?? errorDataOf(field(error.meta, 'responseJSON'));
    if (sent !== null) return sent;
    if (error.shape === undefined) return isAbort(error.cause) ? CANCELLED : HOST_UNREACHABLE;
  }
  if (isAbort(error)) return CANCELLED;
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) return HOST_UNREACHABLE;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** A call's answer with its errors as the stores take them: what a person can act on, or silence, which is no refusal. */
export async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const data = errorOf(error);
    if (data.code === 'host_unreachable' || data.code === 'cancelled') throw new Error(data.message);
    throw new PicaividError(data.code, data.message, data.file === undefined ? {} : { file: data.file });
  }
}

const CANCELLED: ErrorData = { code: 'cancelled', message: 'Stopped as asked; what was finished is kept.' };

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);
const isCode = (value: unknown): value is ErrorCode => typeof value === 'string' && CODES.has(value);

/** An error of the host from JSON, or null when the value is not one. */
export function errorDataOf(value: unknown): ErrorData | null {
  const code = field(value, 'code');
  const message = field(value, 'message');
  const file = field(value, 'file');
  if (!isCode(code) || typeof message !== 'string') return null;
  return typeof file === 'string' ? { code, message, file } : { code, message };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
