import { useEffect, useLayoutEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { usePreferences } from '../stores/preferences.ts';
import type { CommandId, ScreenName } from './keymap.ts';
import { shownKey } from './keymap.ts';
import { commandFor, type FocusState } from './match.ts';
import { isMac } from './platform.ts';
import { canRun, registry, runCommand, setHandler } from './registry.ts';

export interface CommandOptions {
  /** False: the command is there but cannot run now; its buttons grey out and the palette leaves it out. */
  readonly enabled?: boolean;
  /** Also while a dialog is open: for handlers that belong to a dialog. */
  readonly inOverlay?: boolean;
}

/** Makes a command of the table work while the component is mounted. The newest handler wins. */
export function useCommand(id: CommandId, handler: () => void, options: CommandOptions = {}): void {
  useCommands([id], handler, options);
}

/** Several commands with one handler, which learns which one it was: `rooms.label.1` to `.9`, the arrows. */
export function useCommands(
  ids: readonly CommandId[],
  handler: (id: CommandId) => void,
  { enabled = true, inOverlay = false }: CommandOptions = {},
): void {
  const latest = useRef(handler);
  useLayoutEffect(() => {
    latest.current = handler;
  });
  const list = ids.join(' ');
  useEffect(() => {
    const token = Symbol(list);
    const mine = list.split(' ') as CommandId[]; // joined from ids just above
    for (const id of mine) setHandler(id, token, { run: () => latest.current(id), enabled, inOverlay });
    return () => {
      for (const id of mine) setHandler(id, token, null);
    };
  }, [list, enabled, inOverlay]);
}

/** The chord shown beside a command, as bound now. */
export function useShownKey(id: CommandId): string | undefined {
  return usePreferences((state) => shownKey(id, state.keys));
}

/** Whether a command can run now. */
export function useCanRun(id: CommandId): boolean {
  return useStore(registry, () => canRun(id));
}

/** What the element with the focus does with keys itself. `data-keys="pass"` on it leaves all to the commands. */
export function focusOf(target: EventTarget | null): FocusState {
  if (!(target instanceof Element)) return { inText: false, inOverlay: false, own: 'none' };
  const overlay = target.closest(
    '[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"][data-radix-select-content],[data-keys="overlay"]',
  );
  const inOverlay = overlay !== null || document.querySelector('[role="dialog"][data-state="open"]') !== null;
  const inText =
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|range|file|color)$/.test(target.type)) ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLElement && target.isContentEditable);
  if (target.closest('[data-keys="pass"]') !== null) return { inText, inOverlay, own: 'none' };
  if (target.closest('[role="menu"],[data-radix-select-viewport]') !== null) return { inText, inOverlay, own: 'all' };
  if (target.closest('[role="slider"],[role="separator"],[role="tab"],[role="radio"],[role="combobox"],input,select'))
    return { inText, inOverlay, own: 'arrows' };
  if (target.closest('button,a[href],summary,[role="switch"],[role="checkbox"]'))
    return { inText, inOverlay, own: 'press' };
  return { inText, inOverlay, own: 'none' };
}

/** Listens for the whole window. Used once, by the shell. */
export function useKeyListener(screen: ScreenName): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const focus = focusOf(event.target);
      const press = {
        key: event.key,
        code: event.code,
        ctrlKey: event.ctrlKey,
        metaKey: event.metaKey,
        altKey: event.altKey,
        shiftKey: event.shiftKey,
        repeat: event.repeat,
        isComposing: event.isComposing,
        altGraph: event.getModifierState('AltGraph'),
      };
      const { keys } = usePreferences.getState();
      const command = commandFor(press, isMac, screen, focus, keys, { ready: canRun });
      if (command === null) return;
      event.preventDefault();
      runCommand(command.id, focus.inOverlay);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [screen]);
}
