import { Command as Cmdk } from 'cmdk';
import { Dialog as Radix, VisuallyHidden } from 'radix-ui';
import { useMemo } from 'react';
import { create } from 'zustand';
import { COMMANDS, type CommandId, type ScreenName } from '../keys/index.ts';
import { shownKey } from '../keys/keymap.ts';
import { canRun, runCommand } from '../keys/registry.ts';
import { usePreferences } from '../stores/preferences.ts';
import { Kbd } from '../ui/index.ts';
import overlay from '../ui/Overlay.module.css';
import styles from './CommandPalette.module.css';

/** Things of a screen that can be gone to from the palette, such as listings by name. */
export interface PaletteEntry {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly run: () => void;
}
const usePalette = create<{ readonly sources: ReadonlyMap<string, readonly PaletteEntry[]> }>(() => ({
  sources: new Map(),
}));

/** Adds entries to the palette under the name of their source; an empty list takes them away. */
export function setPaletteEntries(source: string, entries: readonly PaletteEntry[]): void {
  usePalette.setState(({ sources }) => ({ sources: new Map(sources).set(source, entries) }));
}

export interface CommandPaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly screen: ScreenName;
}

/** Every action that is possible now, by a few letters of its name. */
export function CommandPalette({ open, onOpenChange, screen }: CommandPaletteProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlay.scrim} />
        <Radix.Content className={styles.palette} aria-describedby={undefined}>
          <VisuallyHidden.Root>
            <Radix.Title>All actions</Radix.Title>
          </VisuallyHidden.Root>
          <Rows screen={screen} close={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Rows({ screen, close }: { readonly screen: ScreenName; readonly close: () => void }) {
  const keys = usePreferences((state) => state.keys);
  const sources = usePalette((state) => state.sources);
  // What can run is decided when the palette opens: its rows do not change under the hand.
  const groups = useMemo(() => {
    const possible = COMMANDS.filter(
      ({ id, screens }) =>
        id !== 'palette.open' && screens.some((one) => one === 'global' || one === screen) && canRun(id),
    ).filter(({ id }) => !/^(focus|extend)\./.test(id));
    return Map.groupBy(possible, ({ group }) => group);
  }, [screen]);
  const run = (action: () => void) => {
    close();
    // After the dialog has given the focus back, so that a command that moves it is not undone.
    window.setTimeout(action, 0);
  };
  return (
    <Cmdk label="All actions" loop>
      <Cmdk.Input className={styles.input} placeholder="What do you want to do?" />
      <Cmdk.List className={styles.list}>
        <Cmdk.Empty className={styles.empty}>No action has this name.</Cmdk.Empty>
        {[...groups].map(([group, commands]) => (
          <Cmdk.Group key={group} heading={group} className={styles.group}>
            {commands.map((command) => (
              <Row
                key={command.id}
                id={command.id}
                label={command.label}
                kbd={shownKey(command.id, keys)}
                onSelect={(id) => run(() => runCommand(id))}
              />
            ))}
          </Cmdk.Group>
        ))}
        {[...sources.values()].flat().map((entry) => (
          <Cmdk.Item
            key={entry.id}
            value={`${entry.label} ${entry.id}`}
            className={styles.item}
            onSelect={() => run(entry.run)}
          >
            <span className={styles.label}>{entry.label}</span>
            <span className={styles.kind}>{entry.group}</span>
          </Cmdk.Item>
        ))}
      </Cmdk.List>
    </Cmdk>
  );
}

function Row({
  id,
  label,
  kbd,
  onSelect,
}: {
  readonly id: CommandId;
  readonly label: string;
  readonly kbd: string | undefined;
  readonly onSelect: (id: CommandId) => void;
}) {
  return (
    <Cmdk.Item value={`${label} ${id}`} className={styles.item} onSelect={() => onSelect(id)}>
      <span className={styles.label}>{label}</span>
      {kbd !== undefined && <Kbd chord={kbd} />}
    </Cmdk.Item>
  );
}
