/** Who sits at this machine: a preference, asked before whatever not everybody may do. */
import { type Activity, mustMay } from '../../pipeline/roles.ts';
import type { HostCore } from './core.ts';
import { type Person, personSchema } from './review-contract.ts';

const PREFERENCE = 'person';
/** On a machine of one's own one may do everything until one says otherwise. */
const NOBODY_YET: Person = { name: '', role: 'producer' };

export async function person({ store }: HostCore): Promise<Person> {
  return personSchema.catch(NOBODY_YET).parse(await store.preference(PREFERENCE));
}

export async function setPerson(core: HostCore, changed: Person): Promise<Person> {
  await core.store.setPreference(PREFERENCE, changed);
  core.bus.emit({ type: 'person', person: changed });
  return changed;
}

/** The person, if they may. Throws `forbidden_role`. */
export async function allowed(core: HostCore, activity: Activity): Promise<Person> {
  const found = await person(core);
  mustMay(found.role, activity);
  return found;
}
