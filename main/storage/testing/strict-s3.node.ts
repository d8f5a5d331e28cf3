/**
 * A real fauxqs behind a small proxy that adds what S3 does and fauxqs does not: it refuses a body that is not the one of
 * its SHA-256 header, and lists the parts of an upload.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFauxqs } from 'fauxqs';

export interface StrictS3 {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const xml = (name: string, body: string): string => `<?xml version="1.0" encoding="UTF-8"?><${name}>${body}</${name}>`;
const DROPPED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);
const passed = (headers: IncomingHttpHeaders): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    DROPPED.has(name) || value === undefined ? [] : [[name, String(value)] as [string, string]],
  );

export async function startStrictS3(): Promise<StrictS3> {
  const inner = await startFauxqs({ port: 0, logger: false });
  const uploads = new Map<string, Map<number, { readonly etag: string; readonly bytes: number }>>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${inner.port}`);
    const uploadId = url.searchParams.get('uploadId');
    const part = Number(url.searchParams.get('partNumber'));
    const answer = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const said = request.headers['x-amz-checksum-sha256'];
      if (
        request.method === 'PUT' &&
        said !== undefined &&
        said !== createHash('sha256').update(body).digest('base64')
      ) {
        response.writeHead(400, { 'content-type': 'application/xml' });
        response.end(xml('Error', '<Code>BadDigest</Code><Message>The SHA256 you specified did not match.</Message>'));
        return;
      }
      if (request.method === 'GET' && uploadId !== null) {
        const parts = uploads.get(uploadId);
        response.writeHead(parts === undefined ? 404 : 200, { 'content-type': 'application/xml' });
        const listed = [...(parts ?? [])]
          .sort(([a], [b]) => a - b)
          .map(([number, { etag, bytes }]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag><Size>${bytes}</Size></Part>`)
          .join(''); // biome-ignore format: one expression
        response.end(
          parts === undefined
            ? xml('Error', '<Code>NoSuchUpload</Code><Message>The upload does not exist.</Message>')
            : xml('ListPartsResult', `<UploadId>${uploadId}</UploadId><IsTruncated>false</IsTruncated>${listed}`),
        );
        return;
      }
      const real = await fetch(url, {
        method: request.method ?? 'GET',
        headers: passed(request.headers),
        ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
      });
      const content = Buffer.from(await real.arrayBuffer());
      if (real.ok && request.method === 'POST' && url.searchParams.has('uploads')) {
        const made = /<UploadId>([^<]+)</.exec(content.toString())?.[1] ?? '';
        uploads.set(made, new Map());
      }
      if (real.ok && uploadId !== null && request.method === 'PUT')
        uploads.get(uploadId)?.set(part, { etag: real.headers.get('etag') ?? '', bytes: body.length });
      if (real.ok && uploadId !== null && request.method !== 'PUT') uploads.delete(uploadId);
      const headers = Object.fromEntries([...real.headers].filter(([name]) => !['connection', 'transfer-encoding', 'content-encoding'].includes(name))); // biome-ignore format: one thought
      response.writeHead(real.status, headers);
      response.end(request.method === 'HEAD' ? undefined : content);
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await inner.stop();
    },
  };
}
