/** `npm run samples -- house|music`: makes the samples that are committed. Without a name: both. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicaividError } from '../base/errors.ts';

const SAMPLES = fileURLToPath(new URL('.', import.meta.url));

/** `args`: `house [--draft | --preview] [names…]` or `music`. `--draft` renders small and into `out/listing`. */
export async function makeSamples(args: readonly string[]): Promise<void> {
  const what = args[0] ?? 'all';
  if (!['house', 'music', 'all'].includes(what)) throw new PicaividError('bad_usage', 'Say house or music.');
  if (what !== 'music') {
    const { makeHouse } = await import('./house/render.node.ts');
    const draft = args.includes('--draft');
    const names = args.slice(1).filter((a) => !a.startsWith('-'));
    await makeHouse(draft ? join(SAMPLES, '../out/listing') : join(SAMPLES, 'listing'), {
      ...(draft ? { width: 900, coarseWidth: 300, rays: 4, jitters: 2 } : {}),
      // Preview: coarser light and an enlarged picture, for a first set on a busy machine.
      ...(args.includes('--preview') ? { width: 1050, coarseWidth: 300, rays: 3, jitters: 1 } : {}),
      ...(names.length === 0 ? {} : { only: names }),
      onView: (file, s) => console.error(`${file}: light ${s.light.toFixed(1)} s, picture ${s.picture.toFixed(1)} s`),
    });
  }
  if (what !== 'house') {
    const { makeMusic } = await import('./music/make.node.ts');
    await makeMusic(join(SAMPLES, 'music'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeSamples(process.argv.slice(2));
