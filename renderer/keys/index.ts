/** The key module, for screens. */

export { CommandButton, type CommandButtonProps } from './CommandButton.tsx';
export { formatChord, toAccelerator } from './chord.ts';
export { COMMANDS, type Command, type CommandId, commandOf, type ScreenName } from './keymap.ts';
export { isMac } from './platform.ts';
export { canRun, runCommand } from './registry.ts';
export { type CommandOptions, useCanRun, useCommand, useCommands, useShownKey } from './useKeys.ts';
