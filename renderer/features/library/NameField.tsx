import { useEffect, useRef, useState } from 'react';
import { renameListing } from '../../stores/listings.ts';
import styles from './ListingCard.module.css';
import { useLibraryView } from './library-view.ts';

/** The name in place: Enter and leaving keep it, Escape does not. */
export function NameField({ id, name }: { readonly id: string; readonly name: string }) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const end = (keep: boolean, refocus: boolean): void => {
    if (ended.current) return; // taking the field away makes it lose the focus once more
    ended.current = true;
    const grid = field.current?.closest<HTMLElement>('[role="grid"]');
    useLibraryView.setState({ renaming: null });
    if (refocus) grid?.focus({ preventScroll: true });
    if (keep) void renameListing(id, text);
  };
  return (
    <input
      ref={field}
      className={styles.nameField}
      aria-label={`Name of ${name}`}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(true, false)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === 'Escape') {
          event.preventDefault();
          end(event.key === 'Enter', true);
        }
        event.stopPropagation();
      }}
    />
  );
}
