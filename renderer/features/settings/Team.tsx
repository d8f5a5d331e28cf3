/** The team's server: connected once with a key that its operators give; the key stays with the engine. */
import { useState } from 'react';
import { api, errorOf } from '../../api.ts';
import { openSheet, takeStatus, useTeam } from '../../stores/team.ts';
import { AlertDialog, Button, KeyValue, Skeleton, TextField } from '../../ui/index.ts';
import { withTeam } from '../team/TeamBadge.tsx';
import { ago, count, stateWords } from '../team/words.ts';
import styles from './Settings.module.css';

export function Team() {
  const status = useTeam((state) => state.status);
  if (status === null) return <Skeleton height={160} />;
  return status.state === 'off' ? <Connect /> : <Connected />;
}

function Connect() {
  const [url, setUrl] = useState('');
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const connect = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      takeStatus(await api.team.connect.mutate({ url: url.trim(), token: token.trim() }));
      setToken('');
    } catch (error) {
      setProblem(errorOf(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={styles.block}
      onSubmit={(event) => {
        event.preventDefault();
        void connect();
      }}
    >
      <TextField
        label="Server"
        className={styles.name}
        value={url}
        placeholder="https://studio.example.com"
        inputMode="url"
        onChange={setUrl}
        hint="The address that your team’s operators gave."
      />
      <TextField
        label="Key"
        className={styles.name}
        type="password"
        value={token}
        placeholder="pk_…"
        onChange={setToken}
        hint="Belongs to you and your role. It is kept on this machine, out of reach of pages and logs."
      />
      {problem !== null && (
        <p className={styles.fail} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.actions}>
        <Button type="submit" variant="primary" disabled={busy || url.trim() === '' || token.trim() === ''}>
          {busy ? 'Connecting' : 'Connect'}
        </Button>
        <span className={styles.quiet}>Your listings stay on this machine until you share them.</span>
      </div>
    </form>
  );
}

function Connected() {
  const status = useTeam((state) => state.status);
  const conflicts = useTeam((state) => state.conflicts.length);
  const presence = useTeam((state) => state.presence);
  const [leaving, setLeaving] = useState(false);
  if (status === null) return null;
  const { server, waiting, error } = status;
  const there = new Set(presence.map(({ clientId }) => clientId)).size;
  return (
    <div className={styles.block}>
      <div className={styles.facts}>
        <KeyValue
          rows={[
            { name: 'Team', value: server?.teamName ?? 'Not known yet' },
            { name: 'Server', value: server?.url ?? '' },
            { name: 'Your key', value: server === null ? '' : `${server.keyName}, ${server.role}` },
            { name: 'Connection', value: stateWords(status) },
            {
              name: 'Last in step',
              value: status.lastSyncAt === null ? 'Never' : ago(status.lastSyncAt, new Date().toISOString()),
            },
            { name: 'There now', value: there === 0 ? 'Nobody else' : count(there, 'other studio') },
          ]}
        />
      </div>
      {error !== null && <p className={styles.fail}>{error.message}</p>}
      <div className={styles.actions}>
        <Button onClick={() => void withTeam('It could not be tried now.', () => api.team.syncNow.mutate())}>
          Try now
        </Button>
        <Button variant="ghost" onClick={() => openSheet('fleet')}>
          Show the fleet
        </Button>
        <Button variant="ghost" onClick={() => openSheet('conflicts')}>
          {conflicts === 0 ? 'Conflicts' : `Settle ${count(conflicts, 'conflict')}`}
        </Button>
        <span className={styles.grow} />
        <Button variant="danger" onClick={() => setLeaving(true)}>
          Disconnect
        </Button>
      </div>
      <AlertDialog
        open={leaving}
        onOpenChange={setLeaving}
        title={`Disconnect from ${server?.teamName ?? 'the team'}?`}
        about={
          waiting === 0
            ? 'The team’s listings stay here as they are. The key is forgotten.'
            : `${count(waiting, 'change')} of yours ${waiting === 1 ? 'has' : 'have'} not reached the server and would stay on this machine alone.`
        }
        confirm="Disconnect"
        danger
        onConfirm={() => void withTeam('It could not be disconnected.', () => api.team.disconnect.mutate())}
      />
    </div>
  );
}
