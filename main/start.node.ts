/** `npm start`: the film of the sample listing, then says where it lies. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from './cli.node.ts';
import { PROJECT_ROOT } from './paths.node.ts';

const outDir = join(PROJECT_ROOT, 'out');
await mkdir(outDir, { recursive: true });
process.stderr.write('Making the film of the sample listing: a small house, 45 seconds, to “Morning Light”.\n');
const code = await main([
  'film',
  join(PROJECT_ROOT, 'samples', 'listing'),
  '--music',
  join(PROJECT_ROOT, 'samples', 'music', 'morning_light_96bpm.flac'),
  '--out',
  join(outDir, 'sample-film.mp4'),
]);
if (code === 0) {
  process.stderr.write(
    ['', 'Now yours:', '  npm run picaivid -- film <folder of photos> --music <file> --out film.mp4', ''].join('\n'),
  );
}
process.exit(code);
