import { PicaividError } from '../../base/errors.ts';
import { type Database, migrateDown, migrateUp, migrationStatus, openDatabase } from '../../db/open.node.ts';
import type { CommandResult } from '../cli.node.ts';
import { redactText } from '../log.node.ts';
import { fromCaller } from '../paths.node.ts';
import type { CommandContext } from './context.ts';

/** `db migrate|rollback|status`. */
export async function dbCommand(
  action: 'migrate' | 'rollback' | 'status',
  options: { url?: string },
  { settings }: CommandContext,
): Promise<CommandResult> {
  const url = options.url ?? settings.DATABASE_URL;
  if (url === undefined)
    throw new PicaividError(
      'bad_usage',
      'Which database? Give --url postgresql://… or --url file.sqlite, or set DATABASE_URL.',
    );
  const database = await openDatabase(/^[a-z]+:\/\//.test(url) ? url : fromCaller(url));
  try {
    return await act(action, database, redactText(url));
  } finally {
    await database.close();
  }
}

async function act(
  action: 'migrate' | 'rollback' | 'status',
  database: Database,
  shownUrl: string,
): Promise<CommandResult> {
  let said = '';
  if (action === 'migrate') {
    const names = await migrateUp(database);
    said = names.length === 0 ? 'Already up to date.' : `Applied: ${names.join(', ')}.`;
  } else if (action === 'rollback') {
    const name = await migrateDown(database);
    said = name === undefined ? 'Nothing to take back.' : `Taken back: ${name}.`;
  }
  const states = await migrationStatus(database);
  const lines = states.map((state) => `  ${state.appliedAt === undefined ? 'pending' : 'applied'}  ${state.name}`);
  return {
    json: { url: shownUrl, dialect: database.dialect, migrations: states },
    text: [said, ...lines].filter((line) => line !== '').join('\n'),
  };
}
