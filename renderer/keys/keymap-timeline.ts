/** The Timeline's part of the one table of keys. Pure. */
import type { Command } from './keymap.ts';

const screens = ['timeline'] as const;
const repeat = true;

const PLAY = 'Play';
const GO = 'Playhead';
const CUTTING = 'Cutting';
const SHOTS = 'Shots';
const BEATS = 'Beats and markers';
const VIEW = 'View';
const FILM = 'Film';

export const TIMELINE_COMMANDS = [
  { id: 'player.toggle', label: 'Play or pause', group: PLAY, screens, keys: ['Space'] },
  { id: 'player.back', label: 'Play backwards, faster with each press', group: PLAY, screens, keys: ['J'] },
  { id: 'player.stop', label: 'Stop', group: PLAY, screens, keys: ['K'] },
  { id: 'player.forward', label: 'Play, faster with each press', group: PLAY, screens, keys: ['L'] },
  { id: 'player.loop', label: 'Loop the range', group: PLAY, screens, keys: ['Shift+L'] },
  { id: 'player.mute', label: 'Sound on or off', group: PLAY, screens, keys: ['Shift+S'] },
  { id: 'range.in', label: 'Range begins here', group: PLAY, screens, keys: ['I'] },
  { id: 'range.out', label: 'Range ends here', group: PLAY, screens, keys: ['O'] },
  { id: 'range.clear', label: 'No range', group: PLAY, screens, keys: ['Shift+X'] },

  { id: 'frame.previous', label: 'One frame back', group: GO, screens, keys: [','], repeat },
  { id: 'frame.next', label: 'One frame on', group: GO, screens, keys: ['.'], repeat },
  { id: 'cut.previous', label: 'To the cut before', group: GO, screens, keys: ['ArrowUp'], repeat },
  { id: 'cut.next', label: 'To the next cut', group: GO, screens, keys: ['ArrowDown'], repeat },
  { id: 'playhead.start', label: 'To the start', group: GO, screens, keys: ['Home'] },
  { id: 'playhead.end', label: 'To the end', group: GO, screens, keys: ['End'] },
  { id: 'marker.next', label: 'To the next marker', group: GO, screens, keys: ['Shift+M'], repeat },

  { id: 'clip.previous', label: 'Shot before', group: SHOTS, screens, keys: ['ArrowLeft'], repeat },
  { id: 'clip.next', label: 'Next shot', group: SHOTS, screens, keys: ['ArrowRight'], repeat },
  {
    id: 'clip.extendPrevious',
    label: 'Select the shot before, too',
    group: SHOTS,
    screens,
    keys: ['Shift+ArrowLeft'],
    repeat,
  },
  {
    id: 'clip.extendNext',
    label: 'Select the next shot, too',
    group: SHOTS,
    screens,
    keys: ['Shift+ArrowRight'],
    repeat,
  },
  { id: 'clip.copy', label: 'Copy', group: SHOTS, screens, keys: ['Mod+C'], menu: 'edit' },
  { id: 'clip.cut', label: 'Cut out', group: SHOTS, screens, keys: ['Mod+X'], menu: 'edit' },
  { id: 'clip.paste', label: 'Paste at the playhead', group: SHOTS, screens, keys: ['Mod+V'], menu: 'edit' },
  { id: 'clip.duplicate', label: 'Duplicate', group: SHOTS, screens, keys: ['Mod+D'], menu: 'edit' },
  { id: 'clip.delete', label: 'Delete', group: SHOTS, screens, keys: ['Delete', 'Backspace'] },
  {
    id: 'clip.deleteOther',
    label: 'Delete, with ripple the other way',
    group: SHOTS,
    screens,
    keys: ['Shift+Delete', 'Shift+Backspace'],
  },
  { id: 'clip.earlier', label: 'One place earlier', group: SHOTS, screens, keys: ['Mod+ArrowLeft'] },
  { id: 'clip.later', label: 'One place later', group: SHOTS, screens, keys: ['Mod+ArrowRight'] },
  { id: 'clip.slipEarlier', label: 'Slip a frame earlier', group: SHOTS, screens, keys: ['Alt+,'], repeat },
  { id: 'clip.slipLater', label: 'Slip a frame later', group: SHOTS, screens, keys: ['Alt+.'], repeat },
  { id: 'clip.menu', label: 'Everything for the shot', group: SHOTS, screens, keys: ['Shift+F10'] },

  { id: 'cut.blade', label: 'Blade at the playhead', group: CUTTING, screens, keys: ['B'] },
  { id: 'trim.in', label: 'Trim the start to the playhead', group: CUTTING, screens, keys: ['['] },
  { id: 'trim.out', label: 'Trim the end to the playhead', group: CUTTING, screens, keys: [']'] },
  { id: 'trim.shorter', label: 'Shorter by a step', group: CUTTING, screens, keys: ['{'], repeat },
  { id: 'trim.longer', label: 'Longer by a step', group: CUTTING, screens, keys: ['}'], repeat },
  { id: 'trim.startLater', label: 'Start later by a step', group: CUTTING, screens, keys: ['Mod+]'], repeat },
  { id: 'trim.startEarlier', label: 'Start earlier by a step', group: CUTTING, screens, keys: ['Mod+['], repeat },
  { id: 'roll.earlier', label: 'Cut earlier by a step', group: CUTTING, screens, keys: ['Alt+ArrowLeft'], repeat },
  { id: 'roll.later', label: 'Cut later by a step', group: CUTTING, screens, keys: ['Alt+ArrowRight'], repeat },
  {
    id: 'roll.frameEarlier',
    label: 'Cut a frame earlier',
    group: CUTTING,
    screens,
    keys: ['Alt+Shift+ArrowLeft'],
    repeat,
  },
  {
    id: 'roll.frameLater',
    label: 'Cut a frame later',
    group: CUTTING,
    screens,
    keys: ['Alt+Shift+ArrowRight'],
    repeat,
  },
  { id: 'transition.toggle', label: 'Dissolve or cut into the shot', group: CUTTING, screens, keys: ['D'] },
  { id: 'transition.longer', label: 'Longer transition', group: CUTTING, screens, keys: ['Shift+D'], repeat },
  { id: 'transition.shorter', label: 'Shorter transition', group: CUTTING, screens, keys: ['Alt+Shift+D'], repeat },
  { id: 'ripple.toggle', label: 'Ripple on or off', group: CUTTING, screens, keys: ['R'] },
  { id: 'magnet.next', label: 'Magnet: frames, beats, downbeats', group: CUTTING, screens, keys: ['N'] },

  { id: 'marker.add', label: 'Marker here', group: BEATS, screens, keys: ['M'] },
  { id: 'beats.tap', label: 'Tap along', group: BEATS, screens, keys: ['T'] },
  { id: 'beats.halve', label: 'Half the beats', group: BEATS, screens, keys: ['Alt+H'] },
  { id: 'beats.double', label: 'Twice the beats', group: BEATS, screens, keys: ['Alt+D'] },
  { id: 'beat.add', label: 'Beat here', group: BEATS, screens, keys: ['Shift+B'] },
  { id: 'beat.remove', label: 'Remove the nearest beat', group: BEATS, screens, keys: ['Alt+B'] },
  { id: 'beat.earlier', label: 'Nearest beat a frame earlier', group: BEATS, screens, keys: ['<'], repeat },
  { id: 'beat.later', label: 'Nearest beat a frame later', group: BEATS, screens, keys: ['>'], repeat },

  { id: 'zoom.in', label: 'Closer', group: VIEW, screens, keys: ['+', '='], repeat },
  { id: 'zoom.out', label: 'Wider', group: VIEW, screens, keys: ['-'], repeat },
  { id: 'zoom.fit', label: 'The whole film', group: VIEW, screens, keys: ['Shift+Z'] },
  { id: 'panels.toggle', label: 'Show or hide the side panels', group: VIEW, screens, keys: ['P'], menu: 'view' },

  { id: 'checks.fix', label: 'Fix what is found', group: FILM, screens, keys: ['Enter'] },
  { id: 'checks.fixAll', label: 'Fix everything that can be', group: FILM, screens, keys: ['Shift+Enter'] },
  { id: 'checks.next', label: 'To the next finding', group: FILM, screens, keys: ['E'] },
  { id: 'proposal.apply', label: 'Apply the proposal', group: FILM, screens, keys: ['Mod+Enter'] },
  { id: 'proposal.drop', label: 'Leave the film as it is', group: FILM, screens, keys: ['Shift+Escape'] },
  { id: 'proposal.flip', label: 'Before or after', group: FILM, screens, keys: ['C'] },
  { id: 'version.save', label: 'Save a version', group: FILM, screens, keys: ['Mod+S'], menu: 'file' },
  { id: 'film.export', label: 'Export', group: FILM, screens, keys: ['Mod+E'], menu: 'file' },
] as const satisfies readonly Command[];
