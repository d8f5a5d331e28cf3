import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger } from './log.node.ts';

test('planted secrets never reach the log', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'picaivid-log-')), 'a.log');
  const log = createLogger('debug', file);
  log.info({ token: 'planted-1', request: { authorization: 'planted-2', headers: { cookie: 'planted-3' } } }, 'call');
  log.error(new Error('connect postgres://me:planted-4@db/x?token=planted-5 with Bearer planted-6'));
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('"msg":"call"');
  expect(text).toContain('postgres://me:***@db/x');
  expect(text).not.toContain('planted');
});
