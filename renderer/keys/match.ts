/** From a key press to the command it means. Pure: events are plain data here. */
import { chordText, type Modifier } from './chord.ts';
import { COMMANDS, type Command, type CommandId, keysOf, type Rebindings, type ScreenName } from './keymap.ts';

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly repeat?: boolean;
  readonly isComposing?: boolean;
  /** AltGr is down: it makes characters, so neither Ctrl nor Alt counts. */
  readonly altGraph?: boolean;
}

const MODIFIER_KEYS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Fn', 'Dead', 'Process']);

/**
 * The chords that a press may mean, the likeliest first: by the character it makes (so `?` and `[` are where the layout
 * has them), then by its place on the keyboard for letters and digits (so `M` works on a Cyrillic layout, `1` on a
 * French one, and Alt+1 on a Mac, where it makes `¡`).
 */
export function chordsOf(press: KeyPress, mac: boolean): readonly string[] {
  if (press.isComposing === true || MODIFIER_KEYS.has(press.key)) return [];
  const altGraph = press.altGraph === true;
  const modifiers: Modifier[] = [];
  if (mac ? press.metaKey : press.ctrlKey && !altGraph) modifiers.push('Mod');
  if (mac && press.ctrlKey) modifiers.push('Ctrl');
  if (press.altKey && !altGraph) modifiers.push('Alt');
  const shifted: readonly Modifier[] = press.shiftKey ? [...modifiers, 'Shift'] : modifiers;

  const found: string[] = [];
  const add = (key: string, withShift: boolean) => {
    const text = chordText({ modifiers: withShift ? shifted : modifiers, key });
    if (!found.includes(text)) found.push(text);
  };
  const placed = /^(?:Key([A-Z])|Digit(\d))$/.exec(press.code);
  const place = placed?.[1] ?? placed?.[2];
  if (press.key === ' ') add('Space', true);
  else if ([...press.key].length > 1) add(press.key, true);
  else if (/^[a-z]$/i.test(press.key)) add(press.key.toUpperCase(), true);
  // Shift is part of how a sign is made, not a modifier of it.
  else if (press.key !== '') add(press.key.toUpperCase(), false);
  if (place !== undefined && !/^[a-z0-9]$/i.test(press.key)) add(place, true);
  return found;
}

/** What has the focus, as far as keys are concerned. */
export interface FocusState {
  /** A text is being edited. */
  readonly inText: boolean;
  /** A dialog, menu or list that has keys of its own is open. */
  readonly inOverlay: boolean;
  /** Keys that the focused control itself answers to, such as Enter and Space on a button. */
  readonly own: 'none' | 'press' | 'arrows' | 'all';
}

const OWN_KEYS: Readonly<Record<FocusState['own'], RegExp | null>> = {
  none: null,
  press: /^(Enter|Space)$/,
  arrows: /^(Enter|Space|(Shift\+)?Arrow\w+|Home|End|PageUp|PageDown)$/,
  all: /^[^+]+$/,
};

export interface Runnable {
  /** Whether a handler of this command is there and ready, in an overlay or outside. */
  readonly ready: (id: CommandId, inOverlay: boolean) => boolean;
}

/** The command that a press means now, or null. A press that goes on means only commands that may repeat. */
export function commandFor(
  press: KeyPress,
  mac: boolean,
  screen: ScreenName,
  focus: FocusState,
  rebindings: Rebindings,
  { ready }: Runnable,
): (Command & { readonly id: CommandId }) | null {
  for (const chord of chordsOf(press, mac)) {
    if (OWN_KEYS[focus.own]?.test(chord) === true) continue;
    const command = COMMANDS.find(
      (one) =>
        one.screens.some((scope) => scope === 'global' || scope === screen) &&
        keysOf(one, rebindings).includes(chord) &&
        (!focus.inText || (one.inText === true && /^(Mod|Ctrl|Alt)\+|^F\d/.test(chord))) &&
        ready(one.id, focus.inOverlay),
    );
    if (command !== undefined) return press.repeat === true && command.repeat !== true ? null : command;
  }
  return null;
}
