/** The window's menu as data, built from the studio's key table. Pure: main gives it to Electron. */
import { parseChord } from '../../renderer/keys/chord.ts';
import type { Command } from '../../renderer/keys/keymap.ts';

/** One command of the menu. `accelerator` in Electron's notation ("CmdOrCtrl+Z"), shown beside the label. */
export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly accelerator?: string;
  readonly menu: MenuName;
}

export type MenuName = NonNullable<Command['menu']>;

export type MenuRole =
  | 'about'
  | 'services'
  | 'hide'
  | 'hideOthers'
  | 'unhide'
  | 'quit'
  | 'cut'
  | 'copy'
  | 'paste'
  | 'close'
  | 'minimize'
  | 'zoom'
  | 'front'
  | 'reload'
  | 'toggleDevTools';

export type MenuItem =
  | { readonly kind: 'command'; readonly entry: MenuEntry }
  | { readonly kind: 'role'; readonly role: MenuRole }
  | { readonly kind: 'line' };

export interface MenuColumn {
  readonly label: string;
  readonly items: readonly MenuItem[];
}

const LINE: MenuItem = { kind: 'line' };
const roles = (...names: MenuRole[]): MenuItem[] => names.map((role) => ({ kind: 'role', role }));

const ELECTRON_KEYS: Readonly<Record<string, string>> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Escape: 'Esc',
  '+': 'Plus',
};

/**
 * A chord of the key table in Electron's notation. Undefined for one without Mod, Ctrl or Alt: shown as an accelerator
 * it would take the key from every text field on a Mac.
 */
export function acceleratorOf(keys: string): string | undefined {
  const chord = parseChord(keys);
  if (chord === null || !chord.modifiers.some((modifier) => modifier !== 'Shift')) return undefined;
  const modifiers = chord.modifiers.map((modifier) => (modifier === 'Mod' ? 'CmdOrCtrl' : modifier));
  return [...modifiers, ELECTRON_KEYS[chord.key] ?? chord.key].join('+');
}

/** The commands of the key table that stand in a menu, with the keys shown beside them. */
export function menuEntries(commands: readonly Command[]): readonly MenuEntry[] {
  return commands.flatMap(({ id, label, keys, menu }) => {
    if (menu === undefined) return [];
    const accelerator = keys.map(acceleratorOf).find((one) => one !== undefined);
    return [{ id, label, menu, ...(accelerator === undefined ? {} : { accelerator }) }];
  });
}

/**
 * The columns of the menu. Undo and redo are the studio's own commands, so the system's roles for them are left out;
 * a column without entries does not appear.
 */
export function buildMenu(
  commands: readonly MenuEntry[],
  options: { readonly mac: boolean; readonly developer: boolean },
): readonly MenuColumn[] {
  const of = (menu: MenuName): MenuItem[] =>
    commands.filter((entry) => entry.menu === menu).map((entry) => ({ kind: 'command', entry }));
  const parts = (...groups: MenuItem[][]): MenuItem[] =>
    groups.filter((group) => group.length > 0).flatMap((group, i) => (i === 0 ? group : [LINE, ...group]));

  const columns: MenuColumn[] = [
    {
      label: 'Picaivid Studio',
      items: options.mac
        ? parts(roles('about'), roles('services'), roles('hide', 'hideOthers', 'unhide'), roles('quit'))
        : [],
    },
    { label: 'File', items: parts(of('file'), options.mac ? roles('close') : roles('quit')) },
    { label: 'Edit', items: parts(of('edit'), roles('cut', 'copy', 'paste')) },
    {
      label: 'View',
      items: parts(of('view'), options.developer ? roles('reload', 'toggleDevTools') : []),
    },
    { label: 'Go', items: of('go') },
    { label: 'Window', items: roles('minimize', 'zoom', ...(options.mac ? (['front'] as const) : [])) },
    { label: 'Help', items: parts(of('help'), options.mac ? [] : roles('about')) },
  ];
  return columns.filter((column) => column.items.length > 0);
}
