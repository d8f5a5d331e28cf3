/** Who of the team is on this listing now, each with where. */
import { usePerson } from '../../stores/person.ts';
import { useTeam } from '../../stores/team.ts';
import styles from './Team.module.css';
import { initials, placeWords } from './words.ts';

const SHOWN = 4;

export function PresenceBadges({ listingId }: { readonly listingId: string }) {
  const presence = useTeam((state) => state.presence);
  const own = usePerson((state) => state.person?.name ?? '');
  const here = presence.filter((one) => one.listingId === listingId);
  if (here.length === 0) return null;
  const words = here.map(({ name, place }) => `${name === '' ? 'Somebody' : name}: ${placeWords(place)}`).join('\n');
  return (
    <ul className={styles.presence} aria-label="Also here" title={words}>
      {here.slice(0, SHOWN).map(({ clientId, name, place }) => (
        <li
          key={clientId}
          data-same={name === own}
          aria-label={`${name === '' ? 'Somebody' : name}, ${placeWords(place)}`}
        >
          <span aria-hidden="true">{initials(name)}</span>
        </li>
      ))}
      {here.length > SHOWN && (
        <li aria-label={`and ${here.length - SHOWN} more`}>
          <span aria-hidden="true">+{here.length - SHOWN}</span>
        </li>
      )}
    </ul>
  );
}
