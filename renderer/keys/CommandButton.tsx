import type { ReactNode } from 'react';
import { Button, type ButtonVariant, IconButton } from '../ui/index.ts';
import { type CommandId, commandOf } from './keymap.ts';
import { runCommand } from './registry.ts';
import { useCanRun, useShownKey } from './useKeys.ts';

export interface CommandButtonProps {
  readonly command: CommandId;
  readonly variant?: ButtonVariant;
  readonly icon?: ReactNode;
  /** Other words than the table's. */
  readonly label?: string;
  /** Only the icon, with the words as its tooltip. */
  readonly iconOnly?: boolean;
  readonly pressed?: boolean;
}

/** A button of a command: shows its key as bound now, is grey when the command cannot run. */
export function CommandButton({ command, variant, icon, label, iconOnly = false, pressed }: CommandButtonProps) {
  const ready = useCanRun(command);
  const kbd = useShownKey(command);
  const words = label ?? commandOf(command).label;
  const down = pressed === undefined ? {} : { pressed };
  if (iconOnly)
    return (
      <IconButton label={words} kbd={kbd} icon={icon} disabled={!ready} onClick={() => runCommand(command)} {...down} />
    );
  return (
    <Button
      kbd={kbd}
      disabled={!ready}
      onClick={() => runCommand(command)}
      {...(variant === undefined ? {} : { variant })}
      {...(icon === undefined ? {} : { icon })}
      {...down}
    >
      {words}
    </Button>
  );
}
