import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { missingTools } from './tools.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'tools-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('what is missing is named with what cannot be done and how to get it', () => {
  // Beside the app's own ffmpeg there may be no ffprobe: ffmpeg-static brings none.
  const ffmpeg = join(folder, 'ffmpeg');
  writeFileSync(ffmpeg, '');
  chmodSync(ffmpeg, 0o755);
  vi.stubEnv('PATH', '');
  vi.stubEnv('FFPROBE_PATH', '');
  vi.stubEnv('FFMPEG_PATH', ffmpeg);
  expect(missingTools('darwin')).toBe(
    'ffprobe is not on this machine: music cannot be read and films cannot be made. Photos and rooms work. Install ffmpeg (“brew install ffmpeg”), then start the studio again.',
  );
  vi.stubEnv('FFMPEG_PATH', join(folder, 'nowhere'));
  expect(missingTools('linux')).toMatch(/^ffmpeg and ffprobe are not on this machine/);
  writeFileSync(join(folder, 'ffprobe'), '');
  chmodSync(join(folder, 'ffprobe'), 0o755);
  vi.stubEnv('FFMPEG_PATH', ffmpeg);
  expect(missingTools()).toBeUndefined();
});
