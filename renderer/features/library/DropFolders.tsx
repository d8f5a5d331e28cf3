import { useEffect, useState } from 'react';
import type {} from '../../../main/desktop/bridge.ts'; // window.studio
import { looksLikePhoto } from '../../../main/host/folders.ts';
import { errorOf } from '../../api.ts';
import { parseRoute } from '../../shell/routes.ts';
import { go } from '../../shell/useRoute.ts';
import { toast } from '../../stores/toasts.ts';
import { FolderPlus } from '../../ui/icons.ts';
import { addFolders, addSent } from './add.ts';
import styles from './DropFolders.module.css';
import { type Entry, readDropped } from './dropped.ts';

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

/** While they hang, files tell their type alone, and a folder has none. Music is for the screen that takes it. */
const maybePhotos = (event: DragEvent): boolean =>
  [...(event.dataTransfer?.items ?? [])].some(({ kind, type }) => kind === 'file' && /^($|image\/)/.test(type));

/** Folders may be dropped on every screen, the library then opens; while they hang over it, it says what will happen. */
export function DropFolders() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // `dragleave` comes for every element that is left: the depth tells when the window itself is.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth += 1;
      if (maybePhotos(event)) setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const onOver = (event: DragEvent): void => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = maybePhotos(event) ? 'copy' : 'none';
    };
    const onDrop = (event: DragEvent): void => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      // Both must be read before the event is over: afterwards the browser has emptied the items.
      const dropped = [...event.dataTransfer.items].flatMap((item) => {
        const entry = item.webkitGetAsEntry();
        return entry === null ? [] : [{ entry: entry as unknown as Entry, file: item.getAsFile() }];
      });
      const photos = dropped.some(({ entry }) => entry.isDirectory || looksLikePhoto(entry.name));
      if (!photos && parseRoute(location.hash).screen !== 'library') return;
      event.stopImmediatePropagation();
      go({ screen: 'library', listingId: null });
      take(dropped).catch((error: unknown) =>
        toast({ tone: 'fail', title: 'What was dropped could not be read', detail: errorOf(error).message }),
      );
    };
    window.addEventListener('dragenter', onEnter);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('dragover', onOver);
    // Before the screen's own: what becomes a listing is not music as well.
    window.addEventListener('drop', onDrop, { capture: true });
    return () => {
      window.removeEventListener('dragenter', onEnter);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop, { capture: true });
    };
  }, []);
  if (!over) return null;
  return (
    <div className={styles.veil} role="status">
      <div className={styles.sign}>
        <FolderPlus size={32} strokeWidth={1.25} aria-hidden="true" />
        <strong>Drop to make a listing of each folder</strong>
        <span>
          Analysis starts at once.{' '}
          {window.studio === undefined
            ? 'The photos are copied to the studio; your own stay as they are.'
            : 'The photos stay where they are and are not changed.'}
        </span>
      </div>
    </div>
  );
}

/** In the desktop folders are read where they lie; loose photos, and everything in a browser, are sent. */
async function take(dropped: readonly { readonly entry: Entry; readonly file: File | null }[]): Promise<void> {
  const { studio } = window;
  if (studio === undefined) {
    await addSent(
      await readDropped(
        dropped.map(({ entry }) => entry),
        new Date(),
      ),
    );
    return;
  }
  const files = dropped.flatMap(({ entry, file }) => (entry.isDirectory && file !== null ? [file] : []));
  const paths = studio.pathsOf(files).filter((path) => path !== '');
  const loose = dropped.filter(({ entry }) => !entry.isDirectory).map(({ entry }) => entry);
  await addFolders(paths);
  if (loose.length > 0) await addSent(await readDropped(loose, new Date()));
}
