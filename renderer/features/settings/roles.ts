/** What each role may do, in a sentence made from the one table that the host asks. Pure. */
import { type Activity, mayDo, type Role } from '../../../pipeline/roles.ts';

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  editor: 'Editor',
  reviewer: 'Reviewer',
  producer: 'Producer',
};

/** Every activity once, as it follows “may”; the type asks for a new one as soon as the table has it. */
const WORDS: Readonly<Record<Activity, string>> = {
  'edit rooms': 'mend rooms',
  'edit the film': 'cut the film',
  'render clips': 'render clips',
  'write review notes': 'write notes',
  'sign clips': 'sign clips',
  'deliver films': 'deliver films',
};
const ACTIVITIES = Object.keys(WORDS) as readonly Activity[]; // the keys of the record just above

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

/** `May mend rooms, cut the film, render clips and write notes; not sign clips or deliver films.` */
export function roleSentence(role: Role): string {
  const may = ACTIVITIES.filter((activity) => mayDo(role, activity)).map((activity) => WORDS[activity]);
  const not = ACTIVITIES.filter((activity) => !mayDo(role, activity)).map((activity) => WORDS[activity]);
  if (not.length === 0) return `May do everything: ${listed(may, 'and')}.`;
  return `May ${listed(may, 'and')}; not ${listed(not, 'or')}.`;
}
