/**
 * A real fauxqs behind a small proxy that adds what S3 does and fauxqs does not: it refuses a body that is not the one of
 * its SHA-256 header and a signed address that is not right or too old, lists the parts of an upload, and answers 403 for
 * what is not there, as S3 does to a role that may not list the bucket. Trouble can be ordered.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFauxqs } from 'fauxqs';
import { wrongWithLink } from './sigv4.node.ts';

/** What is answered, with S3's name of an error. */
export interface Trouble {
  readonly status: number;
  readonly name: string;
}
export interface StrictS3 {
  readonly endpoint: string;
  /**
   * What the requests that fit come to, so many times; then they are answered again. `cut` ends the line before anything
   * is done, `lost` after it, without an answer.
   */
  trouble(times: number, fits: (method: string, url: URL) => boolean, how: 'cut' | 'lost' | Trouble): void;
  /** Method and path of every request so far. */
  readonly asked: readonly string[];
  /** Moves its clock. */
  later(seconds: number): void;
  stop(): Promise<void>;
}
export const SECRET_KEY = 'test';

const xml = (name: string, body: string): string => `<?xml version="1.0" encoding="UTF-8"?><${name}>${body}</${name}>`;
const DROPPED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);
const passed = (headers: IncomingHttpHeaders): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    DROPPED.has(name) || value === undefined ? [] : [[name, String(value)] as [string, string]],
  );

export async function startStrictS3(): Promise<StrictS3> {
  const inner = await startFauxqs({ port: 0, logger: false });
  const uploads = new Map<
    string,
    { place: string; parts: Map<number, { readonly etag: string; readonly bytes: number }> }
  >();
  const asked: string[] = [];
  let ahead = 0;
  const ordered: { times: number; fits: (method: string, url: URL) => boolean; how: 'cut' | 'lost' | Trouble }[] = [];
  const refuse = (request: IncomingMessage, response: ServerResponse, status: number, name: string): void => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    const body = xml('Error', `<Code>${name}</Code><Message>As S3 says it.</Message>`);
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${inner.port}`);
    asked.push(`${method} ${url.pathname}`);
    const waits = ordered.find(({ times, fits }) => times > 0 && fits(method, url));
    if (waits !== undefined) {
      waits.times -= 1;
      if (waits.how === 'cut') return void request.socket.destroy();
      if (waits.how !== 'lost') {
        request.resume();
        return refuse(request, response, waits.how.status, waits.how.name);
      }
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (url.searchParams.has('X-Amz-Signature')) {
      const wrong = wrongWithLink(method, url, headers, SECRET_KEY, Date.now() + ahead);
      if (wrong !== undefined) return refuse(request, response, 403, wrong);
    }
    const said = headers['x-amz-checksum-sha256'];
    if (method === 'PUT' && said !== undefined && said !== createHash('sha256').update(body).digest('base64'))
      return refuse(request, response, 400, 'BadDigest');
    const uploadId = url.searchParams.get('uploadId');
    const upload = uploads.get(uploadId ?? '');
    // An upload belongs to its key.
    if (uploadId !== null && upload?.place !== url.pathname) return refuse(request, response, 404, 'NoSuchUpload');
    if (method === 'GET' && upload !== undefined) {
      const listed = [...upload.parts]
        .sort(([a], [b]) => a - b)
        .map(
          ([number, { etag, bytes }]) =>
            `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag><Size>${bytes}</Size></Part>`,
        );
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(xml('ListPartsResult', `<UploadId>${uploadId}</UploadId><IsTruncated>false</IsTruncated>${listed.join('')}`)); // biome-ignore format: one sentence
      return;
    }
    const real = await fetch(url, {
      method,
      // Without a type, fauxqs takes no empty body.
      headers: [...passed(headers), ...(headers['content-type'] === undefined && method === 'PUT' ? [['content-type', 'application/octet-stream'] as [string, string]] : [])], // biome-ignore format: one list
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
    });
    const content = Buffer.from(await real.arrayBuffer());
    if (real.status === 404 && (method === 'HEAD' || content.includes('NoSuchKey')))
      return refuse(request, response, 403, 'AccessDenied');
    if (real.ok && method === 'POST' && url.searchParams.has('uploads')) {
      const made = /<UploadId>([^<]+)</.exec(content.toString())?.[1] ?? '';
      uploads.set(made, { place: url.pathname, parts: new Map() });
    }
    const number = Number(url.searchParams.get('partNumber'));
    if (real.ok && method === 'PUT') upload?.parts.set(number, { etag: real.headers.get('etag') ?? '', bytes: body.length }); // biome-ignore format: one call
    if (real.ok && uploadId !== null && method !== 'PUT') uploads.delete(uploadId);
    if (waits?.how === 'lost') return void request.socket.destroy();
    const kept = [...real.headers].filter(([name]) => !['connection', 'transfer-encoding', 'content-encoding'].includes(name)); // biome-ignore format: one thought
    response.writeHead(real.status, Object.fromEntries(kept));
    response.end(method === 'HEAD' ? undefined : content);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    trouble: (times, fits, how) => void ordered.push({ times, fits, how }),
    later: (seconds) => {
      ahead += seconds * 1000;
    },
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await inner.stop();
    },
  };
}
