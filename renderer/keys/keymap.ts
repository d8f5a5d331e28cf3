/**
 * Every command of the studio with its keys: the one table that feeds the handler, the menus, the `?` sheet, the palette
 * and the tests. Pure: no DOM, so Electron's menu reads it too.
 *
 * A screen makes a command work by `useCommand(id, handler)`; what no screen handles does nothing and is not listed.
 * Commands of screens that are not built yet keep their keys free; they stand in no menu.
 */
import { DELIVER_COMMANDS } from './keymap-deliver.ts';
import { REVIEW_COMMANDS } from './keymap-review.ts';
import { TIMELINE_COMMANDS } from './keymap-timeline.ts';

export type ScreenName = 'library' | 'rooms' | 'timeline' | 'renders' | 'review' | 'deliver' | 'settings' | 'gallery';
/** `global` commands work on every screen, so no screen may use their keys for something else. */
export type CommandScope = 'global' | ScreenName;

export interface Command {
  readonly id: string;
  /** What it does, as on a button. */
  readonly label: string;
  readonly group: string;
  readonly screens: readonly CommandScope[];
  /** Chords as in chord.ts; the first is the one shown. */
  readonly keys: readonly string[];
  /** In which menu of the desktop it stands. */
  readonly menu?: 'file' | 'edit' | 'view' | 'go' | 'help';
  /** Goes on while the key is held. */
  readonly repeat?: boolean;
  /** Also while a text is being typed: only chords that no text field needs. */
  readonly inText?: boolean;
  /** Its screen is not built yet: the key is kept free, nothing shows it. */
  readonly planned?: boolean;
  /** Several commands that differ by a number: one row in the sheet, with this text for its keys. */
  readonly family?: { readonly name: string; readonly label: string; readonly keys: string };
}

const SHARED = ['library', 'rooms'] as const;
const SELECTING = [...SHARED, 'timeline', 'renders'] as const;
const WHERE = { left: 'to the left', right: 'to the right', up: 'up', down: 'down' } as const;

const TABLE = [
  {
    id: 'go.library',
    label: 'Library',
    group: 'Go to',
    screens: ['global'],
    keys: ['Alt+1'],
    menu: 'go',
    inText: true,
  },
  { id: 'go.rooms', label: 'Rooms', group: 'Go to', screens: ['global'], keys: ['Alt+2'], menu: 'go', inText: true },
  {
    id: 'go.timeline',
    label: 'Timeline',
    group: 'Go to',
    screens: ['global'],
    keys: ['Alt+3'],
    menu: 'go',
    inText: true,
  },
  {
    id: 'go.renders',
    label: 'Renders',
    group: 'Go to',
    screens: ['global'],
    keys: ['Alt+4'],
    menu: 'go',
    inText: true,
  },
  {
    id: 'go.review',
    label: 'Review',
    group: 'Go to',
    screens: ['global'],
    keys: ['Alt+5'],
    menu: 'go',
    inText: true,
  },
  {
    id: 'go.deliver',
    label: 'Deliver',
    group: 'Go to',
    screens: ['global'],
    keys: ['Alt+6'],
    menu: 'go',
    inText: true,
  },
  {
    id: 'go.settings',
    label: 'Settings',
    group: 'Go to',
    screens: ['global'],
    keys: ['Mod+,'],
    menu: 'file',
    inText: true,
  },
  {
    id: 'palette.open',
    label: 'All actions',
    group: 'Studio',
    screens: ['global'],
    keys: ['Mod+K'],
    menu: 'help',
    inText: true,
  },
  { id: 'keys.show', label: 'Keys of this screen', group: 'Studio', screens: ['global'], keys: ['?'], menu: 'help' },
  {
    id: 'view.fullscreen',
    label: 'Full screen',
    group: 'Studio',
    screens: ['global'],
    keys: ['F'],
    menu: 'view',
  },
  {
    id: 'theme.toggle',
    label: 'Dark or light',
    group: 'Studio',
    screens: ['global'],
    keys: ['Mod+Shift+L'],
    menu: 'view',
  },
  { id: 'edit.undo', label: 'Undo', group: 'Edit', screens: ['global'], keys: ['Mod+Z'], menu: 'edit', repeat: true },
  {
    id: 'edit.redo',
    label: 'Redo',
    group: 'Edit',
    screens: ['global'],
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    menu: 'edit',
    repeat: true,
  },
  { id: 'search.focus', label: 'Search', group: 'Edit', screens: ['global'], keys: ['Mod+F', '/'], menu: 'edit' },
  {
    id: 'select.all',
    label: 'Select all',
    group: 'Select',
    screens: SELECTING,
    keys: ['Mod+A'],
    menu: 'edit',
  },
  { id: 'select.clear', label: 'Clear the selection', group: 'Select', screens: SELECTING, keys: ['Escape'] },
  ...arrows('focus', 'Move', ''),
  ...arrows('extend', 'Extend the selection', 'Shift+'),
  { id: 'item.open', label: 'Open', group: 'Select', screens: SHARED, keys: ['Enter'] },

  {
    id: 'library.new',
    label: 'New listing from folders',
    group: 'Listings',
    screens: ['library'],
    keys: ['N', 'Mod+O'],
    menu: 'file',
  },
  { id: 'library.sample', label: 'Add the sample listing', group: 'Listings', screens: ['library'], keys: [] },
  { id: 'library.rename', label: 'Rename', group: 'Listings', screens: ['library'], keys: ['F2'] },
  { id: 'library.archive', label: 'Archive', group: 'Listings', screens: ['library'], keys: ['E'] },
  { id: 'library.delete', label: 'Delete', group: 'Listings', screens: ['library'], keys: ['Delete', 'Backspace'] },
  {
    id: 'library.refresh',
    label: 'Look at the folder again',
    group: 'Listings',
    screens: ['library', 'rooms'],
    keys: ['Mod+Shift+R'],
  },

  { id: 'rooms.merge', label: 'Merge rooms', group: 'Rooms', screens: ['rooms'], keys: ['M'] },
  { id: 'rooms.split', label: 'Split off as a room', group: 'Rooms', screens: ['rooms'], keys: ['S'] },
  { id: 'rooms.label', label: 'Label', group: 'Rooms', screens: ['rooms'], keys: ['L'] },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => ({
    id: `rooms.label.${number}` as const,
    label: `Label with number ${number}`,
    group: 'Rooms',
    screens: ['rooms'] as const,
    keys: [`${number}`],
    family: { name: 'rooms.label.number', label: 'Label by number', keys: '1 – 9' },
  })),
  { id: 'rooms.move.previous', label: 'Move to the room above', group: 'Rooms', screens: ['rooms'], keys: ['['] },
  { id: 'rooms.move.next', label: 'Move to the room below', group: 'Rooms', screens: ['rooms'], keys: [']'] },
  {
    id: 'rooms.lowConfidence',
    label: 'Low confidence first',
    group: 'Rooms',
    screens: ['rooms'],
    keys: ['A'],
    menu: 'view',
  },
  { id: 'rooms.dismiss', label: 'Dismiss the suggestion', group: 'Rooms', screens: ['rooms'], keys: ['D'] },
  { id: 'rooms.nextAttention', label: 'Next that needs attention', group: 'Rooms', screens: ['rooms'], keys: ['N'] },
  { id: 'photos.exclude', label: 'Exclude or take back', group: 'Photos', screens: ['rooms'], keys: ['X'] },
  { id: 'photos.hero', label: 'Make hero', group: 'Photos', screens: ['rooms'], keys: ['H'] },
  { id: 'photos.notDuplicate', label: 'Not a duplicate', group: 'Photos', screens: ['rooms'], keys: ['U'] },
  { id: 'photos.inspect', label: 'Look at it large', group: 'Photos', screens: ['rooms'], keys: ['Space'] },
  { id: 'preview.play', label: 'Play or pause the preview', group: 'Motion', screens: ['rooms'], keys: ['P'] },
  {
    id: 'panel.toggle',
    label: 'Show or hide the side panel',
    group: 'View',
    screens: ['rooms'],
    keys: ['B'],
    menu: 'view',
  },
  ...TIMELINE_COMMANDS,
  ...DELIVER_COMMANDS,
  ...REVIEW_COMMANDS,
] as const satisfies readonly Command[];

function arrows<const K extends 'focus' | 'extend', const P extends string>(kind: K, label: string, prefix: P) {
  const move = kind === 'focus';
  return (['left', 'right', 'up', 'down'] as const).map((side) => ({
    id: `${kind}.${side}` as const,
    label: `${label} ${WHERE[side]}`,
    group: 'Select',
    screens: SHARED,
    keys: [`${prefix}Arrow${side.charAt(0).toUpperCase()}${side.slice(1)}`],
    repeat: true,
    family: {
      name: `${kind}.arrows`,
      label: move ? 'Move the focus' : label,
      keys: move ? '← ↑ ↓ →' : 'Shift ← ↑ ↓ →',
    },
  }));
}

export type CommandId = (typeof TABLE)[number]['id'];

/** The table, in the order of the `?` sheet. */
export const COMMANDS: readonly (Command & { readonly id: CommandId })[] = TABLE;

const BY_ID: ReadonlyMap<string, Command & { readonly id: CommandId }> = new Map(
  COMMANDS.map((command) => [command.id, command]),
);

export function commandOf(id: CommandId): Command {
  const command = BY_ID.get(id);
  if (command === undefined) throw new Error(`No command ${id}`);
  return command;
}

/** Whether a text from outside (stored preferences, a menu event) names a command. */
export function isCommandId(id: string): id is CommandId {
  return BY_ID.has(id);
}

/** What a person changed: command id → its one chord; an empty text means no key at all. */
export type Rebindings = Readonly<Record<string, string>>;

/** The chords that a command answers to now. */
export function keysOf(command: Command, rebindings: Rebindings): readonly string[] {
  const own = rebindings[command.id];
  if (own === undefined) return command.keys;
  return own === '' ? [] : [own];
}

/** The chord to show beside a command, or undefined when it has none. */
export function shownKey(id: CommandId, rebindings: Rebindings): string | undefined {
  return keysOf(commandOf(id), rebindings)[0];
}

const meets = (a: Command, b: Command): boolean =>
  a.screens.some((one) => b.screens.some((other) => one === other || one === 'global' || other === 'global'));

export interface Conflict {
  readonly chord: string;
  readonly ids: readonly [string, string];
}

/** Pairs of commands that would answer to the same chord on some screen. */
export function conflicts(commands: readonly Command[], rebindings: Rebindings): readonly Conflict[] {
  const found: Conflict[] = [];
  for (const [at, a] of commands.entries()) {
    for (const b of commands.slice(at + 1)) {
      if (!meets(a, b)) continue;
      const theirs = keysOf(b, rebindings);
      for (const chord of keysOf(a, rebindings)) if (theirs.includes(chord)) found.push({ chord, ids: [a.id, b.id] });
    }
  }
  return found;
}

/** The command that already answers to `chord` wherever `id` works, or null when the chord is free for it. */
export function holderOf(id: CommandId, chord: string, rebindings: Rebindings): Command | null {
  const command = commandOf(id);
  return (
    COMMANDS.find((other) => other.id !== id && meets(command, other) && keysOf(other, rebindings).includes(chord)) ??
    null
  );
}
