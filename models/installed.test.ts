import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDptPreprocessing, readTokenizer } from './installed.node.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picaivid-installed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const VOCAB = { c: 10, a: 11, 't</w>': 12, ca: 13, 'cat</w>': 14, '<|startoftext|>': 20, '<|endoftext|>': 21 };

it.each([
  ['strings', ['c a', 'ca t</w>']],
  [
    'pairs',
    [
      ['c', 'a'],
      ['ca', 't</w>'],
    ],
  ],
])('reads a tokenizer.json whose merges are %s', async (name, merges) => {
  const path = await file(`${name}.json`, { model: { vocab: VOCAB, merges } });
  const tokenizer = await readTokenizer(path);
  expect(tokenizer.encode('  CAT\n cat')).toEqual([20, 14, 14, 21]);
});

it('keeps the end mark of a text that is too long', async () => {
  const tokenizer = await readTokenizer(
    await file('long.json', { model: { vocab: VOCAB, merges: ['c a', 'ca t</w>'] } }),
  );
  const ids = tokenizer.encode('cat '.repeat(100));
  expect([ids.length, ids[75], ids[76]]).toEqual([77, 14, 21]);
});

it('reads the processors of DPT and of Depth Anything', async () => {
  const half = [0.5, 0.5, 0.5];
  expect(await readDptPreprocessing(await file('dpt.json', { size: 384, image_mean: half, image_std: half }))).toEqual({
    width: 384,
    height: 384,
    keepAspect: false,
    multiple: 1,
    filter: 'bicubic',
    normalisation: { mean: half, std: half },
  });
  const anything = {
    size: { width: 518, height: 518 },
    keep_aspect_ratio: true,
    ensure_multiple_of: 14,
    resample: 2,
    image_mean: half,
    image_std: half,
  };
  expect(await readDptPreprocessing(await file('anything.json', anything))).toMatchObject({
    keepAspect: true,
    multiple: 14,
    filter: 'bilinear',
  });
});

it('names a file that is missing or is something else', async () => {
  await expect(readTokenizer(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'file_not_found' });
  for (const content of ['<html>', { model: {} }])
    await expect(readTokenizer(await file('wrong.json', content))).rejects.toMatchObject({ code: 'model_damaged' });
});
