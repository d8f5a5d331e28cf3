/** The storage that the settings name: S3 where S3_BUCKET is set, else a folder. */
import { resolve } from 'node:path';
import { PicaividError } from '../../base/errors.ts';
import type { Settings } from '../settings.ts';
import { folderStorage } from './folder.node.ts';
import { s3Storage } from './s3.node.ts';
import type { Storage } from './storage.ts';

/** Errors: `bad_usage` where neither is set, or a folder without what its links need. */
export function openStorage(settings: Settings): Storage {
  const { S3_BUCKET: bucket, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = settings;
  if (bucket !== undefined)
    return s3Storage({
      bucket,
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
  const { LOCAL_STORAGE_PATH: dir, STORAGE_SECRET: secret, PUBLIC_URL: publicUrl } = settings;
  if (dir === undefined)
    throw new PicaividError('bad_usage', 'Set S3_BUCKET, or LOCAL_STORAGE_PATH for a folder of this machine.');
  if (secret === undefined)
    throw new PicaividError(
      'bad_usage',
      'Set STORAGE_SECRET to 32 random characters or more: it signs the links to files.',
    );
  return folderStorage({ dir: resolve(dir), secret, publicUrl: publicUrl ?? 'http://127.0.0.1:8080' });
}
