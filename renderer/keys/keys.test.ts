import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chordText, formatChord, MODIFIERS, parseChord, spokenChord, toAccelerator } from './chord.ts';
import { COMMANDS, type CommandId, commandOf, conflicts, holderOf, keysOf, shownKey } from './keymap.ts';
import { chordsOf, commandFor, type FocusState, type KeyPress } from './match.ts';

const press = (key: string, code = '', held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const FREE: FocusState = { inText: false, inOverlay: false, own: 'none' };
const ALL = { ready: () => true };
const inRooms = (
  event: KeyPress,
  focus: FocusState = FREE,
  keys = {},
  runnable: { ready: (id: CommandId) => boolean } = ALL,
) => commandFor(event, false, 'rooms', focus, keys, runnable)?.id ?? null;

test('ids are unique and every chord of the table is one', () => {
  const ids = COMMANDS.map((command) => command.id);
  expect(new Set(ids).size).toBe(ids.length);
  const wrong = COMMANDS.flatMap((command) => command.keys).filter((chord) => {
    const parsed = parseChord(chord);
    return parsed === null || chordText(parsed) !== chord;
  });
  expect(wrong).toEqual([]);
});

test('no two commands of one screen have the same chord', () => {
  expect(conflicts(COMMANDS, {})).toEqual([]);
});

test('a rebinding onto a taken chord is a conflict, and its holder is named', () => {
  expect(conflicts(COMMANDS, { 'rooms.merge': 'S' })).toEqual([{ chord: 'S', ids: ['rooms.merge', 'rooms.split'] }]);
  expect(holderOf('rooms.merge', 'S', {})?.id).toBe('rooms.split');
  expect(holderOf('rooms.merge', 'Mod+K', {})?.id).toBe('palette.open');
  // Library and rooms never show at once, so they may share a key; a global command meets both.
  expect(holderOf('rooms.merge', 'E', {})).toBeNull();
  expect(holderOf('palette.open', 'E', {})?.id).toBe('library.archive');
  expect(holderOf('rooms.merge', 'S', { 'rooms.split': 'G' })).toBeNull();
});

test('any rebinding that holderOf allows leaves the table without conflicts', () => {
  const ids = COMMANDS.map((command) => command.id);
  const chords = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((key) => [key, `Mod+${key}`, `Alt+Shift+${key}`]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...chords)), { maxLength: 12 }),
      (wishes) => {
        let keys: Record<string, string> = {};
        for (const [id, chord] of wishes) if (holderOf(id, chord, keys) === null) keys = { ...keys, [id]: chord };
        expect(conflicts(COMMANDS, keys)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('an empty rebinding takes the key away', () => {
  expect(keysOf(commandOf('rooms.merge'), { 'rooms.merge': '' })).toEqual([]);
  expect(shownKey('rooms.merge', { 'rooms.merge': '' })).toBeUndefined();
  expect(shownKey('edit.redo', {})).toBe('Mod+Shift+Z');
});

test('chords parse and print back', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...MODIFIERS)),
      fc.constantFrom('A', '7', '?', '+', '[', 'Space', 'ArrowLeft', 'F12', 'Enter'),
      (modifiers, key) => {
        const text = chordText({ modifiers, key });
        const parsed = parseChord(text);
        expect(parsed === null ? null : chordText(parsed)).toBe(text);
      },
    ),
  );
  for (const bad of ['', 'Mod+', 'Meta+K', 'Mod+Mod+K', 'a', 'Hyper', 'Mod+Foo']) expect(parseChord(bad)).toBeNull();
});

test('chords as keycaps, in words and as accelerators', () => {
  expect(formatChord('Mod+Shift+Z', false)).toBe('Ctrl Shift Z');
  expect(formatChord('Mod+Shift+Z', true)).toBe('⌘⇧Z');
  expect(formatChord('1 – 9', false)).toBe('1 – 9');
  expect(spokenChord('Mod+[', false)).toBe('Control left bracket');
  expect(spokenChord('Shift+ArrowUp', true)).toBe('Shift Up arrow');
  expect(toAccelerator('Mod+Shift+Z')).toBe('CommandOrControl+Shift+Z');
  expect(toAccelerator('Alt+1')).toBe('Alt+1');
  expect(toAccelerator('Shift+ArrowLeft')).toBe('Shift+Left');
  expect(toAccelerator('Mod++')).toBe('CommandOrControl+Plus');
  expect(toAccelerator('nothing')).toBeNull();
});

test('every command with a key and a menu has an accelerator', () => {
  const without = COMMANDS.filter(({ menu, keys }) => menu !== undefined && keys[0] !== undefined)
    .filter(({ keys }) => toAccelerator(keys[0] ?? '') === null)
    .map(({ id }) => id);
  expect(without).toEqual([]);
});

test.each([
  ['a letter', press('m', 'KeyM'), false, ['M']],
  ['caps lock', press('M', 'KeyM'), false, ['M']],
  ['Shift and a letter', press('M', 'KeyM', { shiftKey: true }), false, ['Shift+M']],
  ['Ctrl elsewhere is Mod', press('k', 'KeyK', { ctrlKey: true }), false, ['Mod+K']],
  ['Command on a Mac is Mod', press('k', 'KeyK', { metaKey: true }), true, ['Mod+K']],
  ['Ctrl on a Mac is not', press('k', 'KeyK', { ctrlKey: true }), true, ['Ctrl+K']],
  ['the question mark absorbs Shift', press('?', 'Slash', { shiftKey: true }), false, ['?']],
  ['Option 1 on a Mac makes ¡', press('¡', 'Digit1', { altKey: true }), true, ['Alt+¡', 'Alt+1']],
  ['French digits', press('&', 'Digit1'), false, ['&', '1']],
  ['French AZERTY: the letter counts, not its place', press('a', 'KeyQ'), false, ['A']],
  ['Cyrillic', press('ь', 'KeyM'), false, ['Ь', 'M']],
  [
    'AltGr 8 is [ on a German layout',
    press('[', 'Digit8', { ctrlKey: true, altKey: true, altGraph: true }),
    false,
    ['[', '8'],
  ],
  ['the space bar', press(' ', 'Space'), false, ['Space']],
  ['Shift and an arrow', press('ArrowLeft', 'ArrowLeft', { shiftKey: true }), false, ['Shift+ArrowLeft']],
  ['a modifier alone', press('Shift', 'ShiftLeft', { shiftKey: true }), false, []],
  ['an input method at work', press('k', 'KeyK', { isComposing: true }), false, []],
])('chords of a press: %s', (_name, event, mac, chords) => {
  expect(chordsOf(event, mac)).toEqual(chords);
});

test('the screen decides', () => {
  expect(inRooms(press('e', 'KeyE'))).toBeNull();
  expect(commandFor(press('e', 'KeyE'), false, 'library', FREE, {}, ALL)?.id).toBe('library.archive');
  expect(commandFor(press('m', 'KeyM'), false, 'library', FREE, {}, ALL)).toBeNull();
  expect(inRooms(press('3', 'Digit3'))).toBe('rooms.label.3');
  expect(inRooms(press('/', 'Slash'))).toBe('search.focus');
});

test('typing never triggers; chords that no text needs still do', () => {
  const typing: FocusState = { ...FREE, inText: true, own: 'arrows' };
  for (const key of ['m', 'x', '1', '?', '/', '[', ' ', 'Enter', 'Escape', 'Delete', 'ArrowLeft'])
    expect([key, inRooms(press(key), typing)]).toEqual([key, null]);
  expect(inRooms(press('a', 'KeyA', { ctrlKey: true }), typing)).toBeNull();
  expect(inRooms(press('z', 'KeyZ', { ctrlKey: true }), typing)).toBeNull();
  expect(inRooms(press('k', 'KeyK', { ctrlKey: true }), typing)).toBe('palette.open');
  expect(inRooms(press('1', 'Digit1', { altKey: true }), typing)).toBe('go.library');
  // Even a command that works in text never takes a plain letter there.
  expect(inRooms(press('q', 'KeyQ'), typing, { 'palette.open': 'Q' })).toBeNull();
});

test('a focused control keeps its own keys', () => {
  expect(inRooms(press(' ', 'Space'))).toBe('photos.inspect');
  expect(inRooms(press(' ', 'Space'), { ...FREE, own: 'press' })).toBeNull();
  expect(inRooms(press('Enter'), { ...FREE, own: 'press' })).toBeNull();
  expect(inRooms(press('m', 'KeyM'), { ...FREE, own: 'press' })).toBe('rooms.merge');
  expect(inRooms(press('ArrowLeft'), { ...FREE, own: 'arrows' })).toBeNull();
  expect(inRooms(press('m', 'KeyM'), { ...FREE, own: 'all' })).toBeNull();
});

test('a held key repeats only what may repeat, and is never taken for another command', () => {
  expect(inRooms(press('m', 'KeyM', { repeat: true }))).toBeNull();
  expect(inRooms(press('ArrowLeft', 'ArrowLeft', { repeat: true }))).toBe('focus.left');
  expect(inRooms(press('z', 'KeyZ', { ctrlKey: true, repeat: true }))).toBe('edit.undo');
});

test('what has no ready handler does nothing', () => {
  expect(inRooms(press('m', 'KeyM'), FREE, {}, { ready: (id) => id !== 'rooms.merge' })).toBeNull();
});

test('a rebound key works and its old one no longer', () => {
  expect(inRooms(press('g', 'KeyG'), FREE, { 'rooms.merge': 'G' })).toBe('rooms.merge');
  expect(inRooms(press('m', 'KeyM'), FREE, { 'rooms.merge': 'G' })).toBeNull();
});
