/** The rules of the house: imports go down or stay on their floor, and pure files touch nothing of Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Lowest first. */
const FLOORS = ['base', 'models', 'pipeline', 'db', 'main'];

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(floor: string): Import[] {
  const files = readdirSync(join(ROOT, floor), { recursive: true, encoding: 'utf8' })
    .map((name) => join(floor, name).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.as.ts'));
  return files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
      file,
      target: match[1] ?? '',
    })),
  );
}

const isTest = (file: string): boolean => file.endsWith('.test.ts') || /test(ing|kit)/.test(file);

test('no file imports from a floor above its own', () => {
  const upwards = FLOORS.flatMap((floor, level) =>
    importsOf(floor)
      .filter(({ file, target }) => target.startsWith('.') && !isTest(file))
      .filter(({ file, target }) => {
        const to = relative(ROOT, join(ROOT, dirname(file), target)).split('/')[0] ?? '';
        const toLevel = FLOORS.indexOf(to);
        return toLevel > level || (toLevel === -1 && floor !== 'main');
      })
      .map(({ file, target }) => `${file} → ${target}`),
  );
  expect(upwards).toEqual([]);
});

test('a pure file imports neither Node nor a file that does', () => {
  const impure = ['base', 'models', 'pipeline'].flatMap((floor) =>
    importsOf(floor)
      .filter(({ file }) => !file.endsWith('.node.ts') && !isTest(file))
      .filter(({ target }) => target.startsWith('node:') || target.endsWith('.node.ts'))
      .map(({ file, target }) => `${file} → ${target}`),
  );
  expect(impure).toEqual([]);
});
