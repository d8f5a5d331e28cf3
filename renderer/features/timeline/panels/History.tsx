/** Everything that was done, by name, the newest first; a press goes back or forward to there. */
import { useEffect, useState } from 'react';
import type { HistoryEntry } from '../../../../main/host/contract.ts';
import { CommandButton } from '../../../keys/index.ts';
import { redo, undo, useTimeline } from '../../../stores/timeline.ts';
import { ChevronRight, CircleCheck, Redo2, Undo2 } from '../../../ui/icons.ts';
import { stepsTo } from './history-steps.ts';
import { historyOf } from './host.ts';
import styles from './Panels.module.css';
import { Refused, Section } from './parts.tsx';

export function History({ listingId, locked }: { readonly listingId: string; readonly locked: boolean }) {
  const revision = useTimeline((state) => state.document?.revision ?? 0);
  const pending = useTimeline((state) => state.pending);
  const [entries, setEntries] = useState<readonly HistoryEntry[] | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [walking, setWalking] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: revision is the reason to ask again
  useEffect(() => {
    if (pending > 0) return;
    let over = false;
    historyOf(listingId).then(
      (list) => {
        if (over) return;
        setEntries(list);
        setRefused(null);
      },
      (error: unknown) => !over && setRefused(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      over = true;
    };
  }, [listingId, revision, pending]);
  const go = async (index: number) => {
    if (entries === null || walking) return;
    setWalking(true);
    await walk(stepsTo(entries, index));
    setWalking(false);
  };
  const now = entries?.findIndex((entry) => !entry.undone) ?? -1;
  return (
    <Section
      title="History"
      aside={
        <span className={styles.row}>
          <CommandButton command="edit.undo" iconOnly icon={<Undo2 size={14} aria-hidden="true" />} />
          <CommandButton command="edit.redo" iconOnly icon={<Redo2 size={14} aria-hidden="true" />} />
        </span>
      }
    >
      {refused !== null && <Refused>{refused}</Refused>}
      {entries !== null && (
        <ol className={styles.list} aria-label="What was done, the newest first">
          {entries.map((entry, index) => (
            <li key={entry.id} className={styles.item}>
              <button
                type="button"
                className={styles.press}
                disabled={locked || walking}
                aria-current={index === now ? 'step' : undefined}
                title={entry.undone ? 'Do it again up to here' : index === now ? 'The film is here' : 'Go back to here'}
                onClick={() => void go(index)}
              >
                {index === now ? (
                  <ChevronRight size={14} className={styles.now} aria-hidden="true" />
                ) : (
                  <span style={{ width: 14, flex: 'none' }} />
                )}
                <span>
                  <span className={entry.undone ? styles.undone : index === now ? styles.now : undefined}>
                    {entry.label}
                  </span>
                  <span className={styles.when}>
                    {entry.undone ? 'undone · ' : ''}
                    {timeOf(entry.at)}
                  </span>
                </span>
              </button>
            </li>
          ))}
          <li className={styles.item}>
            <button
              type="button"
              className={styles.press}
              disabled={locked || walking || now === -1}
              aria-current={now === -1 ? 'step' : undefined}
              onClick={() => void go(entries.length)}
            >
              {now === -1 ? (
                <CircleCheck size={14} className={styles.now} aria-hidden="true" />
              ) : (
                <span style={{ width: 14, flex: 'none' }} />
              )}
              <span>As built</span>
            </button>
          </li>
        </ol>
      )}
    </Section>
  );
}

/** One step after the other; waits for the host where this window does not know what the next one would do. */
async function walk(steps: number): Promise<void> {
  const back = steps < 0;
  for (let left = Math.abs(steps); left > 0; left--) {
    const label = () => (back ? useTimeline.getState().undo : useTimeline.getState().redo);
    if (label() === null) await settled();
    if (label() === null || useTimeline.getState().refusal !== null) return;
    if (back) undo();
    else redo();
  }
}

/** Resolves when the host has acknowledged everything. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    if (useTimeline.getState().pending === 0) {
      resolve();
      return;
    }
    const stop = useTimeline.subscribe((state) => {
      if (state.pending > 0) return;
      stop();
      resolve();
    });
  });
}

/** `14:05`, with the day where it was not today. */
function timeOf(at: string): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`;
}
