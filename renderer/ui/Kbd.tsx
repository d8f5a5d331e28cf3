import { formatChord } from '../keys/chord.ts';
import { isMac } from '../keys/platform.ts';
import styles from './Kbd.module.css';

/**
 * A key or chord, written as this system writes it (`⌘K`, `Ctrl K`). Hidden from screen readers: the button around it
 * says its shortcut by `aria-keyshortcuts`.
 */
export function Kbd({ chord }: { readonly chord: string }) {
  return (
    <span aria-hidden="true" className={styles.box}>
      <kbd className={styles.kbd}>{formatChord(chord, isMac)}</kbd>
    </span>
  );
}
