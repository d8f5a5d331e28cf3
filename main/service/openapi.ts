/** The OpenAPI document, written from the table and what each address takes and answers. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { ERROR_CODES } from '../../base/errors.ts';
import { ENDPOINTS, type Endpoint, type RouteKey } from './endpoints.ts';
import { ROUTES } from './routes.ts';

const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string(), requestId: z.string() });

type Registry = OpenAPIHono['openAPIRegistry'];

export function registerAll(registry: Registry): void {
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
  for (const row of ROUTES) {
    const endpoint: Endpoint = ENDPOINTS[`${row.method} ${row.path}` as RouteKey];
    const { tag, summary, params, query, body, answer, media = 'application/json', status = 200 } = endpoint;
    const open = row.who === 'open';
    registry.registerPath({
      method: row.method.toLowerCase() as 'get' | 'post',
      path: row.path,
      tags: [tag],
      summary,
      description: open ? 'Open.' : `Roles: ${row.who.join(', ')}.`,
      security: open ? [] : [{ bearer: [] }, { apiKey: [] }],
      request: {
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body: { required: true, content: { 'application/json': { schema: body } } } }),
      },
      responses: {
        [status]: { description: 'As asked.', content: { [media]: { schema: answer } } },
        default: { description: 'Refused, with why.', content: { 'application/json': { schema: errorSchema } } },
      },
    });
  }
}

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The document, of any app's addresses whose registry was filled by `registerAll`. */
export function openApiDocument(
  app: { getOpenAPI31Document: OpenAPIHono['getOpenAPI31Document'] },
  version: string,
): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Picaivid service',
      version,
      description: 'A team’s listings, files and fleet. Every answer is of the team that the key belongs to.',
    },
  });
}
