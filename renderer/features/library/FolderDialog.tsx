import { type ChangeEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { ErrorData } from '../../../base/errors.ts';
import type { FolderListing } from '../../../main/host/contract.ts';
import { api, errorOf } from '../../api.ts';
import { ChevronLeft, ChevronRight, Folder, Images } from '../../ui/icons.ts';
import { Button, Dialog, EmptyState, ErrorState, Skeleton } from '../../ui/index.ts';
import { addFolders, addSent, useAdding } from './add.ts';
import { readChosen } from './dropped.ts';
import styles from './FolderDialog.module.css';
import { moveTo } from './relocate.ts';

const close = (): void => useAdding.setState({ choosing: null });

/** Folders of the machine that the studio runs on, for browsers; the desktop has the system's own dialog. */
export function FolderDialog() {
  const choosing = useAdding((state) => state.choosing);
  return (
    <Dialog
      open={choosing !== null}
      onOpenChange={(open) => !open && close()}
      title={choosing === 'new' || choosing === null ? 'New listing' : 'Locate the folder'}
      about={
        choosing === 'new' || choosing === null
          ? 'Choose the folder with the photos, or several: each becomes a listing.'
          : 'Choose where the photos are now.'
      }
      size="wide"
    >
      {choosing !== null && <Folders relocate={choosing === 'new' ? null : choosing.relocate} />}
    </Dialog>
  );
}

function Folders({ relocate }: { readonly relocate: string | null }) {
  const [path, setPath] = useState<string | null>(null);
  const [listing, setListing] = useState<FolderListing | null>(null);
  const [error, setError] = useState<ErrorData | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    let stale = false;
    setMarked(new Set());
    api.listings.browse.query({ path }).then(
      (answer) => {
        if (stale) return;
        setListing(answer);
        setError(null);
      },
      (reason: unknown) => {
        if (!stale) setError(errorOf(reason));
      },
    );
    return () => {
      stale = true;
    };
  }, [path]);
  useEffect(() => {
    if (listing !== null) list.current?.querySelector('button')?.focus();
  }, [listing]);

  const up = listing?.parent ?? null;
  const chosen = marked.size > 0 ? [...marked] : listing !== null && listing.photoCount > 0 ? [listing.path] : [];
  const take = (): void => {
    const [first] = chosen;
    if (first === undefined) return;
    close();
    void (relocate === null ? addFolders(chosen) : moveTo(relocate, first));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>): void => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button[data-folder]')];
    const focused = event.target instanceof HTMLElement ? event.target.closest('li') : null;
    const at = buttons.findIndex((button) => button.closest('li') === focused);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) buttons[Math.min(buttons.length - 1, Math.max(0, to))]?.focus();
    else if ((event.key === 'Backspace' || event.key === 'ArrowLeft') && up !== null) setPath(up);
    else if (event.key === 'ArrowRight') buttons[at]?.click();
    else return;
    event.preventDefault();
  };
  const toggle = (folder: string, on: boolean): void =>
    setMarked((before) => {
      const next = new Set(relocate === null ? before : []);
      if (on) next.add(folder);
      else next.delete(folder);
      return next;
    });

  return (
    <div className={styles.root}>
      <div className={styles.place}>
        <Button
          variant="ghost"
          icon={<ChevronLeft size={14} aria-hidden="true" />}
          disabled={up === null}
          onClick={() => setPath(up)}
        >
          Up
        </Button>
        <span className={styles.path} title={listing?.path}>
          {listing?.path ?? ' '}
        </span>
      </div>
      <div className={styles.list}>
        {error !== null ? (
          <ErrorState
            title={error.message}
            file={error.file}
            actions={up !== null && <Button onClick={() => setPath(up)}>Back to the folder above</Button>}
          />
        ) : listing === null ? (
          <div className={styles.wait}>
            {[0, 1, 2, 3, 4].map((row) => (
              <Skeleton key={row} height={20} width={`${70 - row * 9}%`} />
            ))}
          </div>
        ) : listing.folders.length === 0 ? (
          <EmptyState title={listing.photoCount > 0 ? `${photos(listing.photoCount)} here` : 'No folders here'}>
            {listing.photoCount > 0 ? 'There are no folders inside this one.' : 'Go up and try another one.'}
          </EmptyState>
        ) : (
          <ul ref={list} aria-label="Folders" onKeyDown={onKeyDown}>
            {listing.folders.map((folder) => (
              <li key={folder.path} className={styles.folder}>
                <input
                  type="checkbox"
                  className={styles.mark}
                  aria-label={`Choose ${folder.name}`}
                  checked={marked.has(folder.path)}
                  onChange={(event) => toggle(folder.path, event.target.checked)}
                />
                <button type="button" data-folder className={styles.open} onClick={() => setPath(folder.path)}>
                  <Folder size={16} strokeWidth={1.5} aria-hidden="true" />
                  <span className={styles.name}>{folder.name}</span>
                  {folder.photoCount > 0 && <span className={styles.count}>{photos(folder.photoCount)}</span>}
                  <ChevronRight size={14} aria-hidden="true" />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className={styles.foot}>
        {relocate === null && <SendFolder />}
        <span className={styles.grow} />
        <Button variant="ghost" onClick={close}>
          Cancel
        </Button>
        <Button variant="primary" disabled={chosen.length === 0} onClick={take}>
          {relocate !== null ? 'Use this folder' : marked.size > 1 ? `Make ${marked.size} listings` : 'Make a listing'}
        </Button>
      </div>
    </div>
  );
}

const photos = (count: number): string => (count === 1 ? '1 photo' : `${count} photos`);

/** The studio may run on another machine than the browser: then the photos are sent. */
function SendFolder() {
  const input = useRef<HTMLInputElement>(null);
  const onChange = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(event.target.files ?? [])];
    event.target.value = '';
    if (files.length === 0) return;
    close();
    const listings = readChosen(files);
    const [first] = files;
    const folder = first?.webkitRelativePath.split('/')[0] ?? 'The folder';
    void addSent(listings.length > 0 ? listings : [{ name: folder, photos: [] }]);
  };
  return (
    <>
      <input
        ref={(element) => {
          input.current = element;
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        multiple
        hidden
        onChange={onChange}
      />
      <Button
        variant="ghost"
        icon={<Images size={14} aria-hidden="true" />}
        onClick={() => input.current?.click()}
        title="For photos on the machine in front of you, when the studio runs on another"
      >
        Send a folder from this computer…
      </Button>
    </>
  );
}
