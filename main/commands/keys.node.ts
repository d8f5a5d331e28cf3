import { PicaividError } from '../../base/errors.ts';
import { type Database, openDatabase } from '../../db/open.node.ts';
import { KEY_ROLES, type KeyRole } from '../../db/sync/protocol.ts';
import { createKey, createTeam, listKeys, listTeams, revokeKey, type Team } from '../../db/team/teams.node.ts';
import type { CommandResult } from '../cli.node.ts';
import type { CommandContext } from './context.ts';

export interface KeysOptions {
  readonly url?: string;
  readonly team?: string;
  readonly role?: string;
  readonly name?: string;
}

function mustHave(value: string | undefined, option: string): string {
  if (value === undefined || value.trim() === '') throw new PicaividError('bad_usage', `Give ${option} as well.`);
  return value.trim();
}

function roleOf(text: string): KeyRole {
  const role = KEY_ROLES.find((one) => one === text);
  if (role === undefined) throw new PicaividError('bad_usage', `There is no role "${text}": ${KEY_ROLES.join(', ')}.`);
  return role;
}

/** `keys create --team --role --name | list [--team] | revoke <id>`: on the database of `--url` or DATABASE_URL. */
export async function keysCommand(
  action: 'create' | 'list' | 'revoke',
  id: string | undefined,
  options: KeysOptions,
  { settings }: CommandContext,
): Promise<CommandResult> {
  const url = options.url ?? settings.DATABASE_URL;
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new PicaividError('bad_usage', 'Keys lie in the team’s Postgres: set DATABASE_URL, or give --url postgresql://….'); // biome-ignore format: one sentence
  const database = await openDatabase(url);
  try {
    if (action === 'create') return await create(database, options);
    return action === 'list' ? await list(database, options) : await revoke(database, id);
  } finally {
    await database.close();
  }
}

/** A team by its name or id. */
async function findTeam(database: Database, asked: string): Promise<Team | undefined> {
  const named = (await listTeams(database)).filter(({ id, name }) => id === asked || name === asked);
  if (named.length > 1)
    throw new PicaividError('bad_usage', `${named.length} teams are called "${asked}". Give the id: ${named.map(({ id }) => id).join(', ')}.`); // biome-ignore format: one sentence
  return named[0];
}

async function create(database: Database, options: KeysOptions): Promise<CommandResult> {
  const teamName = mustHave(options.team, '--team <name>');
  const role = roleOf(mustHave(options.role, '--role <role>'));
  const name = mustHave(options.name, '--name <whose>');
  const found = await findTeam(database, teamName);
  const team = found ?? (await createTeam(database, teamName));
  const { key, row } = await createKey(database, { teamId: team.id, name, role });
  return {
    json: { key, ...row, teamName: team.name },
    text: [
      ...(found === undefined ? [`New team: ${team.name} (${team.id}).`] : []),
      `Key of ${name} in ${team.name}, role ${role} (${row.id}):`,
      `  ${key}`,
      'It is shown this once. The server keeps only its hash.',
    ].join('\n'),
  };
}

async function list(database: Database, options: KeysOptions): Promise<CommandResult> {
  const teams = await listTeams(database);
  const team = options.team === undefined ? undefined : await findTeam(database, options.team);
  if (options.team !== undefined && team === undefined)
    throw new PicaividError('file_not_found', `There is no team "${options.team}".`);
  const keys = await listKeys(database, team?.id);
  const nameOf = (teamId: string): string => teams.find(({ id }) => id === teamId)?.name ?? teamId;
  const lines = keys.map((key) =>
    [
      key.id,
      nameOf(key.teamId).padEnd(16),
      key.role.padEnd(9),
      key.name.padEnd(20),
      key.revokedAt !== null ? `revoked ${key.revokedAt}` : key.lastUsedAt === null ? 'never used' : `used ${key.lastUsedAt}`, // biome-ignore format: one cell
    ].join('  '),
  );
  return {
    json: keys.map((key) => ({ ...key, teamName: nameOf(key.teamId) })),
    text: lines.length === 0 ? 'There are no keys yet.' : lines.join('\n'),
  };
}

async function revoke(database: Database, id: string | undefined): Promise<CommandResult> {
  const key = await revokeKey(database, mustHave(id, 'the key’s id'));
  return { json: key, text: `Nobody gets in with the key of ${key.name} any more.` };
}
