/** The connection to the team, always in the status line; a press tells more and leads to what wants an answer. */
import { api, errorOf } from '../../api.ts';
import { go } from '../../shell/useRoute.ts';
import { useSettingsSection } from '../../stores/person-section.ts';
import { openSheet, takeStatus, useTeam } from '../../stores/team.ts';
import { toast } from '../../stores/toasts.ts';
import { CircleAlert, CircleCheck, CircleX, Cloud, CloudOff, LoaderCircle } from '../../ui/icons.ts';
import { Button, KeyValue, Popover } from '../../ui/index.ts';
import styles from './Team.module.css';
import { ago, bytesWords, count, STATE_TONES, stateWords } from './words.ts';

const icon = { size: 12, 'aria-hidden': true } as const;
const ICONS = {
  quiet: <Cloud {...icon} />,
  work: <LoaderCircle {...icon} className={styles.turning} />,
  pass: <CircleCheck {...icon} />,
  attention: <CloudOff {...icon} />,
  fail: <CircleX {...icon} />,
};

export function openTeamSettings(): void {
  useSettingsSection.setState({ section: 'Team' });
  go({ screen: 'settings', listingId: null });
}

/** Calls the host and shows what it answers. */
export async function withTeam(title: string, call: () => Promise<Parameters<typeof takeStatus>[0]>): Promise<boolean> {
  try {
    takeStatus(await call());
    return true;
  } catch (error) {
    toast({ tone: 'fail', title, detail: errorOf(error).message });
    return false;
  }
}

export function TeamBadge() {
  const status = useTeam((state) => state.status);
  const conflicts = useTeam((state) => state.conflicts.length);
  if (status === null || status.state === 'off') return null;
  const { server, refused, error, transfers } = status;
  const now = new Date().toISOString();
  return (
    <span className={styles.badges}>
      {conflicts > 0 && (
        <button type="button" className={styles.conflictBadge} onClick={() => openSheet('conflicts')}>
          <CircleAlert {...icon} />
          {count(conflicts, 'conflict')}
        </button>
      )}
      <Popover
        label="Team"
        side="top"
        align="end"
        trigger={
          <button type="button" className={styles.badge} data-tone={STATE_TONES[status.state]}>
            {ICONS[STATE_TONES[status.state]]}
            <span role="status">{stateWords(status)}</span>
          </button>
        }
      >
        <div className={styles.popover}>
          <KeyValue
            rows={[
              { name: 'Team', value: server?.teamName ?? 'Not known yet' },
              { name: 'Key', value: server === null ? '' : `${server.keyName}, ${server.role}` },
              { name: 'Server', value: server?.url ?? '' },
              { name: 'Last in step', value: status.lastSyncAt === null ? 'Never' : ago(status.lastSyncAt, now) },
              { name: 'To send', value: status.waiting === 0 ? 'Nothing' : count(status.waiting, 'change') },
              {
                name: 'Files',
                value:
                  transfers.files === 0
                    ? 'Nothing to move'
                    : `${count(transfers.files, 'file')}, ${bytesWords(transfers.bytesLeft)} left`,
              },
            ]}
          />
          {error !== null && <p className={styles.problem}>{error.message}</p>}
          {refused.length > 0 && (
            <div className={styles.refused}>
              <b>{count(refused.length, 'change')} of yours the server did not take</b>
              <ul>
                {refused.slice(0, 5).map(({ id, sentence }) => (
                  <li key={id}>{sentence}</li>
                ))}
              </ul>
              <Button
                variant="ghost"
                onClick={() =>
                  void withTeam('It could not be put away.', () =>
                    api.team.dismissRefused.mutate({ ids: refused.map(({ id }) => id) }),
                  )
                }
              >
                Put away
              </Button>
            </div>
          )}
          <div className={styles.actions}>
            <Button onClick={() => void withTeam('It could not be tried now.', () => api.team.syncNow.mutate())}>
              Try now
            </Button>
            <Button variant="ghost" onClick={() => openSheet('fleet')}>
              Fleet
            </Button>
            <Button variant="ghost" onClick={openTeamSettings}>
              Settings
            </Button>
          </div>
        </div>
      </Popover>
    </span>
  );
}
