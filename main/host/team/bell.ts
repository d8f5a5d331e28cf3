/** Wakes whoever waits; one that is rung while nobody waits is heard by the next. Pure. */
export class Bell {
  private rung = false;
  private waiting: (() => void)[] = [];

  ring(): void {
    if (this.waiting.length === 0) {
      this.rung = true;
      return;
    }
    const all = this.waiting;
    this.waiting = [];
    for (const wake of all) wake();
  }

  /** Resolves when it is rung, or the signal is raised. */
  wait(signal?: AbortSignal): Promise<void> {
    if (this.rung || signal?.aborted === true) {
      this.rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.waiting = this.waiting.filter((one) => one !== wake);
        resolve();
      };
      this.waiting.push(wake);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
