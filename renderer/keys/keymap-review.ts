/** The Review screen's part of the one table of keys. Pure. */
import type { Command } from './keymap.ts';

const screens = ['review'] as const;
const repeat = true;

const PLAY = 'Play';
const FRAME = 'Frames';
const CLIPS = 'Clips and takes';
const COMPARE = 'Compare';
const NOTES = 'Notes';
const SIGN = 'Decide';
const VIEW = 'View';

export const REVIEW_COMMANDS = [
  { id: 'review.approve', label: 'Approve', group: SIGN, screens, keys: ['A'] },
  { id: 'review.changes', label: 'Ask for changes', group: SIGN, screens, keys: ['E'] },
  { id: 'review.reject', label: 'Reject', group: SIGN, screens, keys: ['R'] },

  { id: 'review.nextClip', label: 'Next clip', group: CLIPS, screens, keys: ['Tab'], repeat },
  { id: 'review.previousClip', label: 'Clip before', group: CLIPS, screens, keys: ['Shift+Tab'], repeat },
  { id: 'review.clipBelow', label: 'Clip below', group: CLIPS, screens, keys: ['ArrowDown'], repeat },
  { id: 'review.clipAbove', label: 'Clip above', group: CLIPS, screens, keys: ['ArrowUp'], repeat },
  { id: 'review.nextToDo', label: 'Next clip to review', group: CLIPS, screens, keys: ['U'] },
  { id: 'review.takeBefore', label: 'Take before', group: CLIPS, screens, keys: ['['] },
  { id: 'review.takeAfter', label: 'Next take', group: CLIPS, screens, keys: [']'] },
  { id: 'review.choose', label: 'Put this take in the film', group: CLIPS, screens, keys: ['C'] },
  { id: 'review.filmTake', label: 'Look at the take in the film', group: CLIPS, screens, keys: ['V'] },
  { id: 'review.again', label: 'Render again with…', group: CLIPS, screens, keys: ['G'] },

  { id: 'review.play', label: 'Play or pause', group: PLAY, screens, keys: ['Space'] },
  { id: 'review.back', label: 'Play backwards, faster with each press', group: PLAY, screens, keys: ['J'] },
  { id: 'review.stop', label: 'Stop', group: PLAY, screens, keys: ['K'] },
  { id: 'review.forward', label: 'Play, faster with each press', group: PLAY, screens, keys: ['L'] },
  { id: 'review.loop', label: 'Loop', group: PLAY, screens, keys: ['Shift+L'] },
  { id: 'review.in', label: 'Range begins here', group: PLAY, screens, keys: ['I'] },
  { id: 'review.out', label: 'Range ends here', group: PLAY, screens, keys: ['O'] },
  { id: 'review.noRange', label: 'No range', group: PLAY, screens, keys: ['Shift+X'] },

  { id: 'review.frameBack', label: 'One frame back', group: FRAME, screens, keys: [',', 'ArrowLeft'], repeat },
  { id: 'review.frameOn', label: 'One frame on', group: FRAME, screens, keys: ['.', 'ArrowRight'], repeat },
  { id: 'review.tenBack', label: 'Ten frames back', group: FRAME, screens, keys: ['Shift+ArrowLeft', '<'], repeat },
  { id: 'review.tenOn', label: 'Ten frames on', group: FRAME, screens, keys: ['Shift+ArrowRight', '>'], repeat },
  { id: 'review.first', label: 'First frame', group: FRAME, screens, keys: ['Home'] },
  { id: 'review.last', label: 'Last frame', group: FRAME, screens, keys: ['End'] },
  { id: 'review.findingOn', label: 'Next finding', group: FRAME, screens, keys: ['M'] },
  { id: 'review.findingBack', label: 'Finding before', group: FRAME, screens, keys: ['Shift+M'] },

  ...[1, 2, 3, 4, 5, 6, 7].map((number) => ({
    id: `review.number.${number}` as const,
    label: `Way of comparing number ${number}; in Reject: the reason`,
    group: COMPARE,
    screens,
    keys: [`${number}`],
    family: { name: 'review.number', label: 'Way of comparing; in Reject: the reason', keys: '1 – 7' },
  })),
  { id: 'review.flip', label: 'The other picture alone', group: COMPARE, screens, keys: ['B'] },
  { id: 'review.against', label: 'Compare with the photo or another take', group: COMPARE, screens, keys: ['T'] },
  { id: 'review.less', label: 'Wipe or mix less', group: COMPARE, screens, keys: ['Alt+ArrowLeft'], repeat },
  { id: 'review.more', label: 'Wipe or mix more', group: COMPARE, screens, keys: ['Alt+ArrowRight'], repeat },

  { id: 'review.note', label: 'Note on this frame', group: NOTES, screens, keys: [';'] },
  { id: 'review.noteRange', label: 'Note on the range', group: NOTES, screens, keys: [':'] },
  { id: 'review.draw', label: 'Draw on this frame', group: NOTES, screens, keys: ['D'] },
  { id: 'review.undraw', label: 'Take the last line back', group: NOTES, screens, keys: ['Backspace'] },
  { id: 'review.saveNote', label: 'Save the note', group: NOTES, screens, keys: ['Enter'] },
  { id: 'review.leave', label: 'Leave what is open, back to the picture', group: NOTES, screens, keys: ['Escape'] },
  { id: 'review.noteOn', label: 'Next note', group: NOTES, screens, keys: ['N'] },
  { id: 'review.noteBack', label: 'Note before', group: NOTES, screens, keys: ['Shift+N'] },
  { id: 'review.resolve', label: 'Resolve the notes on this frame', group: NOTES, screens, keys: ['Shift+R'] },

  { id: 'review.zoomIn', label: 'Closer', group: VIEW, screens, keys: ['+', '='] },
  { id: 'review.zoomOut', label: 'Farther', group: VIEW, screens, keys: ['-'] },
  { id: 'review.fit', label: 'Whole picture', group: VIEW, screens, keys: ['0'] },
  { id: 'review.pixels', label: 'Pixel by pixel', group: VIEW, screens, keys: ['Z'] },
  { id: 'review.panLeft', label: 'Look further left', group: VIEW, screens, keys: ['Mod+ArrowLeft'], repeat },
  { id: 'review.panRight', label: 'Look further right', group: VIEW, screens, keys: ['Mod+ArrowRight'], repeat },
  { id: 'review.panUp', label: 'Look further up', group: VIEW, screens, keys: ['Mod+ArrowUp'], repeat },
  { id: 'review.panDown', label: 'Look further down', group: VIEW, screens, keys: ['Mod+ArrowDown'], repeat },
  { id: 'review.regions', label: 'To the next part of the screen', group: VIEW, screens, keys: ['F6'] },
  { id: 'review.list', label: 'Show or hide the clips', group: VIEW, screens, keys: ['Shift+P'], menu: 'view' },
  { id: 'review.panel', label: 'Show or hide the panel', group: VIEW, screens, keys: ['P'], menu: 'view' },
] as const satisfies readonly Command[];
