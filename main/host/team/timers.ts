/** Named timers that are ended together; setting one again begins it anew. Pure but for the clock. */
export class Timers {
  private readonly all = new Map<string, ReturnType<typeof setTimeout>>();
  private ended = false;

  has(name: string): boolean {
    return this.all.has(name);
  }

  set(name: string, inMs: number, run: () => void): void {
    clearTimeout(this.all.get(name));
    if (this.ended) return;
    const timer = setTimeout(() => {
      this.all.delete(name);
      run();
    }, inMs);
    // In Node a timer alone keeps no process alive.
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
    this.all.set(name, timer);
  }

  clear(): void {
    for (const timer of this.all.values()) clearTimeout(timer);
    this.all.clear();
  }

  /** None begins any more. */
  end(): void {
    this.ended = true;
    this.clear();
  }
}
