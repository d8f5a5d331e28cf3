/** Links of a folder storage: addresses of the service with a signature over method, object, size, hash and time. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isKey } from './keys.ts';
import type { SignedLink } from './storage.ts';

/** What a link allows. */
export interface LinkClaim {
  readonly method: 'PUT' | 'GET';
  readonly key: string;
  /** Seconds since the epoch. */
  readonly until: number;
  /** Of the object; for a part, of that part, whose hash is not known. 0 for a GET. */
  readonly bytes: number;
  /** Hex; empty for a GET. */
  readonly sha256: string;
  readonly part?: { readonly uploadId: string; readonly number: number };
}

const UPLOAD = /^[0-9a-f]{32}$/;
const NUMBER = /^\d{1,15}$/;
const SHA256 = /^(?:[0-9a-f]{64})?$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

export const isUpload = (text: string): boolean => UPLOAD.test(text);

export class FolderLinks {
  private readonly base: string;
  private readonly secret: string;

  /** @param publicUrl where the service is reached */
  constructor(publicUrl: string, secret: string) {
    this.base = publicUrl.replace(/\/+$/, '');
    this.secret = secret;
  }

  link(claim: LinkClaim): SignedLink {
    const query = new URLSearchParams({
      until: String(claim.until),
      bytes: String(claim.bytes),
      sha256: claim.sha256,
      ...(claim.part === undefined ? {} : { upload: claim.part.uploadId, part: String(claim.part.number) }),
      signature: this.sign(claim).toString('hex'),
    });
    return {
      url: `${this.base}/files/${claim.key}?${query}`,
      method: claim.method,
      headers: claim.method === 'PUT' ? { 'Content-Type': 'application/octet-stream' } : {},
      expiresAt: new Date(claim.until * 1000).toISOString(),
    };
  }

  /** The claim of a link of ours that is still good; undefined for any other. The path is taken as it came, undecoded. */
  read(method: string, path: string, query: URLSearchParams): LinkClaim | undefined {
    const key = path.startsWith('/files/') ? path.slice('/files/'.length) : '';
    if (!isKey(key) || (method !== 'GET' && method !== 'PUT')) return undefined;
    const [until = '', bytes = '', sha256 = '', signature = ''] = ['until', 'bytes', 'sha256', 'signature'].map(
      (name) => query.get(name) ?? '',
    );
    const uploadId = query.get('upload');
    const number = query.get('part');
    if (!NUMBER.test(until) || !NUMBER.test(bytes) || !SHA256.test(sha256) || !SIGNATURE.test(signature)) return undefined; // biome-ignore format: one thought
    if ((uploadId === null) !== (number === null)) return undefined;
    if (uploadId !== null && (!isUpload(uploadId) || !NUMBER.test(number ?? ''))) return undefined;
    const claim: LinkClaim = {
      method,
      key,
      until: Number(until),
      bytes: Number(bytes),
      sha256,
      ...(uploadId === null ? {} : { part: { uploadId, number: Number(number) } }),
    };
    if (!timingSafeEqual(Buffer.from(signature, 'hex'), this.sign(claim))) return undefined;
    return claim.until * 1000 > Date.now() ? claim : undefined;
  }

  /** No field holds a line break, so no two claims are the same text. */
  private sign({ method, key, until, bytes, sha256, part }: LinkClaim): Buffer {
    const text = [method, key, until, bytes, sha256, part?.uploadId ?? '', part?.number ?? ''].join('\n');
    return createHmac('sha256', this.secret).update(text).digest();
  }
}
