/**
 * Requests made from the OpenAPI document, good, broken and no HTTP body at all, by a seed. What comes back must be an
 * answer: never a 5xx, a refusal with a code and a sentence, and a good answer as its schema says.
 */
import { createHash } from 'node:crypto';
import { seededRandom } from '../../../base/seeded-random.ts';
import { ENDPOINTS, type Endpoint, type RouteKey } from '../endpoints.ts';
import type { OpenApiDocument } from '../openapi.ts';
import { broken, good, type Json, type JsonSchema, type Making, pick } from './schema-values.ts';

export interface FuzzOptions {
  readonly url: string;
  readonly document: OpenApiDocument;
  readonly keys: readonly string[];
  readonly known: Making['known'];
  readonly seed: number;
  readonly requests: number;
}

export interface FuzzReport {
  /** Requests by status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Addresses that were answered with 2xx. */
  readonly reached: readonly string[];
  readonly failures: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: JsonSchema;
}
interface Operation {
  readonly key: RouteKey;
  readonly path: string;
  readonly method: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods ?? {}).map(([method, described]) => {
      const operation = described as { parameters?: Parameter[]; requestBody?: { content?: Record<string, { schema?: JsonSchema }> } }; // biome-ignore format: one shape
      return {
        key: `${method.toUpperCase()} ${path}` as RouteKey,
        path,
        method: method.toUpperCase(),
        parameters: operation.parameters ?? [],
        body: operation.requestBody?.content?.['application/json']?.schema,
      };
    }),
  );
}

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

interface Asked {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

function make(operation: Operation, options: FuzzOptions, random: () => number): Asked {
  const making: Making = { random, known: options.known };
  const isBroken = random() < 0.6;
  const value = ({ schema = {} }: Parameter): string => {
    const made = good(schema, making);
    return asText(isBroken && random() < 0.4 ? broken(made, random) : made);
  };
  let { path } = operation;
  const query = new URLSearchParams();
  for (const parameter of operation.parameters)
    if (parameter.in === 'path')
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value(parameter).toWellFormed()) || '-'); // biome-ignore format: one call
    // Waiting is tested elsewhere, and would only take time.
    else if (parameter.in === 'query' && parameter.name !== 'wait' && random() < 0.7)
      query.append(parameter.name, value(parameter));
  const headers: Record<string, string> = {
    Authorization: `Bearer ${random() < 0.97 ? pick(options.keys, random) : 'x'}`,
  };
  if (isBroken && random() < 0.05) headers['Last-Event-ID'] = pick(['-1', '9'.repeat(40), 'x'], random);
  let body: Asked['body'];
  if (operation.body !== undefined) {
    headers['Content-Type'] = isBroken && random() < 0.05 ? 'text/plain' : 'application/json';
    let made = good(operation.body, making);
    if (isBroken) for (let n = Math.floor(random() * 3); n >= 0; n--) made = broken(made, random);
    const text = JSON.stringify(made);
    body = text;
    if (isBroken && random() < 0.08) body = text.slice(0, Math.floor(random() * text.length));
    if (isBroken && random() < 0.05) body = Uint8Array.from({ length: 200 }, () => Math.floor(random() * 256));
  }
  const asked = query.size > 0 ? `${path}?${query}` : path;
  return { path: asked, headers, body };
}

/** Asks one after the other; the same seed asks the same. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const random = seededRandom(options.seed);
  const operations = operationsOf(options.document);
  const statuses: Record<number, number> = {};
  const reached = new Set<string>();
  const failures: string[] = [];
  for (let n = 0; n < options.requests; n++) {
    // Each address in turn, so that a short run meets all of them.
    const operation = operations[n % operations.length];
    if (operation === undefined) break;
    const asked = make(operation, options, random);
    const fail = (why: string): void => {
      const body = typeof asked.body === 'string' ? asked.body : asked.body === undefined ? '' : `${asked.body.length} bytes ${createHash('sha256').update(asked.body).digest('hex').slice(0, 8)}`; // biome-ignore format: one line
      failures.push(`seed ${options.seed}, request ${n}: ${why} ← ${operation.method} ${asked.path.slice(0, 200)} ${body.slice(0, 1500)}`); // biome-ignore format: one line
    };
    const stop = new AbortController();
    const answer = await fetch(`${options.url}${asked.path}`, {
      method: operation.method,
      headers: asked.headers,
      signal: stop.signal,
      ...(asked.body === undefined ? {} : { body: asked.body }),
    });
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const endpoint: Endpoint = ENDPOINTS[operation.key];
    if (answer.ok && endpoint.media === 'text/event-stream') {
      reached.add(operation.key);
      stop.abort();
      continue;
    }
    const text = await answer.text();
    if (answer.status >= 500) fail(`${answer.status} ${text.slice(0, 300)}`);
    else if (answer.ok) {
      reached.add(operation.key);
      if (endpoint.media === 'text/plain') continue;
      const parsed = endpoint.answer.safeParse(JSON.parse(text));
      if (!parsed.success) fail(`an answer that is not what the document says: ${JSON.stringify(parsed.error.issues.slice(0, 3))}`); // biome-ignore format: one line
    } else {
      const refusal = JSON.parse(text) as { code?: unknown; message?: unknown };
      if (typeof refusal.code !== 'string' || typeof refusal.message !== 'string') fail(`${answer.status} without a code or a sentence`); // biome-ignore format: one line
    }
  }
  return { statuses, reached: [...reached].sort(), failures };
}
