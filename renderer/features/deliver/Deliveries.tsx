/** What was delivered and what is being delivered: who, when, what, and every check of every film. */
import { useState } from 'react';
import type { TaskView } from '../../../main/host/contract.ts';
import type { DeliveredFilm, DeliveryView } from '../../../main/host/review-contract.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { cancelTask, pauseTask, resumeTask } from '../../stores/tasks.ts';
import { toast } from '../../stores/toasts.ts';
import { ChevronRight, Copy, FolderOpen, Info, PackageCheck, Pause, Play, X } from '../../ui/icons.ts';
import { Button, Chip, EmptyState, IconButton, ProgressBar } from '../../ui/index.ts';
import { countWords, whenWords } from '../renders/words.ts';
import styles from './Deliveries.module.css';
import { Film } from './Film.tsx';
import { Watch } from './Watch.tsx';
import { DELIVERY_STATES } from './words.ts';

export interface DeliveriesProps {
  readonly listingId: string;
  readonly deliveries: readonly DeliveryView[];
  readonly task: TaskView | null;
}

interface Watched {
  readonly deliveryId: string;
  readonly film: DeliveredFilm;
}

async function reveal(listingId: string, delivery: DeliveryView): Promise<void> {
  if ((await window.studio?.revealDelivery(listingId, delivery.id)) === false)
    toast({ tone: 'attention', title: 'The delivery folder is not there any more', detail: delivery.folder });
}

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ tone: 'pass', title: `${what} is on the clipboard`, detail: text });
  } catch {
    toast({ tone: 'attention', title: 'The browser does not give the clipboard', detail: text });
  }
}

export function Deliveries({ listingId, deliveries, task }: DeliveriesProps) {
  const [watched, setWatched] = useState<Watched | null>(null);
  const newest = deliveries.find((delivery) => delivery.films.some((film) => film.state === 'done'));
  const firstFilm = newest?.films.find((film) => film.state === 'done');
  const studio = window.studio !== undefined;
  useCommand(
    'deliver.play',
    () => {
      if (newest !== undefined && firstFilm !== undefined) setWatched({ deliveryId: newest.id, film: firstFilm });
    },
    { enabled: firstFilm !== undefined },
  );
  useCommand(
    'deliver.reveal',
    () => {
      if (newest !== undefined) void reveal(listingId, newest);
    },
    { enabled: studio && newest !== undefined && !newest.folderMissing },
  );
  const [first, ...past] = deliveries;
  if (first === undefined)
    return (
      <EmptyState icon={<PackageCheck size={24} aria-hidden="true" />} title="Nothing is delivered yet">
        Films appear here as they are made, each with every check that it passed.
      </EmptyState>
    );
  const watch = (deliveryId: string) => (film: DeliveredFilm) => setWatched({ deliveryId, film });
  return (
    <div className={styles.list}>
      <Delivery listingId={listingId} delivery={first} task={task} onWatch={watch(first.id)} />
      {past.length > 0 && <h2 className={styles.before}>Before</h2>}
      {past.map((delivery) => (
        <details key={delivery.id} className={styles.past}>
          <summary>
            <ChevronRight size={14} aria-hidden="true" />
            <span className={styles.pastWhen}>{whenWords(delivery.at)}</span>
            <span className={styles.pastWho}>
              {delivery.by.name === '' ? delivery.by.role : delivery.by.name} ·{' '}
              {countWords(delivery.films.length, 'film')}
            </span>
            <Chip tone={DELIVERY_STATES[delivery.state].tone}>{DELIVERY_STATES[delivery.state].words}</Chip>
          </summary>
          <Delivery listingId={listingId} delivery={delivery} task={null} onWatch={watch(delivery.id)} />
        </details>
      ))}
      <Watch watched={watched} onClose={() => setWatched(null)} />
    </div>
  );
}

interface DeliveryProps {
  readonly listingId: string;
  readonly delivery: DeliveryView;
  readonly task: TaskView | null;
  readonly onWatch: (film: DeliveredFilm) => void;
}

function Delivery({ listingId, delivery, task, onWatch }: DeliveryProps) {
  const state = DELIVERY_STATES[delivery.state];
  const kbd = useShownKey('deliver.reveal');
  return (
    <section className={styles.delivery} aria-label={`Delivery of ${whenWords(delivery.at)}`}>
      <header className={styles.head}>
        <h2>{whenWords(delivery.at)}</h2>
        <Chip tone={state.tone}>{state.words}</Chip>
        {delivery.override !== null && <Chip tone="attention">Not all approved</Chip>}
        <span className={styles.grow} />
        <span className={styles.quiet}>
          {delivery.by.name === '' ? `by a ${delivery.by.role}` : `${delivery.by.name}, ${delivery.by.role}`} · film
          version {delivery.filmRevision}
        </span>
      </header>
      {task !== null && <Work task={task} />}
      {delivery.error !== null && (
        <p className={styles.error} role="alert">
          {delivery.error.message}
          {delivery.error.file !== undefined && <span className={styles.file}>{delivery.error.file}</span>}
        </p>
      )}
      {delivery.override !== null && (
        <p className={styles.override}>
          <Info size={14} aria-hidden="true" />
          <span>
            {delivery.override.name}: {delivery.override.reason}
          </span>
        </p>
      )}
      <ul className={styles.films}>
        {delivery.films.map((film) => (
          <Film
            key={film.name}
            film={film}
            open={delivery.films.length === 1}
            there={!delivery.folderMissing}
            onWatch={() => onWatch(film)}
          />
        ))}
      </ul>
      {delivery.state === 'done' && (
        <footer className={styles.folder}>
          <span className={styles.path}>{delivery.folder}</span>
          {delivery.folderMissing ? (
            <Chip tone="attention">Not there any more</Chip>
          ) : (
            window.studio !== undefined && (
              <Button
                kbd={kbd}
                icon={<FolderOpen size={14} aria-hidden="true" />}
                onClick={() => void reveal(listingId, delivery)}
              >
                Show
              </Button>
            )
          )}
          <Button
            icon={<Copy size={14} aria-hidden="true" />}
            onClick={() => void copyText(delivery.folder, 'The path of the folder')}
          >
            Copy path
          </Button>
        </footer>
      )}
    </section>
  );
}

function Work({ task }: { readonly task: TaskView }) {
  const paused = task.state === 'paused';
  return (
    <div className={styles.work}>
      <ProgressBar
        fraction={task.fraction}
        sentence={paused ? `Paused. ${task.sentence}` : task.sentence}
        secondsLeft={task.state === 'running' ? task.secondsLeft : null}
      />
      <IconButton
        label={paused ? 'Go on' : 'Pause'}
        variant="plain"
        icon={paused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
        onClick={() => void (paused ? resumeTask(task.id) : pauseTask(task.id))}
      />
      <IconButton
        label="Cancel the delivery"
        variant="plain"
        icon={<X size={14} aria-hidden="true" />}
        onClick={() => void cancelTask(task.id)}
      />
    </div>
  );
}
