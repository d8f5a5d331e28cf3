/** Compiles warp.as.ts to warp.wasm. Run by hand after a change; a test checks that the committed binary is current. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

/** Compiles to `outPath`. Needs the development dependency assemblyscript. */
export function compileWarp(outPath: string): void {
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const source = join(HERE, 'warp.as.ts');
  execFileSync(process.execPath, [
    compiler, source, '--outFile', outPath, '--optimizeLevel', '3', '--noAssert', '--runtime', 'stub',
    '--enable', 'simd', '--use', 'abort=', '--disable', 'bulk-memory',
  ]); // biome-ignore format: options pair up
}

if (process.argv[1] === fileURLToPath(import.meta.url)) compileWarp(join(HERE, 'warp.wasm'));
