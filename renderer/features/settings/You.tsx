/** Who sits here: a name for notes and signatures, and a role that says what one may do. */
import { useEffect, useId, useState } from 'react';
import type { Person } from '../../../main/host/review-contract.ts';
import { ROLES, type Role } from '../../../pipeline/roles.ts';
import { errorOf, events } from '../../api.ts';
import { changePerson, loadPerson, usePerson } from '../../stores/person.ts';
import { toast } from '../../stores/toasts.ts';
import { Skeleton, TextField } from '../../ui/index.ts';
import { personHost } from '../renders/host.ts';
import { ROLE_NAMES, roleSentence } from './roles.ts';
import styles from './Settings.module.css';

async function keep(person: Person): Promise<void> {
  try {
    await changePerson(personHost, person);
  } catch (error) {
    toast({ tone: 'fail', title: 'It could not be kept.', detail: errorOf(error).message });
  }
}

export function You() {
  const person = usePerson((state) => state.person);
  useEffect(() => {
    void loadPerson(personHost);
    return events.on((event) => event.type === 'hello' && void loadPerson(personHost));
  }, []);
  return person === null ? <Skeleton height={160} /> : <Form person={person} />;
}

function Form({ person }: { readonly person: Person }) {
  const [name, setName] = useState(person.name);
  const id = useId();
  useEffect(() => setName(person.name), [person.name]);
  const commit = (): void => {
    if (name.trim() !== person.name) void keep({ ...person, name: name.trim() });
  };
  return (
    <div className={styles.block}>
      <TextField
        label="Name"
        className={styles.name}
        value={name}
        maxLength={80}
        placeholder="As it stands on notes and signatures"
        onChange={setName}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
        hint="Stands on your notes, decisions and deliveries. What is signed already keeps its name."
      />
      <fieldset className={styles.roles} aria-labelledby={id} disabled={person.team !== undefined}>
        <legend id={id}>Role</legend>
        {ROLES.map((role) => (
          <RoleChoice
            key={role}
            role={role}
            on={role === person.role}
            onChoose={() => void keep({ ...person, role })}
          />
        ))}
      </fieldset>
      <p className={styles.quiet}>
        {person.team === undefined
          ? 'On your own machine you choose your role. It takes effect at once, here and in the engine behind.'
          : `Your key of ${person.team} says that you are ${person.role === 'editor' ? 'an editor' : `a ${person.role}`}. Whoever runs the team’s server can give you another.`}
      </p>
    </div>
  );
}

function RoleChoice({
  role,
  on,
  onChoose,
}: {
  readonly role: Role;
  readonly on: boolean;
  readonly onChoose: () => void;
}) {
  const id = useId();
  return (
    <label className={styles.role} data-on={on}>
      <input
        type="radio"
        name="role"
        checked={on}
        onChange={onChoose}
        aria-labelledby={`${id}-name`}
        aria-describedby={id}
      />
      <span>
        <b id={`${id}-name`}>{ROLE_NAMES[role]}</b>
        <span id={id}>{roleSentence(role)}</span>
      </span>
    </label>
  );
}
