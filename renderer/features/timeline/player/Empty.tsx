/** No film to show yet: why, how far it is, and the way on. */
import { useEffect, useState } from 'react';
import type { ErrorData } from '../../../../base/errors.ts';
import type { TaskView } from '../../../../main/host/contract.ts';
import type { TimelineDocument } from '../../../../main/host/timeline-contract.ts';
import { CannotOpen } from '../../../shell/listing-screen.tsx';
import { go } from '../../../shell/useRoute.ts';
import { cancelTask, isActive, retryTask, useTasks } from '../../../stores/tasks.ts';
import { refetchTimeline } from '../../../stores/timeline.ts';
import { Film, LayoutGrid, RefreshCw } from '../../../ui/icons.ts';
import { Button, EmptyState, ErrorState, ProgressBar, Skeleton } from '../../../ui/index.ts';
import { buildFilm } from '../panels/host.ts';
import styles from './Player.module.css';

const toRooms = (listingId: string) => () => go({ screen: 'rooms', listingId });

/** The film could not even be asked for. */
export function NotThere({ error, listingId }: { readonly error: ErrorData | null; readonly listingId: string }) {
  if (error === null)
    return (
      <div className={styles.empty} role="status" aria-label="Opening the film">
        <div className={styles.work}>
          <Skeleton height={240} />
        </div>
      </div>
    );
  return (
    <div className={styles.empty}>
      <CannotOpen error={error} listingId={listingId} again={refetchTimeline}>
        Nothing that you did is lost.
      </CannotOpen>
    </div>
  );
}

/** Builds that this page has asked for: each listing once, so that a failure is shown and not repeated. */
const asked = new Set<string>();

export function NoFilm({ document }: { readonly document: TimelineDocument }) {
  const { id } = document.listing;
  const newest = useTasks((state) => state.byListing.get(id)) ?? document.listing.task;
  const running = newest !== null && isActive(newest) ? newest : null;
  const [refused, setRefused] = useState<string | null>(null);
  const ready = document.analysis !== null;
  const failed = running === null && newest?.state === 'failed' ? newest : null;
  const build = () => {
    asked.add(id);
    setRefused(null);
    buildFilm(id).catch((error: unknown) => setRefused(error instanceof Error ? error.message : String(error)));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `build` is made anew with every drawing
  useEffect(() => {
    if (ready && running === null && failed === null && !asked.has(id)) build();
  }, [ready, running === null, failed === null, id]);

  if (running !== null) return <Working task={running} />;
  const problem = refused ?? failed?.error?.message ?? null;
  if (ready && problem !== null)
    return (
      <div className={styles.empty}>
        <ErrorState
          title={problem}
          file={failed?.error?.file}
          details={`Listing: ${id}${failed === null ? '' : `\nTask: ${failed.id} (${failed.sentence})`}`}
          actions={
            <>
              <Button variant="primary" icon={<RefreshCw size={14} aria-hidden="true" />} onClick={build}>
                Build again
              </Button>
              <Button icon={<LayoutGrid size={14} aria-hidden="true" />} onClick={toRooms(id)}>
                Rooms
              </Button>
            </>
          }
        >
          The film was not built. Choose other music or another length at the left, or mend the rooms.
        </ErrorState>
      </div>
    );
  if (!ready)
    return (
      <div className={styles.empty}>
        <EmptyState
          icon={<LayoutGrid size={24} aria-hidden="true" />}
          title="The rooms come first"
          actions={
            <>
              <Button variant="primary" onClick={toRooms(id)}>
                Go to Rooms
              </Button>
              {failed !== null && <Button onClick={() => void retryTask(failed.id)}>Analyse again</Button>}
            </>
          }
        >
          {failed?.error?.message ?? 'The film is built from the rooms and moves that the analysis finds.'}
        </EmptyState>
      </div>
    );
  return (
    <div className={styles.empty}>
      <EmptyState
        icon={<Film size={24} aria-hidden="true" />}
        title={newest?.state === 'cancelled' ? 'The build was stopped' : 'Building the film'}
        actions={
          newest?.state === 'cancelled' ? (
            <Button variant="primary" onClick={build}>
              Build the film
            </Button>
          ) : undefined
        }
      >
        Shots are laid on the beats of the music. It takes a few seconds.
      </EmptyState>
    </div>
  );
}

function Working({ task }: { readonly task: TaskView }) {
  return (
    <div className={styles.empty}>
      <div className={styles.work}>
        <ProgressBar
          fraction={task.state === 'waiting' ? null : task.fraction}
          sentence={task.sentence}
          secondsLeft={task.state === 'running' ? task.secondsLeft : null}
          onCancel={() => void cancelTask(task.id)}
        />
        {task.kind === 'analyze' && <p>The film is built by itself as soon as the rooms are known.</p>}
      </div>
    </div>
  );
}
