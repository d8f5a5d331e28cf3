import { mediaUrl, type ReadyPhoto, type TaskView } from '../../../main/host/contract.ts';
import type { RejectedPhoto } from '../../../pipeline/domain.ts';
import { cancelTask, pauseTask, resumeTask } from '../../stores/tasks.ts';
import { Pause, Play } from '../../ui/icons.ts';
import { Button, ProgressBar, VirtualGrid } from '../../ui/index.ts';
import styles from './Rooms.module.css';

/** A task on this listing, in place: what it does, how long, and how to stop it. */
export function Work({ task }: { readonly task: TaskView }) {
  return (
    <div className={styles.work}>
      <ProgressBar
        fraction={task.state === 'waiting' ? null : task.fraction}
        sentence={task.state === 'paused' ? `Paused: ${task.sentence}` : task.sentence}
        secondsLeft={task.state === 'running' ? task.secondsLeft : null}
      />
      {task.state === 'paused' ? (
        <Button icon={<Play size={14} aria-hidden="true" />} onClick={() => void resumeTask(task.id)}>
          Go on
        </Button>
      ) : (
        <Button icon={<Pause size={14} aria-hidden="true" />} onClick={() => void pauseTask(task.id)}>
          Pause
        </Button>
      )}
      <Button variant="ghost" onClick={() => void cancelTask(task.id)}>
        Cancel
      </Button>
    </div>
  );
}

/** Before the first analysis is done: the photos as they become ready. */
export function Analysing({
  listingId,
  ready,
  task,
  rejected,
}: {
  readonly listingId: string;
  readonly ready: readonly ReadyPhoto[];
  readonly task: TaskView | null;
  readonly rejected: readonly RejectedPhoto[];
}) {
  return (
    <div className={styles.analysing}>
      {task === null ? <div /> : <Work task={task} />}
      <div>
        <Rejected rejected={rejected} />
      </div>
      <VirtualGrid
        label="Photos that are ready"
        items={ready}
        getKey={(photo) => photo.id}
        itemHeight={150}
        minItemWidth={212}
        gap={10}
        padding={24}
        renderItem={(photo) => (
          <div className={styles.ready} style={{ height: '100%' }}>
            <img src={mediaUrl(listingId, photo.id, '320')} alt={photo.file} decoding="async" />
          </div>
        )}
      />
    </div>
  );
}

/** Files that could not be used, with the reason. */
export function Rejected({ rejected }: { readonly rejected: readonly RejectedPhoto[] }) {
  if (rejected.length === 0) return null;
  return (
    <details className={styles.rejected}>
      <summary>
        {rejected.length === 1 ? '1 file could not be used' : `${rejected.length} files could not be used`}
      </summary>
      <ul>
        {rejected.map(({ file, message }) => (
          <li key={file}>
            <b>{file}</b>
            {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
