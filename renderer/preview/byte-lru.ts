/** A cache that holds at most so many bytes and lets go of what was used longest ago. Pure. */

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * `onEvict` is called for every value that leaves: pushed out, replaced, deleted or cleared. The newest entry always
 * stays, even alone beyond the budget: it is about to be drawn.
 */
export class ByteLru<V> {
  private readonly budget: number;
  private readonly onEvict: (value: V, key: string) => void;
  /** A Map keeps the order of insertion: the first is the one used longest ago. */
  private readonly entries = new Map<string, Entry<V>>();
  private held = 0;

  constructor(budgetBytes: number, onEvict: (value: V, key: string) => void = () => {}) {
    this.budget = budgetBytes;
    this.onEvict = onEvict;
  }

  get bytes(): number {
    return this.held;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value, which is now the one used last. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  set(key: string, value: V, bytes: number): void {
    this.delete(key);
    this.entries.set(key, { value, bytes });
    this.held += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.budget || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.held -= entry.bytes;
    this.onEvict(entry.value, key);
  }

  /** Deletes every key that passes. */
  deleteWhere(test: (key: string) => boolean): void {
    for (const key of [...this.entries.keys()]) if (test(key)) this.delete(key);
  }

  clear(): void {
    this.deleteWhere(() => true);
  }

  /** Forgets everything without `onEvict`: the values are gone already, as textures after a lost context. */
  forget(): void {
    this.entries.clear();
    this.held = 0;
  }
}
