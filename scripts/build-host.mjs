// Bundles the host's start into dist/host/host.mjs: one file in place of four hundred, which costs the start of the
// studio half of the host's processor time (540 ms against 290 on a busy machine). Threads and everything else that the
// host starts by file name are taken from the sources, to which paths in the bundle still point.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENTRY = 'main/host/serve.node.ts';

/** Packages with native parts or threads of their own: loaded as they are, and at first use where the start needs none. */
const NATIVE = ['better-sqlite3', 'onnxruntime-node', 'ffmpeg-static', 'pg', 'pg-native'];
/** By package: what is imported of it, undefined for all of it. */
const AT_FIRST_USE = { sharp: undefined, exifr: undefined, piscina: 'Piscina' };

/** The bundle stands in dist/host: the project's folder, or the packaged host's, is two above. */
const BANNER = `import { fileURLToPath as placeFile, pathToFileURL as placeUrl } from 'node:url';
import { dirname as placeFolder, join as placeJoin } from 'node:path';
const PLACE_ROOT = placeJoin(placeFolder(placeFile(import.meta.url)), '..', '..');
const PLACE = (file) => placeJoin(PLACE_ROOT, file);`;

/** Settings of a package that is not loaded yet are kept until it is. */
const lazily = (name, part) => `import { createRequire } from 'node:module';
const load = createRequire(import.meta.url);
const settings = [];
let loaded;
const real = () => {
  if (loaded === undefined) {
    loaded = load(${JSON.stringify(name)})${part === undefined ? '' : `.${part}`};
    for (const [key, given] of settings.splice(0)) loaded[key](...given);
  }
  return loaded;
};
const lazy = new Proxy(function () {}, {
  apply: (_, self, given) => Reflect.apply(real(), self, given),
  construct: (_, given) => Reflect.construct(real(), given),
  get: (_, key) =>
    loaded === undefined && (key === 'cache' || key === 'concurrency')
      ? (...given) => (loaded === undefined ? void settings.push([key, given]) : loaded[key](...given))
      : real()[key],
});
export ${part === undefined ? 'default lazy' : `{ lazy as ${part} }`};`;

const LAZY = '\0at-first-use:';
const plugin = (root) => ({
  name: 'places',
  resolveId: (id) => (Object.hasOwn(AT_FIRST_USE, id) ? `${LAZY}${id}` : null),
  load: (id) => (id.startsWith(LAZY) ? lazily(id.slice(LAZY.length), AT_FIRST_USE[id.slice(LAZY.length)]) : null),
  transform(code, id) {
    if (!id.endsWith('.ts') || !code.includes('import.meta')) return null;
    const file = relative(root, id).split(sep).join('/');
    const place = `PLACE(${JSON.stringify(file)})`;
    const placed = code
      .replaceAll(/\bimport\.meta\.url\b/g, `placeUrl(${place}).href`)
      .replaceAll(/\bimport\.meta\.dirname\b/g, `placeFolder(${place})`)
      .replaceAll(/\bimport\.meta\.filename\b/g, place)
      .replaceAll(/\bimport\.meta\.main\b/g, String(file === ENTRY));
    return { code: placed, map: null };
  },
});

/** When a file was written and how long it is: that tells whether the bundle is older than what it is made of. */
function marksOf(root, files) {
  return Object.fromEntries(
    files.map((file) => {
      const { mtimeMs, size } = statSync(join(root, file), { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: -1 };
      return [file, `${mtimeMs} ${size}`];
    }),
  );
}

function isFresh(root, out) {
  const stamp = join(out, '.sources.json');
  if (!existsSync(stamp) || !existsSync(join(out, 'host.mjs'))) return false;
  try {
    const known = JSON.parse(readFileSync(stamp, 'utf8'));
    return JSON.stringify(known) === JSON.stringify(marksOf(root, Object.keys(known)));
  } catch {
    return false; // a stamp that was cut off
  }
}

/** Makes dist/host/host.mjs where it is missing or older than its sources: half a second. Gives its folder. */
export async function buildHost(root = ROOT) {
  const out = join(root, 'dist', 'host');
  if (isFresh(root, out)) return out;
  mkdirSync(out, { recursive: true });
  const build = await rolldown({
    input: join(root, ENTRY),
    platform: 'node',
    external: [/^node:/, ...NATIVE],
    logLevel: 'warn',
    plugins: [plugin(root)],
    transform: { target: 'node24' },
  });
  const { output } = await build.write({
    file: join(out, 'host.mjs'),
    format: 'es',
    sourcemap: false,
    codeSplitting: false,
    banner: BANNER,
  });
  await build.close();
  const files = output.flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []));
  const own = files.filter((file) => !file.startsWith('\0')).map((file) => relative(root, file));
  const kept = [...new Set([...own, 'scripts/build-host.mjs', 'package-lock.json'])];
  writeFileSync(join(out, '.sources.json'), JSON.stringify(marksOf(root, kept)));
  return out;
}
