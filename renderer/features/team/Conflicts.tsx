/** Values that one overwrote without having seen the other's, side by side; either can stand. */
import { useState } from 'react';
import { api, errorOf } from '../../api.ts';
import { formatRoute } from '../../shell/routes.ts';
import { type ShownConflict, useTeam } from '../../stores/team.ts';
import { toast } from '../../stores/toasts.ts';
import { CircleCheck } from '../../ui/icons.ts';
import { Button, Dialog, EmptyState } from '../../ui/index.ts';
import styles from './Team.module.css';
import { ago, count } from './words.ts';

export function Conflicts({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const conflicts = useTeam((state) => state.conflicts);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={conflicts.length === 0 ? 'Conflicts' : count(conflicts.length, 'conflict')}
      about="Two of the team changed the same thing without seeing each other’s change. What came last stands; the other value is kept here."
      size="wide"
    >
      {conflicts.length === 0 ? (
        <EmptyState icon={<CircleCheck size={24} aria-hidden="true" />} title="Nothing is left to settle">
          Changes that meet appear here, with both values.
        </EmptyState>
      ) : (
        <ul className={styles.conflicts}>
          {conflicts.map((one) => (
            <Row key={one.id} conflict={one} onClose={onClose} />
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function Row({ conflict, onClose }: { readonly conflict: ShownConflict; readonly onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const { id, listingId, listingName, what, photoId, kind, keptText, lostText, keptBy, lostBy, at } = conflict;
  const settle = async (how: 'keep' | 'turn'): Promise<void> => {
    setBusy(true);
    try {
      await api.team.resolve.mutate({ id, how });
      useTeam.setState(({ conflicts }) => ({ conflicts: conflicts.filter((one) => one.id !== id) }));
    } catch (error) {
      toast({ tone: 'fail', title: 'It could not be settled.', detail: errorOf(error).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className={styles.conflict}>
      {photoId === null ? (
        <span className={styles.noPhoto} aria-hidden="true" />
      ) : (
        <img className={styles.photo} src={`/media/${listingId}/${photoId}/320`} alt="" loading="lazy" />
      )}
      <div className={styles.conflictText}>
        <b>{what}</b>
        <span className={styles.quiet}>
          {listingName} · {ago(at, new Date().toISOString())}
        </span>
        <dl className={styles.values}>
          <dt>Stands</dt>
          <dd>
            {keptText} <span className={styles.quiet}>by {keptBy.name}</span>
          </dd>
          <dt>Overwritten</dt>
          <dd>
            {lostText} <span className={styles.quiet}>by {lostBy.name}</span>
          </dd>
        </dl>
      </div>
      <div className={styles.conflictActions}>
        <Button disabled={busy} onClick={() => void settle('keep')}>
          {kind === 'film' ? 'Put away' : 'Keep what stands'}
        </Button>
        {kind === 'film' ? (
          <Button
            variant="ghost"
            onClick={() => {
              onClose();
              window.location.hash = formatRoute({ screen: 'timeline', listingId });
            }}
          >
            Open the versions
          </Button>
        ) : (
          <Button variant="ghost" disabled={busy} onClick={() => void settle('turn')}>
            Use the other
          </Button>
        )}
      </div>
    </li>
  );
}
