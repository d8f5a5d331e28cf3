import { TeamBadge } from '../features/team/TeamBadge.tsx';
import { runCommand } from '../keys/registry.ts';
import { useShownKey } from '../keys/useKeys.ts';
import { type HostState, useShell } from '../stores/shell.ts';
import { CircleCheck, CircleX, LoaderCircle } from '../ui/icons.ts';
import { Kbd, Popover, ProgressBar } from '../ui/index.ts';
import { useHostActions } from './host-actions.ts';
import { PersonBadge } from './PersonBadge.tsx';
import styles from './Shell.module.css';
import { foremost, taskSubject } from './tasks.ts';

const HOST: Readonly<Record<HostState, string>> = {
  starting: 'Starting',
  ready: 'Ready',
  restarting: 'Engine restarting',
  stopped: 'Engine stopped',
};

/** The bottom line: the engine, what is running, and the two keys that lead to all others. */
export function StatusLine() {
  const host = useShell((state) => state.host);
  const status = useShell((state) => state.status);
  const actions = useHostActions();
  return (
    <footer className={styles.status}>
      <span className={styles.host} data-host={host} role="status">
        {host === 'ready' && <CircleCheck size={12} aria-hidden="true" />}
        {host === 'stopped' && <CircleX size={12} aria-hidden="true" />}
        {(host === 'starting' || host === 'restarting') && (
          <LoaderCircle size={12} className={styles.turning} aria-hidden="true" />
        )}
        {HOST[host]}
      </span>
      {host === 'stopped' && (
        <button type="button" className={styles.link} onClick={() => actions.reconnect()}>
          Start it again
        </button>
      )}
      {status !== '' && <span className={styles.quiet}>{status}</span>}
      <span className={styles.grow} />
      <Tasks />
      <span className={styles.grow} />
      <TeamBadge />
      <PersonBadge />
      <Hint command="palette.open" label="all actions" />
      <Hint command="keys.show" label="keys" />
    </footer>
  );
}

function Hint({ command, label }: { readonly command: 'palette.open' | 'keys.show'; readonly label: string }) {
  const kbd = useShownKey(command);
  return (
    <button type="button" className={styles.hint} onClick={() => runCommand(command)}>
      {kbd !== undefined && <Kbd chord={kbd} />}
      {label}
    </button>
  );
}

function Tasks() {
  const tasks = useShell((state) => state.tasks);
  const actions = useHostActions();
  const first = foremost(tasks);
  if (first === null) return null;
  return (
    <div className={styles.tasks}>
      <ProgressBar
        compact
        fraction={first.state === 'waiting' ? 0 : first.fraction}
        sentence={`${taskSubject(first)}: ${first.sentence}`}
        secondsLeft={first.state === 'running' ? first.secondsLeft : null}
        onCancel={() => actions.cancelTask(first.id)}
      />
      {tasks.length > 1 && (
        <Popover
          label="Running tasks"
          side="top"
          align="center"
          trigger={
            <button type="button" className={styles.link}>
              and {tasks.length - 1} more
            </button>
          }
        >
          <ul className={styles.taskList}>
            {tasks.map((task) => (
              <li key={task.id}>
                <ProgressBar
                  fraction={task.fraction}
                  sentence={`${taskSubject(task)}: ${task.sentence}`}
                  secondsLeft={task.state === 'running' ? task.secondsLeft : null}
                  onCancel={() => actions.cancelTask(task.id)}
                />
              </li>
            ))}
          </ul>
        </Popover>
      )}
    </div>
  );
}
