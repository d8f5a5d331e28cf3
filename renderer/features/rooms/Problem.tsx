import { useState } from 'react';
import type { ErrorData } from '../../../base/errors.ts';
import type {} from '../../../main/desktop/bridge.ts'; // window.studio
import type { TaskView } from '../../../main/host/contract.ts';
import { api, errorOf } from '../../api.ts';
import { refetch } from '../../stores/rooms.ts';
import { retryTask } from '../../stores/tasks.ts';
import { toast } from '../../stores/toasts.ts';
import { FolderSearch, RefreshCw } from '../../ui/icons.ts';
import { Button, Dialog, ErrorState, TextField } from '../../ui/index.ts';
import styles from './Rooms.module.css';

interface ProblemProps {
  readonly error: ErrorData;
  readonly listingId: string;
  readonly task: TaskView | null;
}

const ABOUT_FOLDER: readonly ErrorData['code'][] = ['file_not_found', 'file_unreadable'];

/** The rooms cannot be shown: what happened and what can be done. */
export function Problem({ error, listingId, task }: ProblemProps) {
  return (
    <ErrorState
      title={error.message}
      file={error.file}
      details={`Code: ${error.code}${task === null ? '' : `\nTask: ${task.id} (${task.sentence})`}\nListing: ${listingId}`}
      actions={
        <>
          <Button
            variant="primary"
            icon={<RefreshCw size={14} aria-hidden="true" />}
            onClick={() => void again(listingId, task)}
          >
            Try again
          </Button>
          {ABOUT_FOLDER.includes(error.code) && <Locate listingId={listingId} />}
        </>
      }
    >
      Nothing that you decided is lost.
    </ErrorState>
  );
}

/** The rooms are there, but the folder or the last analysis is in trouble: a line above them. */
export function ProblemBanner({
  error,
  folder,
  listingId,
  task,
}: {
  readonly error: ErrorData | null;
  /** Where the photos were, when the folder is gone. */
  readonly folder: string | null;
  readonly listingId: string;
  readonly task: TaskView | null;
}) {
  const words =
    folder !== null
      ? `The folder ${folder} cannot be found. Rooms can be changed; new photos and large pictures need it.`
      : (error?.message ?? '');
  return (
    <div className={styles.banner} data-tone="attention" role="alert">
      <span className={styles.bannerWords}>{words}</span>
      {folder !== null && <Locate listingId={listingId} />}
      <Button icon={<RefreshCw size={14} aria-hidden="true" />} onClick={() => void again(listingId, task)}>
        Try again
      </Button>
    </div>
  );
}

async function again(listingId: string, task: TaskView | null): Promise<void> {
  if (task?.state === 'failed') {
    await retryTask(task.id);
    return;
  }
  try {
    await api.listings.refresh.mutate({ id: listingId });
  } catch (error) {
    toast({ tone: 'fail', title: 'It did not work again', detail: errorOf(error).message });
  }
  await refetch();
}

/** Asks where the folder is now. */
function Locate({ listingId }: { readonly listingId: string }) {
  const [open, setOpen] = useState(false);
  const [folder, setFolder] = useState('');
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const relocate = async (where: string) => {
    try {
      await api.listings.relocate.mutate({ id: listingId, folder: where });
      setOpen(false);
      await refetch();
    } catch (error) {
      setFolder(where);
      setRefused(errorOf(error).message);
      setOpen(true);
    }
  };
  // The desktop has the system's own dialog; a browser gives no paths, so there the path is typed.
  const choose = async () => {
    const [chosen] = (await window.studio?.chooseFolders()) ?? [];
    if (chosen !== undefined) await relocate(chosen);
    else if (window.studio === undefined) setOpen(true);
  };
  return (
    <>
      <Button icon={<FolderSearch size={14} aria-hidden="true" />} onClick={() => void choose()}>
        Locate folder
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Where is the folder now?"
        about="The photos are recognised by their content; every decision stays."
        actions={
          <Button variant="primary" disabled={folder.trim() === ''} onClick={() => void relocate(folder)}>
            Use this folder
          </Button>
        }
      >
        <TextField
          label="Folder"
          value={folder}
          error={refused}
          onChange={(next) => {
            setFolder(next);
            setRefused(undefined);
          }}
        />
      </Dialog>
    </>
  );
}
