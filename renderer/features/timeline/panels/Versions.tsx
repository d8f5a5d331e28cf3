/** Films kept under a name: looked at beside the present one, brought back, named anew. */
import { useCallback, useEffect, useState } from 'react';
import type { VersionRow } from '../../../../main/host/timeline-contract.ts';
import { restoreVersion, useTimeline } from '../../../stores/timeline.ts';
import { Ellipsis, Eye } from '../../../ui/icons.ts';
import { Button, DropdownMenu, IconButton, TextField } from '../../../ui/index.ts';
import { renameVersion, saveVersion, versionOf, versionsOf } from './host.ts';
import styles from './Panels.module.css';
import { usePanels } from './panel-state.ts';
import { Refused, Section } from './parts.tsx';
import { plural, secondsWords, TEMPLATE_WORDS } from './words.ts';

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Brings a stored film back, as one step of undo. */
export function restore(versionId: string, name: string): void {
  usePanels.setState({ looked: null });
  restoreVersion(versionId, `Restore version “${name}”`);
}

export function Versions({ listingId, locked }: { readonly listingId: string; readonly locked: boolean }) {
  const [rows, setRows] = useState<readonly VersionRow[] | null>(null);
  const [name, setName] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const looked = usePanels((state) => state.looked);
  const document = useTimeline((state) => state.document);
  const refresh = useCallback(async () => {
    try {
      setRows(await versionsOf(listingId));
    } catch (error) {
      setRefused(sentenceOf(error));
    }
  }, [listingId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another window may have saved one: the name tells
  useEffect(() => {
    void refresh();
  }, [refresh, document?.versionName]);
  const save = async () => {
    const wanted = name.trim();
    if (wanted === '') return;
    setRefused(null);
    try {
      await saveVersion(listingId, wanted);
      setName('');
      await refresh();
    } catch (error) {
      setRefused(sentenceOf(error));
    }
  };
  const look = async (row: VersionRow) => {
    setRefused(null);
    if (looked?.versionId === row.id) {
      usePanels.setState({ looked: null });
      return;
    }
    try {
      const timeline = await versionOf(listingId, row.id);
      usePanels.setState({ looked: { versionId: row.id, name: row.name, timeline } });
    } catch (error) {
      setRefused(sentenceOf(error));
    }
  };
  const rename = async (row: VersionRow, next: string) => {
    setRenaming(null);
    const wanted = next.trim();
    if (wanted === '' || wanted === row.name) return;
    try {
      await renameVersion(listingId, row.id, wanted);
      await refresh();
    } catch (error) {
      setRefused(sentenceOf(error));
    }
  };
  return (
    <Section title="Versions">
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label="Name of the version"
          hideLabel
          placeholder="Name of the version"
          value={name}
          maxLength={120}
          onChange={setName}
          className={styles.grow}
        />
        <Button type="submit" disabled={name.trim() === ''}>
          Save
        </Button>
      </form>
      {refused !== null && <Refused>{refused}</Refused>}
      {rows !== null && rows.length === 0 && (
        <p className={styles.note}>A version keeps the film as it is now, to compare with and to come back to.</p>
      )}
      {rows !== null && rows.length > 0 && (
        <ol className={styles.list} aria-label="Versions, the newest first">
          {rows.map((row) => (
            <li key={row.id} className={styles.item}>
              {renaming === row.id ? (
                <Rename row={row} onDone={(next) => void rename(row, next)} />
              ) : (
                <>
                  <button
                    type="button"
                    className={styles.press}
                    aria-pressed={looked?.versionId === row.id}
                    title="Look at it in the player, and compare"
                    onClick={() => void look(row)}
                  >
                    <Eye size={14} aria-hidden="true" />
                    <span>
                      <span className={looked?.versionId === row.id ? styles.now : undefined}>
                        {row.number} · {row.name}
                      </span>
                      <span className={styles.when}>
                        {TEMPLATE_WORDS[row.template]} · {secondsWords(row.seconds)} · {plural(row.clipCount, 'clip')} ·{' '}
                        {whenOf(row.at)}
                      </span>
                    </span>
                  </button>
                  <DropdownMenu
                    align="end"
                    trigger={
                      <IconButton
                        label={`More for version ${row.name}`}
                        icon={<Ellipsis size={14} aria-hidden="true" />}
                      />
                    }
                    entries={[
                      { label: 'Look and compare', onSelect: () => void look(row) },
                      { label: 'Restore', disabled: locked, onSelect: () => restore(row.id, row.name) },
                      { label: 'Rename', onSelect: () => setRenaming(row.id) },
                    ]}
                  />
                </>
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Rename({ row, onDone }: { readonly row: VersionRow; readonly onDone: (name: string) => void }) {
  const [text, setText] = useState(row.name);
  return (
    <TextField
      label={`New name of version ${row.name}`}
      hideLabel
      autoFocus
      value={text}
      maxLength={120}
      className={styles.grow}
      onChange={setText}
      onBlur={() => onDone(text)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onDone(text);
        else if (event.key === 'Escape') onDone(row.name);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}

function whenOf(at: string): string {
  return new Date(at).toLocaleString(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}
