import { expect, test } from 'vitest';
import { formatBytes } from './format.ts';

test.each([
  [0, '0 B'],
  [-5, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [394_312_000, '394 MB'],
  [999_600, '1 MB'],
  [1_240_000_000, '1.2 GB'],
  [250_000_000_000, '250 GB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
