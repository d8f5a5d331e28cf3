import { useState } from 'react';
import { formatChord, spokenChord } from '../../keys/chord.ts';
import { COMMANDS, type CommandId, commandOf, isMac } from '../../keys/index.ts';
import { holderOf, keysOf, type Rebindings } from '../../keys/keymap.ts';
import { chordsOf } from '../../keys/match.ts';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { RotateCcw } from '../../ui/icons.ts';
import { AlertDialog, Button, cx, IconButton, Kbd, SearchField } from '../../ui/index.ts';
import styles from './Settings.module.css';

/** Every action with its key; a press beside it changes it, a taken one is refused with its holder's name. */
export function Keys() {
  const keys = usePreferences((state) => state.keys);
  const [search, setSearch] = useState('');
  const [listening, setListening] = useState<CommandId | null>(null);
  const [refused, setRefused] = useState<{ readonly id: CommandId; readonly text: string } | null>(null);
  const [resetting, setResetting] = useState(false);
  const wanted = search.trim().toLowerCase();
  const rows = COMMANDS.filter(({ planned }) => planned !== true).filter(
    (command) =>
      `${command.label} ${command.group}`.toLowerCase().includes(wanted) ||
      keysOf(command, keys).some((chord) => formatChord(chord, isMac).toLowerCase() === wanted),
  );
  const listen = (id: CommandId | null) => {
    setListening(id);
    setRefused(null);
  };
  const reset = (id: CommandId) => {
    const rest = without(keys, id);
    // Its usual key may have been given to another action meanwhile.
    const taken = commandOf(id).keys.map((chord) => ({ chord, holder: holderOf(id, chord, rest) }));
    const first = taken.find(({ holder }) => holder !== null);
    if (first?.holder) {
      setRefused({
        id,
        text: `${formatChord(first.chord, isMac)} is ${first.holder.label} now. Change that one first.`,
      });
      return;
    }
    setRefused(null);
    void changePreferences({ keys: rest });
  };
  const bind = (id: CommandId, chord: string) => {
    const holder = holderOf(id, chord, keys);
    setListening(null);
    if (holder !== null) {
      setRefused({ id, text: `${formatChord(chord, isMac)} is ${holder.label} already. Change that one first.` });
      return;
    }
    setRefused(null);
    if (chord === (commandOf(id).keys[0] ?? '')) return reset(id);
    void changePreferences({ keys: { ...keys, [id]: chord } });
  };
  return (
    <div className={styles.block}>
      <div className={styles.actions}>
        <SearchField label="Search actions or a key" value={search} onChange={setSearch} />
        <span className={styles.grow} />
        <Button disabled={Object.keys(keys).length === 0} onClick={() => setResetting(true)}>
          Reset all keys
        </Button>
      </div>
      <div className={styles.box}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Action</th>
              <th>Where</th>
              <th className={styles.right}>Key</th>
              <th className={styles.right}>
                <span className="spoken">Usual key</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((command) => (
              <tr key={command.id}>
                <td>
                  {command.label}
                  {refused?.id === command.id && (
                    <div className={styles.fail} role="alert">
                      {refused.text}
                    </div>
                  )}
                </td>
                <td className={styles.quiet}>
                  {command.screens.some((screen) => screen === 'global') ? 'everywhere' : command.screens.join(', ')}
                </td>
                <td className={styles.right}>
                  <ChordButton
                    id={command.id}
                    keys={keys}
                    listening={listening === command.id}
                    onListen={(on) => listen(on ? command.id : null)}
                    onChord={(chord) => bind(command.id, chord)}
                  />
                </td>
                <td className={styles.right}>
                  {keys[command.id] !== undefined && (
                    <IconButton
                      label={`Back to the usual key of ${command.label}`}
                      icon={<RotateCcw size={14} aria-hidden="true" />}
                      onClick={() => reset(command.id)}
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <AlertDialog
        open={resetting}
        onOpenChange={setResetting}
        title="Reset all keys?"
        about="Every action gets its usual key back."
        confirm="Reset"
        onConfirm={() => void changePreferences({ keys: {} })}
      />
    </div>
  );
}

function ChordButton({
  id,
  keys,
  listening,
  onListen,
  onChord,
}: {
  readonly id: CommandId;
  readonly keys: Rebindings;
  readonly listening: boolean;
  readonly onListen: (on: boolean) => void;
  readonly onChord: (chord: string) => void;
}) {
  const command = commandOf(id);
  const chords = keysOf(command, keys);
  const spoken = chords.map((chord) => spokenChord(chord, isMac)).join(' or ');
  return (
    <button
      type="button"
      data-keys={listening ? 'overlay' : undefined}
      className={cx(styles.chord, listening && styles.listening)}
      aria-label={listening ? `Press the new key of ${command.label}` : `Key of ${command.label}: ${spoken || 'none'}`}
      onClick={() => onListen(true)}
      onBlur={() => listening && onListen(false)}
      onKeyDown={(event) => {
        if (!listening || event.key === 'Tab') return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Escape') return onListen(false);
        if (event.key === 'Backspace') return onChord('');
        const [chord] = chordsOf({ ...pressOf(event), altGraph: event.getModifierState('AltGraph') }, isMac);
        if (chord !== undefined) onChord(chord);
      }}
    >
      {listening ? 'Press a key' : chords.map((chord) => <Kbd key={chord} chord={chord} />)}
      {!listening && chords.length === 0 && <span className={styles.quiet}>none</span>}
    </button>
  );
}

function pressOf(event: {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  return { key, code, ctrlKey, metaKey, altKey, shiftKey };
}

function without(keys: Rebindings, id: string): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).filter(([other]) => other !== id));
}
