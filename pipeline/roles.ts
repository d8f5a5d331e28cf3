/** Who may do what. One table; the host asks it before every change, pages ask it for what to offer. Pure. */
import { PicaividError } from '../base/errors.ts';

export const ROLES = ['editor', 'reviewer', 'producer'] as const;
export type Role = (typeof ROLES)[number];

/** What a person does, in the words of the sentence that refuses it. */
const ALLOWED = {
  'edit rooms': ['editor', 'producer'],
  'edit the film': ['editor', 'producer'],
  'render clips': ['editor', 'reviewer', 'producer'],
  'write review notes': ['editor', 'reviewer', 'producer'],
  'sign clips': ['reviewer', 'producer'],
  'deliver films': ['producer'],
} as const satisfies Record<string, readonly Role[]>;
export type Activity = keyof typeof ALLOWED;

export function mayDo(role: Role, activity: Activity): boolean {
  return (ALLOWED[activity] as readonly Role[]).includes(role);
}

/** Who may in one's place; null where one may. `team`: whose key decides the role; without one the person does. */
export function whyNot(role: Role, activity: Activity, team?: string): string | null {
  if (mayDo(role, activity)) return null;
  const who = ALLOWED[activity].map((one) => `${one === 'editor' ? 'an' : 'a'} ${one}`).join(' or ');
  const way = team === undefined ? 'Change your role in Settings.' : `Your key of ${team} decides that.`;
  return `As ${role} you may not ${activity}: ${who} may. ${way}`;
}

/** Throws `forbidden_role` with the reason of `whyNot`. */
export function mustMay(role: Role, activity: Activity, team?: string): void {
  const reason = whyNot(role, activity, team);
  if (reason !== null) throw new PicaividError('forbidden_role', reason);
}
