/**
 * Where the binary artefacts of a team lie: photos, depth maps, analyses, clips, music, films. Keys are made by us, never
 * of a caller's name. Two engines: S3 and a local folder.
 */
import type { OnProgress } from '../../pipeline/domain.ts';

/** What a file must be: its bytes and their SHA-256, hex. */
export interface Expected {
  readonly bytes: number;
  readonly sha256: string;
}
export interface StoredObject extends Expected {
  readonly key: string;
}

/** A link that allows one method on one object for minutes. */
export interface SignedLink {
  readonly url: string;
  readonly method: 'PUT' | 'GET';
  readonly headers: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}
export interface SignedParts {
  readonly uploadId: string;
  readonly partBytes: number;
  /** Of all parts in order, those that are done too. */
  readonly parts: readonly SignedLink[];
  /** Numbers from 0 of the parts that are there. */
  readonly done: readonly number[];
}

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface Storage {
  readonly engine: 's3' | 'folder';
  head(key: string): Promise<StoredObject | undefined>;
  /** Checked after the upload (`verification_failed`, and it is taken away). Idempotent; large files go in parts. */
  putFile(key: string, path: string, expected: Expected, options?: TransferOptions): Promise<StoredObject>;
  /** Written beside and renamed; goes on with a partial download; a wrong file is deleted (`verification_failed`). */
  getFile(key: string, path: string, expected: Expected, options?: TransferOptions): Promise<void>;
  delete(key: string): Promise<void>;
  signPut(key: string, expected: Expected & { readonly contentType: string }): Promise<SignedLink>;
  /** For large files: resumable by the upload's id. */
  signParts(
    key: string,
    expected: Expected & { readonly contentType: string },
    uploadId?: string,
  ): Promise<SignedParts>;
  /** Puts the parts together and checks the whole. */
  completeParts(key: string, uploadId: string, expected: Expected): Promise<StoredObject>;
  signGet(key: string, seconds?: number): Promise<SignedLink>;
  close(): Promise<void>;
}

/** `blobs/<team>/<first two>/<sha256>`: a team's files by their content. */
export function blobKey(teamId: string, sha256: string): string {
  return `blobs/${teamId}/${sha256.slice(0, 2)}/${sha256}`;
}
