/** The queue that the settings name: SQS where SQS_QUEUE_URL is set, else pg-boss on the same Postgres. */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { PicaividError } from '../../base/errors.ts';
import type { Tables } from '../../db/tables.ts';
import type { Settings } from '../settings.ts';
import { openPgBoss } from './pgboss.node.ts';
import type { Queue } from './queue.ts';
import { openSqs } from './sqs.node.ts';

export async function openQueue(db: Kysely<Tables>, settings: Settings, log: Logger): Promise<Queue> {
  const { SQS_QUEUE_URL: queueUrl, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, DATABASE_URL: url } = settings;
  if (queueUrl !== undefined)
    return openSqs(db, {
      queueUrl,
      log,
      ...(url === undefined ? {} : { databaseUrl: url }),
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
  if (url === undefined)
    throw new PicaividError('bad_usage', 'Set DATABASE_URL to the team’s Postgres: the queue lies there.');
  return openPgBoss(db, { url, log });
}
