/** Which keys there are. A key is made by us, and one that looks otherwise is refused before anything is opened. Pure. */
import { PicaividError } from '../../base/errors.ts';

/** `blobs/<team>/<first two>/<sha256>`, all of it lower case. */
const KEY = /^blobs\/([0-9a-z][0-9a-z-]{0,63})\/([0-9a-f]{2})\/([0-9a-f]{64})$/;
/** What no team is called: names that Windows takes for devices, and where uploads in parts arrive. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|arriving)$/;

export function isKey(key: string): boolean {
  const [, team = '', two = '', sha256 = ''] = KEY.exec(key) ?? [];
  return sha256 !== '' && sha256.startsWith(two) && !RESERVED.test(team);
}

/** The key itself. Throws `bad_usage`. */
export function mustKey(key: string): string {
  if (!isKey(key)) throw new PicaividError('bad_usage', 'This is no key of the storage.');
  return key;
}

/** Bytes of a part: S3 takes at most 10,000 of them, each at least 5 MiB but for the last. */
export function partBytesOf(bytes: number): number {
  const MiB = 2 ** 20;
  return Math.max(8 * MiB, Math.ceil(bytes / 9_000 / MiB) * MiB);
}

export const partCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / partBytesOf(bytes)));

/** Bytes of one part of a file, counted from 0; 0 for one that it does not have. */
export function bytesOfPart(bytes: number, number: number): number {
  const size = partBytesOf(bytes);
  return Math.max(0, Math.min(size, bytes - number * size));
}
