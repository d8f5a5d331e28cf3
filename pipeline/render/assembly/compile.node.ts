/** Compiles warp.as.ts and shrink.as.ts to WebAssembly. Run by hand after a change; a test checks that the committed binaries are current. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

export const MODULES = ['warp', 'shrink'] as const;

/** Compiles a module to `outPath`. Needs the development dependency assemblyscript. */
export function compileModule(name: (typeof MODULES)[number], outPath: string): void {
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const source = join(HERE, `${name}.as.ts`);
  execFileSync(process.execPath, [
    compiler, source, '--outFile', outPath, '--optimizeLevel', '3', '--noAssert', '--runtime', 'stub',
    '--enable', 'simd', '--use', 'abort=', '--disable', 'bulk-memory',
  ]); // biome-ignore format: options pair up
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of MODULES) compileModule(name, join(HERE, `${name}.wasm`));
