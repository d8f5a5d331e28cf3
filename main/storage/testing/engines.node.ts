/** Both storages for tests: a folder behind its routes, and S3 over HTTP with the real client. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { serve } from '@hono/node-server';
import { type FolderStorage, folderStorage } from '../folder.node.ts';
import { folderRoutes } from '../folder-routes.node.ts';
import { s3Client, s3Storage } from '../s3.node.ts';
import { blobKey, type Expected, type Storage } from '../storage.ts';
import { SECRET_KEY, type StrictS3, startStrictS3 } from './strict-s3.node.ts';

export const TEAM = '0190aaaa-0000-7000-8000-000000000001';
export const CONTENT_TYPE = 'application/octet-stream';
const BUCKET = 'team-files';

export interface Place {
  readonly dir: string;
  /** A path that nothing has yet. */
  next(): string;
  /** A file of random bytes. */
  file(bytes: number): { path: string; content: Buffer<ArrayBuffer>; expected: Expected; key: string };
  close(): void;
}

export function place(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'picaivid-storage-'));
  let count = 0;
  const next = (): string => join(dir, `file-${count++}`);
  return {
    dir,
    next,
    file(bytes) {
      const content = randomBytes(bytes);
      const path = next();
      writeFileSync(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { path, content, expected: { bytes, sha256 }, key: blobKey(TEAM, sha256) };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export interface Engine {
  readonly storage: Storage;
  close(): Promise<void>;
}

export async function folderEngine(dir: string): Promise<Engine & { readonly storage: FolderStorage }> {
  let fetch: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const { port, close } = await new Promise<{ port: number; close: () => void }>((resolve) => {
    const server = serve({ fetch: (request) => fetch(request), port: 0, hostname: '127.0.0.1' }, (address) =>
      resolve({ port: address.port, close: () => server.close() }),
    );
  });
  const secret = 'a secret of thirty-two characters';
  const storage = folderStorage({ dir, secret, publicUrl: `http://127.0.0.1:${port}/` });
  fetch = folderRoutes(storage).fetch;
  return { storage, close: async () => close() };
}

/** Its own uploads go in parts from 10 MB on, and are copied in parts of 6 MiB. */
export async function s3Engine(): Promise<Engine & { readonly s3: StrictS3 }> {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
  const s3 = await startStrictS3();
  const options = { endpoint: s3.endpoint, region: 'us-east-1' };
  const client = s3Client(options);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const storage = s3Storage({ bucket: BUCKET, partsFrom: 10_000_000, copyBytes: 6 * 2 ** 20, ...options });
  return {
    storage,
    s3,
    close: async () => {
      await storage.close();
      await s3.stop();
    },
  };
}
