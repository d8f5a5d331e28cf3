/** Which commands can run now: handlers come and go with the screens that register them. */
import { createStore } from 'zustand/vanilla';
import type { CommandId } from './keymap.ts';

export interface Handler {
  readonly run: () => void;
  readonly enabled: boolean;
  /** Works while a dialog or menu is open, too (and for a handler that lives in one). */
  readonly inOverlay: boolean;
}

interface RegistryState {
  /** The handler that came last wins: a dialog's over its screen's. */
  readonly handlers: ReadonlyMap<CommandId, readonly { readonly token: symbol; readonly handler: Handler }[]>;
}

export const registry = createStore<RegistryState>(() => ({ handlers: new Map() }));

/** Sets or replaces what `token` does for a command; null takes it away. */
export function setHandler(id: CommandId, token: symbol, handler: Handler | null): void {
  registry.setState(({ handlers }) => {
    const list = handlers.get(id) ?? [];
    const at = list.findIndex((one) => one.token === token);
    let next = list;
    if (handler === null) next = list.filter((one) => one.token !== token);
    else if (at === -1) next = [...list, { token, handler }];
    else next = list.with(at, { token, handler });
    return { handlers: new Map(handlers).set(id, next) };
  });
}

function current(id: CommandId, inOverlay: boolean): Handler | undefined {
  return registry
    .getState()
    .handlers.get(id)
    ?.findLast(({ handler }) => handler.enabled && (!inOverlay || handler.inOverlay))?.handler;
}

export function canRun(id: CommandId, inOverlay = false): boolean {
  return current(id, inOverlay) !== undefined;
}

/** Runs a command as its key would; false when nothing can run it now. */
export function runCommand(id: CommandId, inOverlay = false): boolean {
  const handler = current(id, inOverlay);
  handler?.run();
  return handler !== undefined;
}
