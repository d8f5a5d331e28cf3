import { expect, test } from 'vitest';
import type { TeamStatus } from '../../../main/host/team-contract.ts';
import { ago, bytesWords, costWords, initials, machineWords, secondsWords, stateWords } from './words.ts';

const status = (changes: Partial<TeamStatus>): TeamStatus => ({
  state: 'up_to_date',
  server: null,
  waiting: 0,
  transfers: { files: 0, bytesLeft: 0 },
  conflicts: 0,
  refused: [],
  error: null,
  lastSyncAt: null,
  firstSync: null,
  ...changes,
});

test('the connection is told in a few words, with what is still to be sent', () => {
  expect(stateWords(status({}))).toBe('Up to date');
  expect(stateWords(status({ state: 'offline' }))).toBe('Offline');
  expect(stateWords(status({ state: 'offline', waiting: 3, transfers: { files: 1, bytesLeft: 9 } }))).toBe(
    'Offline, 4 to send',
  );
  expect(stateWords(status({ state: 'syncing', waiting: 1200 }))).toBe('Syncing 1,200');
  expect(stateWords(status({ state: 'syncing', firstSync: { done: 1500, of: 5000 } }))).toBe(
    'Fetching listings 1,500 of 5,000',
  );
});

test('ages, sizes, costs and machines are told as people say them', () => {
  const now = '2026-01-01T12:00:00.000Z';
  expect(ago('2026-01-01T11:59:58.000Z', now)).toBe('now');
  expect(ago('2026-01-01T11:59:20.000Z', now)).toBe('40 s ago');
  expect(ago('2026-01-01T10:00:00.000Z', now)).toBe('2 h ago');
  expect(ago('2026-01-01T12:00:09.000Z', now)).toBe('now');
  expect(bytesWords(1)).toBe('1 kB');
  expect(bytesWords(3_400_000)).toBe('3.4 MB');
  expect(bytesWords(2_000_000_000)).toBe('2.0 GB');
  expect(costWords(1_234_000)).toBe('$1.23');
  expect(costWords(900)).toBe('under $0.01');
  expect(secondsWords(75)).toBe('75 s');
  expect(secondsWords(7_200)).toBe('2.0 h');
  const worker = { probe: { cpus: 1, memoryMiB: 2048, gpus: [], platform: 'x' } } as never;
  expect(machineWords(worker)).toBe('1 core, 2 GB');
});

test('a badge has up to two letters of any script', () => {
  expect(initials('Ada Lovelace')).toBe('AL');
  expect(initials('  zoë ')).toBe('Z');
  expect(initials('Анна Мария Петрова')).toBe('АП');
  expect(initials('')).toBe('?');
});
