import { X } from '../../ui/icons.ts';
import { IconButton, ProgressBar } from '../../ui/index.ts';
import styles from './Library.module.css';
import { useUploads } from './uploads.ts';

/** Photos on their way to the studio, over the lower left of the grid. */
export function Uploads() {
  const uploads = useUploads((state) => state.uploads);
  if (uploads.length === 0) return null;
  return (
    <ul className={styles.uploads} aria-label="Photos being sent">
      {uploads.map(({ id, name, photos, sentPhotos, fraction, cancel }) => (
        <li key={id}>
          <ProgressBar fraction={fraction} sentence={`Sending “${name}”: ${sentPhotos} of ${photos} photos`} />
          <IconButton label={`Cancel sending “${name}”`} icon={<X size={14} aria-hidden="true" />} onClick={cancel} />
        </li>
      ))}
    </ul>
  );
}
