/** Gives clips to the team's fleet, with what it would take said before. */
import { useState } from 'react';
import type { Estimate } from '../../../main/service/fleet-api.ts';
import { api, errorOf } from '../../api.ts';
import { openSheet, useTeam } from '../../stores/team.ts';
import { toast } from '../../stores/toasts.ts';
import { Server } from '../../ui/icons.ts';
import { Button, Popover } from '../../ui/index.ts';
import styles from './Team.module.css';
import { costWords, count, secondsWords } from './words.ts';

export function Dispatch({
  listingId,
  clipIds,
  shared,
  disabled,
}: {
  readonly listingId: string;
  readonly clipIds: readonly string[] | 'changed';
  /** The listing is the team's: else it is shared first. */
  readonly shared: boolean;
  readonly disabled: boolean;
}) {
  const online = useTeam((state) => state.status !== null && state.status.state !== 'off');
  const [open, setOpen] = useState(false);
  const [estimate, setEstimate] = useState<Estimate | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (!online) return null;
  const ids = clipIds === 'changed' ? 'changed' : [...clipIds];
  const look = async (): Promise<void> => {
    setEstimate(null);
    setProblem(null);
    try {
      setEstimate(await api.fleet.estimate.query({ id: listingId, clipIds: ids }));
    } catch (error) {
      setProblem(errorOf(error).message);
    }
  };
  const send = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.fleet.dispatch.mutate({ id: listingId, clipIds: ids });
      setOpen(false);
      openSheet('fleet');
    } catch (error) {
      toast({ tone: 'fail', title: 'Nothing was dispatched.', detail: errorOf(error).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Popover
      label="Render on the fleet"
      align="end"
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next && shared) void look();
      }}
      trigger={
        <Button icon={<Server size={14} aria-hidden="true" />} disabled={disabled}>
          Render on the fleet
        </Button>
      }
    >
      <div className={styles.popover}>
        {!shared ? (
          <>
            <p>
              This listing is on this machine alone. Share it with the team first: its photos are sent, and others see
              it.
            </p>
            <div className={styles.actions}>
              <Button
                variant="primary"
                disabled={busy}
                onClick={() => void share([listingId]).then(() => setOpen(false))}
              >
                Share it
              </Button>
            </div>
          </>
        ) : (
          <>
            <p role="status">{problem ?? (estimate === null ? 'Asking the fleet…' : estimateWords(estimate))}</p>
            <div className={styles.actions}>
              <Button
                variant="primary"
                disabled={busy || estimate === null || estimate.clips === 0}
                onClick={() => void send()}
              >
                {busy ? 'Sending' : 'Dispatch'}
              </Button>
              <Button variant="ghost" onClick={() => openSheet('fleet')}>
                Show the fleet
              </Button>
            </div>
          </>
        )}
      </div>
    </Popover>
  );
}

export function estimateWords({ clips, seconds, workers, waitingBefore, costMicros }: Estimate): string {
  if (clips === 0) return 'Everything is rendered, or on its way.';
  const time = seconds === null ? 'No clip was rendered there yet, so nobody knows how long it takes.' : `About ${secondsWords(seconds)} on ${count(workers, 'worker')}.`; // biome-ignore format: one thought
  const nobody = workers === 0 ? ' No worker is there now: they wait until one comes.' : '';
  const before = waitingBefore > 0 ? ` ${count(waitingBefore, 'clip')} of the team wait before them.` : '';
  const cost = costMicros === null ? '' : ` Costs about ${costWords(costMicros)}.`;
  return `${count(clips, 'clip')}. ${workers === 0 && seconds !== null ? '' : time}${nobody}${before}${cost}`
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Shares listings, and says what happens. */
export async function share(ids: readonly string[]): Promise<void> {
  try {
    await api.team.share.mutate({ ids: [...ids] });
    toast({ tone: 'pass', title: ids.length === 1 ? 'The listing is shared with the team' : `${ids.length} listings are shared with the team`, detail: 'Its photos are sent in the background.' }); // biome-ignore format: one call
  } catch (error) {
    toast({ tone: 'fail', title: 'It could not be shared.', detail: errorOf(error).message });
  }
}
