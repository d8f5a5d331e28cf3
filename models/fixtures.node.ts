/** Where the fixture set lies, when it is there. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** The folder of the fixture networks, or undefined: the given folder of fixtures, PICAIVID_FIXTURES, or the one beside the project. */
export function fixturesFolder(given?: string): string | undefined {
  const set = given ?? process.env.PICAIVID_FIXTURES;
  const root = resolve(PROJECT, set === undefined || set === '' ? '../shared/fixtures' : set);
  const folder = join(root, 'models');
  return existsSync(join(folder, 'mobilenet_v2_int8w.onnx')) ? folder : undefined;
}
