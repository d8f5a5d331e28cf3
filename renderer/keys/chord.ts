/**
 * Chords as text: modifiers in the order Mod, Ctrl, Alt, Shift, then one key, joined by `+` (`Mod+Shift+Z`, `Alt+1`,
 * `?`, `Space`, `ArrowLeft`). Mod is Command on a Mac and Ctrl elsewhere. Pure: the menu, the tests and pages use it.
 */
export const MODIFIERS = ['Mod', 'Ctrl', 'Alt', 'Shift'] as const;
export type Modifier = (typeof MODIFIERS)[number];

export interface Chord {
  readonly modifiers: readonly Modifier[];
  /** A character (letters in upper case) or a named key of `KeyboardEvent.key`; the space bar is `Space`. */
  readonly key: string;
}

const NAMED =
  /^(Space|Enter|Escape|Tab|Backspace|Delete|Insert|Home|End|PageUp|PageDown|Arrow(Left|Right|Up|Down)|F\d{1,2})$/;

/** The parts of a chord, or null when the text is not one. */
export function parseChord(text: string): Chord | null {
  const parts = text === '+' ? ['+'] : text.endsWith('++') ? [...text.slice(0, -2).split('+'), '+'] : text.split('+');
  const key = parts.at(-1) ?? '';
  const modifiers = parts.slice(0, -1);
  const known = MODIFIERS.filter((modifier) => modifiers.includes(modifier));
  if (known.length !== modifiers.length) return null;
  if (!NAMED.test(key) && ([...key].length !== 1 || key.trim() === '' || key !== key.toUpperCase())) return null;
  return { modifiers: known, key };
}

export function chordText(chord: Chord): string {
  return [...MODIFIERS.filter((modifier) => chord.modifiers.includes(modifier)), chord.key].join('+');
}

const MAC_SIGNS: Readonly<Record<string, string>> = {
  Mod: '⌘',
  Ctrl: '⌃',
  Alt: '⌥',
  Shift: '⇧',
};
const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Delete: 'Del',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** As printed on a keycap: `⌘⇧Z` on a Mac, `Ctrl Shift Z` elsewhere. Text that is no chord (`1 – 9`) passes through. */
export function formatChord(text: string, mac: boolean): string {
  const chord = parseChord(text);
  if (chord === null) return text;
  const key = SIGNS[chord.key] ?? chord.key;
  if (mac) return [...chord.modifiers.map((modifier) => MAC_SIGNS[modifier] ?? modifier), key].join('');
  return [...chord.modifiers.map((modifier) => (modifier === 'Mod' ? 'Ctrl' : modifier)), key].join(' ');
}

const SPOKEN: Readonly<Record<string, string>> = {
  '[': 'left bracket',
  ']': 'right bracket',
  '?': 'question mark',
  ',': 'comma',
  '.': 'full stop',
  '/': 'slash',
  ';': 'semicolon',
  '+': 'plus',
  '-': 'minus',
};

/** In words, for a screen reader: `Control Shift Z`, `left bracket`. */
export function spokenChord(text: string, mac: boolean): string {
  const chord = parseChord(text);
  if (chord === null) return text;
  const modifiers = chord.modifiers.map((modifier) => {
    if (modifier === 'Mod') return mac ? 'Command' : 'Control';
    return modifier === 'Ctrl' ? 'Control' : modifier === 'Alt' && mac ? 'Option' : modifier;
  });
  const key = SPOKEN[chord.key] ?? chord.key.replace(/^Arrow(\w+)$/, '$1 arrow');
  return [...modifiers, key].join(' ');
}

const ACCELERATOR_KEYS: Readonly<Record<string, string>> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Enter: 'Return',
  '+': 'Plus',
};

/** Electron's accelerator for a chord, or null when the text is no chord (`Mod+Shift+Z` → `CommandOrControl+Shift+Z`). */
export function toAccelerator(text: string): string | null {
  const chord = parseChord(text);
  if (chord === null) return null;
  const modifiers = chord.modifiers.map((modifier) =>
    modifier === 'Mod' ? 'CommandOrControl' : modifier === 'Ctrl' ? 'Control' : modifier,
  );
  return [...modifiers, ACCELERATOR_KEYS[chord.key] ?? chord.key].join('+');
}

/** The value of `aria-keyshortcuts` for a chord (`Control+Shift+Z`, `Meta+K`). */
export function ariaShortcut(text: string, mac: boolean): string {
  return text.replace('Mod', mac ? 'Meta' : 'Control').replace('Ctrl', 'Control');
}
