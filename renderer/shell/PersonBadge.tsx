/** Who sits here and in which role, quietly in the status line; a press leads to where it is changed. */
import { useEffect } from 'react';
import { events } from '../api.ts';
import { personHost } from '../features/renders/host.ts';
import { loadPerson, usePerson } from '../stores/person.ts';
import { useSettingsSection } from '../stores/person-section.ts';
import { User } from '../ui/icons.ts';
import styles from './Shell.module.css';
import { go } from './useRoute.ts';

export function PersonBadge() {
  const person = usePerson((state) => state.person);
  useEffect(() => events.on((event) => event.type === 'hello' && void loadPerson(personHost)), []);
  if (person === null) return null;
  return (
    <button
      type="button"
      className={styles.hint}
      title="Change your name or role"
      onClick={() => {
        useSettingsSection.setState({ section: 'You' });
        go({ screen: 'settings', listingId: null });
      }}
    >
      <User size={12} aria-hidden="true" />
      {person.name === '' ? person.role : `${person.name}, ${person.role}`}
    </button>
  );
}
