/** The fleet: workers with their leases and costs, and what the team has given them to do. */
import { useEffect } from 'react';
import type { FleetDocument } from '../../../main/host/team-contract.ts';
import { api, errorOf, events } from '../../api.ts';
import { loadFleet, useTeam } from '../../stores/team.ts';
import { toast } from '../../stores/toasts.ts';
import { Server } from '../../ui/icons.ts';
import { Button, Chip, type ChipTone, Dialog, EmptyState, ErrorState, Skeleton } from '../../ui/index.ts';
import { teamHost } from './host.ts';
import styles from './Team.module.css';
import { ago, costWords, count, machineWords, TASK_WORDS } from './words.ts';

/** Asked again this often while it is looked at, milliseconds: heartbeats come every five seconds. */
const LOOK_EVERY_MS = 2_000;

export function Fleet({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const fleet = useTeam((state) => state.fleet);
  const error = useTeam((state) => state.fleetError);
  useEffect(() => {
    if (!open) return;
    const ask = (): void => void loadFleet(teamHost, errorOf);
    ask();
    const timer = window.setInterval(ask, LOOK_EVERY_MS);
    const off = events.on((event) => event.type === 'fleet' && ask());
    return () => {
      window.clearInterval(timer);
      off();
    };
  }, [open]);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Fleet"
      about={fleet === null ? 'The team’s workers and what they do.' : sumUp(fleet)}
      size="full"
    >
      {fleet === null ? (
        error === null ? (
          <Skeleton height={240} />
        ) : (
          <ErrorState title={error.message}>What you dispatched goes on without this window.</ErrorState>
        )
      ) : (
        <div className={styles.fleet}>
          {!fleet.online && (
            <p className={styles.problem}>Offline: this is how it was when the server was last reached.</p>
          )}
          <Workers fleet={fleet} />
          <Tasks fleet={fleet} />
        </div>
      )}
    </Dialog>
  );
}

function sumUp({ workers, tasks, costPerHourMicros }: FleetDocument): string {
  const there = workers.filter(({ state }) => state !== 'gone').length;
  const running = tasks.filter(({ state }) => state === 'leased').length;
  const waiting = tasks.filter(({ state }) => state === 'queued').length;
  const cost = costPerHourMicros > 0 ? `, ${costWords(costPerHourMicros)} an hour` : '';
  return `${count(there, 'worker')}${cost} · ${running} running, ${waiting} waiting`;
}

const WORKER_TONES: Readonly<Record<FleetDocument['workers'][number]['state'], ChipTone>> = {
  idle: 'neutral',
  busy: 'pass',
  draining: 'attention',
  gone: 'neutral',
};

/** Those that are there first; of those that went, the last. */
function sortWorkers(workers: FleetDocument['workers']): FleetDocument['workers'] {
  const gone = (worker: FleetDocument['workers'][number]): number => Number(worker.state === 'gone');
  return workers.toSorted((a, b) => gone(a) - gone(b) || (gone(a) === 1 ? b.heartbeatAt.localeCompare(a.heartbeatAt) : a.name.localeCompare(b.name))); // biome-ignore format: one order
}

function Workers({ fleet }: { readonly fleet: FleetDocument }) {
  if (fleet.workers.length === 0)
    return (
      <EmptyState icon={<Server size={24} aria-hidden="true" />} title="No worker is there now">
        What is dispatched waits, and begins when a worker comes. Machines are started by the team’s operators.
      </EmptyState>
    );
  return (
    <table className={styles.table}>
      <caption>Workers</caption>
      <thead>
        <tr>
          <th scope="col">Worker</th>
          <th scope="col">Machine</th>
          <th scope="col">State</th>
          <th scope="col">Works on</th>
          <th scope="col">Heartbeat</th>
          <th scope="col" className={styles.number}>
            Cost an hour
          </th>
        </tr>
      </thead>
      <tbody>
        {sortWorkers(fleet.workers).map((worker) => {
          const task = fleet.tasks.find(({ id }) => id === worker.taskId);
          return (
            <tr key={worker.id} data-gone={worker.state === 'gone'}>
              <td>
                {worker.name}
                <span className={styles.quiet}> {worker.type.toUpperCase()}</span>
              </td>
              <td>{machineWords(worker)}</td>
              <td>
                <Chip tone={WORKER_TONES[worker.state]}>{worker.state}</Chip>
                {worker.noticeAt !== null && (
                  <Chip tone="attention">Spot notice {ago(worker.noticeAt, fleet.now)}</Chip>
                )}
              </td>
              <td>
                {task === undefined ? (
                  <span className={styles.quiet}>{worker.state === 'busy' ? 'another team’s task' : 'nothing'}</span>
                ) : (
                  `${TASK_WORDS[task.kind]} of ${task.listingName}`
                )}
              </td>
              <td>{ago(worker.heartbeatAt, fleet.now)}</td>
              <td className={styles.number}>
                {worker.costPerHourMicros === null ? '' : costWords(worker.costPerHourMicros)}
                {worker.spot && <span className={styles.quiet}> Spot</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

type Task = FleetDocument['tasks'][number];

async function act(title: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
    await loadFleet(teamHost, errorOf);
  } catch (error) {
    toast({ tone: 'fail', title, detail: errorOf(error).message });
  }
}

function Tasks({ fleet }: { readonly fleet: FleetDocument }) {
  const failed = fleet.tasks.filter(({ state }) => state === 'failed');
  const unfinished = fleet.tasks.filter(({ state }) => state === 'queued' || state === 'leased');
  if (fleet.tasks.length === 0) return <p className={styles.quiet}>Nothing was given to the fleet in the last hour.</p>;
  return (
    <table className={styles.table}>
      <caption>
        Work of the last hour
        <span className={styles.captionActions}>
          {failed.length > 0 && (
            <Button
              onClick={() =>
                void act('It could not be tried again.', () =>
                  api.fleet.retry.mutate({ taskIds: failed.map(({ id }) => id) }),
                )
              }
            >
              Try {count(failed.length, 'failed one', 'failed ones')} again
            </Button>
          )}
          {unfinished.length > 0 && (
            <Button
              variant="ghost"
              onClick={() =>
                void act('It could not be cancelled.', () =>
                  api.fleet.cancel.mutate({ taskIds: unfinished.map(({ id }) => id) }),
                )
              }
            >
              Cancel {count(unfinished.length, 'unfinished one', 'unfinished ones')}
            </Button>
          )}
        </span>
      </caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Listing</th>
          <th scope="col">State</th>
          <th scope="col">Worker</th>
          <th scope="col">Attempt</th>
          <th scope="col" className={styles.number}>
            Since
          </th>
        </tr>
      </thead>
      <tbody>
        {fleet.tasks.map((task) => (
          <tr key={task.id}>
            <td>{TASK_WORDS[task.kind]}</td>
            <td>{task.listingName}</td>
            <td>
              <State task={task} />
            </td>
            <td>{task.workerName ?? ''}</td>
            <td>
              {attemptOf(task)}
              {task.stalls > 0 && <span className={styles.quiet}> {count(task.stalls, 'interruption')}</span>}
            </td>
            <td className={styles.number}>{ago(task.startedAt ?? task.createdAt, fleet.now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Which attempt it is, or was: failures count, interruptions do not. */
function attemptOf({ state, attempts }: Task): number | '' {
  if (state === 'leased' || state === 'done') return attempts + 1;
  return attempts === 0 ? '' : attempts;
}

function State({ task }: { readonly task: Task }) {
  switch (task.state) {
    case 'queued':
      return <Chip>{task.place === null ? 'waiting' : `waiting, ${task.place} in line`}</Chip>;
    case 'leased':
      return (
        <span className={styles.running}>
          <span
            className={styles.bar}
            role="progressbar"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(task.fraction * 100)}
            aria-label={task.sentence}
          >
            <span style={{ transform: `scaleX(${task.fraction})` }} />
          </span>
          {Math.round(task.fraction * 100)} %<span className={styles.quiet}>{task.sentence}</span>
        </span>
      );
    case 'done':
      return <Chip tone="pass">done</Chip>;
    case 'cancelled':
      return <Chip>cancelled</Chip>;
    case 'failed':
      return (
        <span className={styles.running}>
          <Chip tone="fail">given up</Chip>
          <span className={styles.quiet}>{task.error?.message}</span>
        </span>
      );
  }
}
