/** Instances of the renderer's WebAssembly modules; each module is compiled once per thread. */
import { readFileSync } from 'node:fs';

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
/** What every module of `assembly` exports. */
export interface WasmMemory {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heapBase(): number;
}
const PAGE = 65_536;
const compiled = new Map<string, object>();

/** A new instance, with a memory of its own; `T` names what the module exports. */
export function instantiate<T extends WasmMemory>(name: 'warp' | 'shrink'): T {
  // TypeScript has the types of WebAssembly only in its library for pages.
  const api = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
  const module =
    compiled.get(name) ?? new api.Module(readFileSync(new URL(`./assembly/${name}.wasm`, import.meta.url)));
  compiled.set(name, module);
  return new api.Instance(module, {}).exports as T;
}

const round16 = (n: number): number => Math.ceil(n / 16) * 16;

/** Hands out places in an instance's memory, each a multiple of 16 bytes; `done` makes the memory large enough. */
export function places(wasm: WasmMemory): { take(bytes: number): number; done(): void } {
  let top = round16(wasm.heapBase());
  return {
    take: (bytes) => {
      const at = top;
      top = round16(top + bytes);
      return at;
    },
    done: () => {
      const missing = top - wasm.memory.buffer.byteLength;
      if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
    },
  };
}
