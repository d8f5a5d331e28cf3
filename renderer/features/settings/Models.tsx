import { useEffect, useState } from 'react';
import type { ModelRow } from '../../../main/host/contract.ts';
import { api, errorOf, events } from '../../api.ts';
import { useShell } from '../../stores/shell.ts';
import { cancelTask } from '../../stores/tasks.ts';
import { toast } from '../../stores/toasts.ts';
import { Download, Trash2 } from '../../ui/icons.ts';
import { AlertDialog, Button, Chip, ErrorState, IconButton, ProgressBar, Skeleton } from '../../ui/index.ts';
import { formatBytes } from './format.ts';
import styles from './Settings.module.css';
import { useResource } from './useResource.ts';

const SETS = [
  { set: 'standard', title: 'Standard set', about: 'The best recognition and depth.' },
  { set: 'light', title: 'Light set', about: 'A smaller download; a little less sure of rooms and of edges in depth.' },
] as const;

const STATES: Readonly<
  Record<ModelRow['state'], { readonly tone: 'neutral' | 'pass' | 'attention' | 'fail'; readonly text: string }>
> = {
  complete: { tone: 'pass', text: 'ready' },
  missing: { tone: 'neutral', text: 'not downloaded' },
  partial: { tone: 'attention', text: 'partly downloaded' },
  damaged: { tone: 'fail', text: 'damaged' },
};

const load = () => api.models.state.query();

/** Model sets with size, state and licence; download with progress, verify, remove. */
export function Models() {
  const models = useResource(load);
  const [removing, setRemoving] = useState<ModelRow | null>(null);
  const { reload } = models;
  useEffect(() => events.on((event) => event.type === 'models' && reload()), [reload]);

  if (models.data === null)
    return models.error === null ? (
      <Skeleton height={240} />
    ) : (
      <ErrorState
        title={models.error.message}
        file={models.error.file}
        actions={<Button onClick={reload}>Try again</Button>}
      />
    );
  const { rows, inUse } = models.data;
  return (
    <>
      <p className={styles.about}>{inUse}</p>
      {SETS.map((one) => (
        <ModelSet
          key={one.set}
          {...one}
          rows={rows.filter(({ set }) => set.split(/[\s,]+/).includes(one.set))}
          onRemove={setRemoving}
        />
      ))}
      <AlertDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        about={`It takes ${formatBytes(removing?.bytes ?? 0)}. Rooms that were found stay; the next analysis needs it downloaded again.`}
        confirm="Remove"
        danger
        onConfirm={() => removing !== null && void remove(removing, reload)}
      />
    </>
  );
}

function ModelSet({
  set,
  title,
  about,
  rows,
  onRemove,
}: (typeof SETS)[number] & { readonly rows: readonly ModelRow[]; readonly onRemove: (row: ModelRow) => void }) {
  const [busy, setBusy] = useState(false);
  const [started, setStarted] = useState<string | null>(null);
  const tasks = useShell((state) => state.tasks);
  // A download says its set in its sentence only, so the button that began it decides where the bar stands.
  const task = tasks.find(({ id }) => id === started) ?? null;
  const running = tasks.some(({ kind }) => kind === 'pull_models' || kind === 'verify_models');
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const left = rows.filter(({ state }) => state !== 'complete');
  const begin = async (work: 'pull' | 'verify') => {
    setBusy(true);
    try {
      const made = await (work === 'pull' ? api.models.pull.mutate({ set }) : api.models.verify.mutate({ set }));
      setStarted(made.id);
    } catch (error) {
      toast({ tone: 'fail', title: 'It could not be started.', detail: errorOf(error).message });
    } finally {
      setBusy(false);
    }
  };
  if (rows.length === 0) return null;
  return (
    <section className={styles.block} aria-label={title}>
      <div className={styles.box}>
        <div className={styles.boxHead}>
          <div>
            <h3 className={styles.boxTitle}>{title}</h3>
            <div className={styles.quiet}>
              {about} {formatBytes(bytes)}
            </div>
          </div>
          <span className={styles.grow} />
          {left.length < rows.length && (
            <Button variant="ghost" disabled={busy || running} onClick={() => void begin('verify')}>
              Verify
            </Button>
          )}
          {left.length > 0 && (
            <Button
              icon={<Download size={16} aria-hidden="true" />}
              disabled={busy || running}
              onClick={() => void begin('pull')}
            >
              Download
            </Button>
          )}
        </div>
        {task !== null && (
          <div className={styles.progress}>
            <ProgressBar
              fraction={task.fraction}
              sentence={task.sentence}
              secondsLeft={task.secondsLeft}
              onCancel={() => void cancelTask(task.id)}
            />
          </div>
        )}
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Model</th>
              <th>For</th>
              <th>Licence</th>
              <th className={styles.right}>Size</th>
              <th>State</th>
              <th className={styles.right}>
                <span className="spoken">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td>{row.name}</td>
                <td className={styles.quiet}>{row.role}</td>
                <td className={styles.quiet}>{row.licence}</td>
                <td className={styles.right}>{formatBytes(row.bytes)}</td>
                <td>
                  <Chip tone={STATES[row.state].tone}>{STATES[row.state].text}</Chip>
                </td>
                <td className={styles.right}>
                  <IconButton
                    label={`Remove ${row.name}`}
                    icon={<Trash2 size={16} aria-hidden="true" />}
                    disabled={row.state === 'missing' || running}
                    onClick={() => onRemove(row)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

async function remove(row: ModelRow, reload: () => void): Promise<void> {
  try {
    await api.models.remove.mutate({ name: row.name });
    toast({ tone: 'pass', title: `${row.name} removed`, detail: `${formatBytes(row.bytes)} are free again.` });
  } catch (error) {
    toast({ tone: 'fail', title: `${row.name} could not be removed.`, detail: errorOf(error).message });
  }
  reload();
}
