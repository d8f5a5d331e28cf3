import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from './paths.node.ts';
import { readSettings } from './settings.ts';

test('no setting is needed', () => {
  expect(readSettings({})).toMatchObject({
    DEFAULT_BPM: 120,
    ENABLE_BEAT_SYNC: true,
    OUTPUT_FPS: 30,
    LOG_LEVEL: 'warn',
  });
});

test('a wrong setting is named in a sentence', () => {
  expect(() => readSettings({ OUTPUT_RESOLUTION: 'big' })).toThrow(/OUTPUT_RESOLUTION is wrong: looks like 1920x1080/);
  expect(() => readSettings({ DEFAULT_BPM: '9000' })).toThrow(/DEFAULT_BPM/);
});

test('the example file parses and names only settings that exist', () => {
  const lines = readFileSync(join(PROJECT_ROOT, '.env.example'), 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line));
  const environment = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
  expect(Object.keys(environment).length).toBeGreaterThan(4);
  expect(() => readSettings(environment)).not.toThrow();
});
