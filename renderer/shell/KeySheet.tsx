import { useStore } from 'zustand';
import { spokenChord } from '../keys/chord.ts';
import { COMMANDS, type Command, type CommandId, isMac, type ScreenName } from '../keys/index.ts';
import { keysOf } from '../keys/keymap.ts';
import { canRun, registry } from '../keys/registry.ts';
import { usePreferences } from '../stores/preferences.ts';
import { cx, Dialog, Kbd } from '../ui/index.ts';
import styles from './KeySheet.module.css';

export interface KeySheetProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly screen: ScreenName;
}

/** The keys of this screen. What needs something first (a selection) stands there in grey, so that it can be learnt. */
export function KeySheet({ open, onOpenChange, screen }: KeySheetProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keys of this screen"
      about="Grey ones need something first, such as a selection. Every key can be changed in the settings."
      size="wide"
    >
      <Groups screen={screen} />
    </Dialog>
  );
}

function Groups({ screen }: { readonly screen: ScreenName }) {
  const keys = usePreferences((state) => state.keys);
  const handlers = useStore(registry, (state) => state.handlers);
  const rows = COMMANDS.filter(
    (command) =>
      command.screens.some((one) => one === 'global' || one === screen) &&
      (handlers.get(command.id)?.length ?? 0) > 0 &&
      keysOf(command, keys).length > 0,
  ).filter(
    // A family is one row, unless one of it was rebound.
    (command, at, all) =>
      command.family === undefined ||
      keys[command.id] !== undefined ||
      all.findIndex((one) => one.family?.name === command.family?.name && keys[one.id] === undefined) === at,
  );
  // The screen's own keys first, what holds everywhere last.
  const groups = [...Map.groupBy(rows, ({ group }) => group)].toSorted(
    ([, [a]], [, [b]]) => Number(a?.screens.includes('global')) - Number(b?.screens.includes('global')),
  );
  return (
    <div className={styles.groups}>
      {groups.map(([group, commands]) => (
        <section key={group} className={styles.group}>
          <h3 className={styles.heading}>{group}</h3>
          <dl>
            {commands.map((command) => (
              <Row key={command.id} command={command} keys={keys} />
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

function Row({
  command,
  keys,
}: {
  readonly command: Command & { readonly id: CommandId };
  readonly keys: Readonly<Record<string, string>>;
}) {
  const family = keys[command.id] === undefined ? command.family : undefined;
  const chords = family === undefined ? keysOf(command, keys) : [family.keys];
  return (
    <div className={cx(styles.row, !canRun(command.id) && styles.waiting)}>
      <dt>{family?.label ?? command.label}</dt>
      <dd>
        {chords.map((chord) => (
          <Kbd key={chord} chord={chord} />
        ))}
        <span className="spoken">{chords.map((chord) => spokenChord(chord, isMac)).join(' or ')}</span>
      </dd>
    </div>
  );
}
