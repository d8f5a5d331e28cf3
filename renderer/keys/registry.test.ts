import { expect, test } from 'vitest';
import { canRun, runCommand, setHandler } from './registry.ts';

test('the newest ready handler wins, and the one before comes back when it goes', () => {
  const ran: string[] = [];
  const screen = Symbol('screen');
  const dialog = Symbol('dialog');
  const handler = (name: string, enabled = true, inOverlay = false) => ({
    run: () => void ran.push(name),
    enabled,
    inOverlay,
  });
  expect(canRun('rooms.merge')).toBe(false);
  expect(runCommand('rooms.merge')).toBe(false);

  setHandler('rooms.merge', screen, handler('screen'));
  setHandler('rooms.merge', dialog, handler('dialog', true, true));
  expect(runCommand('rooms.merge')).toBe(true);
  setHandler('rooms.merge', dialog, handler('dialog', false, true));
  expect(runCommand('rooms.merge')).toBe(true);
  expect(ran).toEqual(['dialog', 'screen']);

  // While a dialog is open the screen under it does not move.
  expect(canRun('rooms.merge', true)).toBe(false);
  setHandler('rooms.merge', dialog, handler('dialog', true, true));
  expect(canRun('rooms.merge', true)).toBe(true);

  setHandler('rooms.merge', dialog, null);
  setHandler('rooms.merge', screen, null);
  expect(canRun('rooms.merge')).toBe(false);
});
