/** What S3's answers mean to us. Pure. */
import { PicaividError } from '../../base/errors.ts';

/** S3's own name of what went wrong (`NoSuchKey`), or an empty text. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** The HTTP status of an answer that is an error, where there was an answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** An upload that S3 found to be other bytes than its checksum says. */
const WRONG_BYTES = new Set(['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch', 'InvalidPart']);
/** Not every one of these comes with 401 or 403. */
const NOT_LET_IN = new Set(['CredentialsProviderError', 'ExpiredToken', 'InvalidToken', 'InvalidAccessKeyId', 'TokenRefreshRequired']); // biome-ignore format: one list

/** S3's own name of an error in its answer to a signed link. */
export const nameIn = (xml: string): string => /<Code>(\w{1,60})<\/Code>/.exec(xml)?.[1] ?? '';
export const isWrongBytes = (name: string): boolean => WRONG_BYTES.has(name);
export const isNotLetIn = (name: string): boolean => NOT_LET_IN.has(name);

/** Any error of S3 or on the way to it, as one of ours. */
export function s3Problem(error: unknown): PicaividError {
  if (error instanceof PicaividError) return error;
  if (isWrongBytes(nameOf(error)))
    return new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.', {
      cause: error,
    });
  if (nameOf(error) === 'AbortError')
    return new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.', { cause: error });
  const status = statusOf(error);
  if (nameOf(error) === 'NoSuchBucket')
    return new PicaividError('host_unreachable', 'There is no such bucket: look at S3_BUCKET and AWS_REGION.', {
      cause: error,
    });
  if (status === 401 || status === 403 || isNotLetIn(nameOf(error)))
    return new PicaividError(
      'host_unreachable',
      'S3 does not let this program in: look at its credentials and its role’s rights on S3_BUCKET.',
      { cause: error },
    );
  return new PicaividError('host_unreachable', 'S3 cannot be reached now.', { cause: error });
}
