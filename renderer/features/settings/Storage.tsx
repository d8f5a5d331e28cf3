import { useState } from 'react';
import { api, errorOf } from '../../api.ts';
import { toast } from '../../stores/toasts.ts';
import { Button, Chip, ErrorState, Skeleton } from '../../ui/index.ts';
import { formatBytes } from './format.ts';
import styles from './Settings.module.css';
import { useResource } from './useResource.ts';

const load = () => api.storage.summary.query();

/** Below this much free space analyses are likely to stop: a listing's proxies and depth take about 200 MB. */
const LITTLE = 2e9;

/** Where the data lies, how much it is, and what can be cleared without losing anything. */
export function Storage() {
  const storage = useResource(load);
  const [clearing, setClearing] = useState(false);
  if (storage.data === null)
    return storage.error === null ? (
      <Skeleton height={160} />
    ) : (
      <ErrorState title={storage.error.message} actions={<Button onClick={storage.reload}>Try again</Button>} />
    );
  const { home, parts, freeBytes } = storage.data;
  const clearable = parts.filter((part) => part.clearable).reduce((sum, part) => sum + part.bytes, 0);
  const clear = async () => {
    setClearing(true);
    try {
      storage.put(await api.storage.clearCaches.mutate());
      toast({ tone: 'pass', title: 'Caches cleared', detail: 'They are made again when they are needed.' });
    } catch (error) {
      toast({ tone: 'fail', title: 'The caches could not be cleared.', detail: errorOf(error).message });
    } finally {
      setClearing(false);
    }
  };
  return (
    <>
      <div className={styles.block}>
        <div className={styles.path}>{home}</div>
        <div className={styles.actions}>
          {freeBytes < LITTLE ? (
            <Chip tone="attention">{formatBytes(freeBytes)} free: soon too little for an analysis</Chip>
          ) : (
            <span className={styles.quiet}>{formatBytes(freeBytes)} free on this disk</span>
          )}
        </div>
      </div>
      <div className={styles.block}>
        <div className={styles.box}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th>What</th>
                <th>Made again when needed</th>
                <th className={styles.right}>Size</th>
              </tr>
            </thead>
            <tbody>
              {parts.map((part) => (
                <tr key={part.name}>
                  <td>{part.name}</td>
                  <td className={styles.quiet}>{part.clearable ? 'yes' : 'no'}</td>
                  <td className={styles.right}>{formatBytes(part.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className={styles.actions}>
          <Button disabled={clearing || clearable === 0} onClick={() => void clear()}>
            Clear the caches
          </Button>
          <span className={styles.quiet}>
            {clearable === 0 ? 'They are empty.' : `This frees ${formatBytes(clearable)}.`}
          </span>
        </div>
      </div>
    </>
  );
}
