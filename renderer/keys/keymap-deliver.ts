/** The parts of the one table of keys that belong to Renders and Deliver. Pure. */
import type { Command } from './keymap.ts';

const screens = ['renders'] as const;
const repeat = true;

const MOVE = 'Clips';
const RENDER = 'Rendering';
const TAKE = 'Takes';
const VIEW = 'View';

export const DELIVER_COMMANDS = [
  { id: 'renders.up', label: 'Clip above', group: MOVE, screens, keys: ['ArrowUp'], repeat },
  { id: 'renders.down', label: 'Clip below', group: MOVE, screens, keys: ['ArrowDown'], repeat },
  {
    id: 'renders.extendUp',
    label: 'Select the clip above, too',
    group: MOVE,
    screens,
    keys: ['Shift+ArrowUp'],
    repeat,
  },
  {
    id: 'renders.extendDown',
    label: 'Select the clip below, too',
    group: MOVE,
    screens,
    keys: ['Shift+ArrowDown'],
    repeat,
  },
  { id: 'renders.first', label: 'First clip', group: MOVE, screens, keys: ['Home'] },
  { id: 'renders.last', label: 'Last clip', group: MOVE, screens, keys: ['End'] },
  { id: 'renders.selectChanged', label: 'Select what has to be rendered', group: MOVE, screens, keys: ['Shift+A'] },

  { id: 'renders.start', label: 'Render the selected clips', group: RENDER, screens, keys: ['Enter'] },
  { id: 'renders.changed', label: 'Render all changed', group: RENDER, screens, keys: ['Mod+Enter'], menu: 'file' },
  { id: 'renders.cancel', label: 'Take out of the queue', group: RENDER, screens, keys: ['X', 'Delete', 'Backspace'] },
  { id: 'renders.pause', label: 'Pause or go on', group: RENDER, screens, keys: ['P'] },
  { id: 'renders.change', label: 'Change and render again', group: RENDER, screens, keys: ['E'] },

  { id: 'take.play', label: 'Play or pause the take', group: TAKE, screens, keys: ['Space'] },
  { id: 'take.previous', label: 'Take before', group: TAKE, screens, keys: ['['] },
  { id: 'take.next', label: 'Next take', group: TAKE, screens, keys: [']'] },
  { id: 'take.choose', label: 'Make it the current take', group: TAKE, screens, keys: ['C'] },
  { id: 'take.review', label: 'Review the clip', group: TAKE, screens, keys: ['V'] },

  { id: 'renders.panel', label: 'Show or hide the details', group: VIEW, screens, keys: ['B'], menu: 'view' },

  {
    id: 'deliver.start',
    label: 'Deliver',
    group: 'Delivery',
    screens: ['deliver'],
    keys: ['Mod+Enter'],
    menu: 'file',
  },
  { id: 'deliver.addOutput', label: 'Add an output', group: 'Delivery', screens: ['deliver'], keys: ['N'] },
  { id: 'deliver.voice', label: 'Choose a voice-over', group: 'Delivery', screens: ['deliver'], keys: ['V'] },
  { id: 'deliver.play', label: 'Play the newest film', group: 'Delivery', screens: ['deliver'], keys: ['Space'] },
  { id: 'deliver.reveal', label: 'Show the delivery folder', group: 'Delivery', screens: ['deliver'], keys: ['O'] },
  { id: 'deliver.blocker', label: 'To what stands in the way', group: 'Delivery', screens: ['deliver'], keys: ['G'] },
] as const satisfies readonly Command[];
