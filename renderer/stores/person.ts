/** Who sits here and in which role. The host keeps it and asks it before every change; pages ask it for what to offer. */
import { create } from 'zustand';
import type { Person } from '../../main/host/review-contract.ts';
import { type Activity, mayDo } from '../../pipeline/roles.ts';
import type { PersonApi } from './renders-api.ts';

interface PersonState {
  /** Null until the host has said it. */
  readonly person: Person | null;
}

export const usePerson = create<PersonState>(() => ({ person: null }));

/** Takes what the host said; keeps the same object when nothing changed, so that nothing is drawn again. */
export function takePerson(person: Person): void {
  const known = usePerson.getState().person;
  if (known === null || known.name !== person.name || known.role !== person.role) usePerson.setState({ person });
}

/** Asks the host. Silence leaves what is known: the next `hello` asks again. */
export async function loadPerson(host: PersonApi): Promise<void> {
  try {
    takePerson(await host.get());
  } catch {
    // As above.
  }
}

/** Shown at once; goes back, with the error thrown, when the host does not keep it. */
export async function changePerson(host: PersonApi, changed: Person): Promise<void> {
  const before = usePerson.getState().person;
  usePerson.setState({ person: changed });
  try {
    takePerson(await host.set(changed));
  } catch (error) {
    usePerson.setState({ person: before });
    throw error;
  }
}

/** Whether the person may do this; before the host has said who it is, nothing is forbidden: the host refuses. */
export function useMay(activity: Activity): boolean {
  return usePerson(({ person }) => person === null || mayDo(person.role, activity));
}
