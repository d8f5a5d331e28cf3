/** Where the delivery folder is made. */

import { useEffect, useState } from 'react';
import type {} from '../../../main/desktop/bridge.ts'; // window.studio
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import { FolderOpen } from '../../ui/icons.ts';
import { Button, TextField } from '../../ui/index.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';

const set = (folder: string | null): void => changeDelivery('Delivery folder', { folder });

export function Folder({ photos }: { readonly photos: string }) {
  const kept = useDelivery((state) => state.settings?.folder ?? null);
  const studio = window.studio;
  const choose = async (): Promise<void> => {
    const [chosen] = (await studio?.chooseFolders()) ?? [];
    if (chosen !== undefined) set(chosen);
  };
  return (
    <Section
      title="Delivery folder"
      aside={
        kept !== null && (
          <Button variant="ghost" onClick={() => set(null)}>
            Beside the photos
          </Button>
        )
      }
    >
      {studio === undefined ? (
        <Path kept={kept} photos={photos} />
      ) : (
        <div className={styles.row}>
          <span className={styles.path}>{kept ?? `Beside the photos: ${photos}`}</span>
          <Button icon={<FolderOpen size={14} aria-hidden="true" />} onClick={() => void choose()}>
            Choose…
          </Button>
        </div>
      )}
      <p className={styles.quiet}>
        Every delivery gets a folder of its own: films, poster, originals page, provenance and the timeline.
      </p>
    </Section>
  );
}

/** A browser has no dialog that gives paths: it is typed. */
function Path({ kept, photos }: { readonly kept: string | null; readonly photos: string }) {
  const [text, setText] = useState(kept ?? '');
  useEffect(() => setText(kept ?? ''), [kept]);
  const commit = (): void => {
    const next = text.trim() === '' ? null : text.trim();
    if (next !== kept) set(next);
  };
  return (
    <TextField
      label="Folder on the machine that the studio runs on"
      value={text}
      placeholder={`Beside the photos: ${photos}`}
      onChange={setText}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
