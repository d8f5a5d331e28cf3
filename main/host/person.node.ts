/** Who sits at this machine: a preference, or what the team's key says, asked before whatever not everybody may do. */
import { type Activity, mustMay } from '../../pipeline/roles.ts';
import type { HostCore } from './core.ts';
import { type Person, personSchema } from './review-contract.ts';
import { type Server, TeamMemory } from './team/memory.node.ts';

const PREFERENCE = 'person';
/** On a machine of one's own one may do everything until one says otherwise. */
const NOBODY_YET: Person = { name: '', role: 'producer' };

export async function person(core: HostCore): Promise<Person> {
  const own = personSchema.catch(NOBODY_YET).parse(await core.store.preference(PREFERENCE));
  const server = await new TeamMemory(core.database).server();
  return server === undefined ? own : asKeyHolder(own, server);
}

/**
 * In a team the key decides, as the server refuses whatever it does not allow: what one may do here is what arrives
 * there. With a producer's or an admin's key one may choose to be less.
 */
export function asKeyHolder(own: Person, server: Pick<Server, 'role' | 'teamName'>): Person {
  const { role, teamName } = server;
  return role === 'editor' || role === 'reviewer' ? { ...own, role, team: teamName } : own;
}

export async function setPerson(core: HostCore, changed: Person): Promise<Person> {
  const { name, role, team } = await person(core);
  // The role that was chosen for oneself is there again without the team.
  const own = personSchema.catch(NOBODY_YET).parse(await core.store.preference(PREFERENCE));
  await core.store.setPreference(PREFERENCE, {
    name: changed.name,
    role: team === undefined ? changed.role : own.role,
  });
  const now = await person(core);
  if (now.name !== name || now.role !== role) tellPerson(core, now);
  return now;
}

function tellPerson({ bus }: HostCore, now: Person): void {
  bus.emit({ type: 'person', person: now });
}

/** After the team's server, or what it says of this key, changed. */
export async function tellPersonAnew(core: HostCore): Promise<void> {
  tellPerson(core, await person(core));
}

/** The person, if they may. Throws `forbidden_role`. */
export async function allowed(core: HostCore, activity: Activity): Promise<Person> {
  const found = await person(core);
  mustMay(found.role, activity, found.team);
  return found;
}
