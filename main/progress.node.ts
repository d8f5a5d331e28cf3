/** Progress on standard error: a bar, a sentence, the time left. Standard output stays free for results. */
import type { OnProgress } from '../pipeline/domain.ts';

/** `1:05`, `12 s`. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const BAR_CELLS = 24;
/** On a pipe, where no line can be drawn over, one line each time a sentence changes or a quarter is done. */
const QUIET_STEP = 0.25;

export function progressPrinter(stream: NodeJS.WriteStream = process.stderr): { onProgress: OnProgress; done(): void } {
  let lastSentence = '';
  let lastStep = -1;
  let drawn = 0;
  return {
    onProgress: ({ fraction, sentence, secondsLeft }) => {
      const left = secondsLeft === undefined || fraction >= 1 ? '' : ` · ${timeLeft(secondsLeft)} left`;
      const percent = `${String(Math.floor(fraction * 100)).padStart(3)} %`;
      if (stream.isTTY) {
        const now = performance.now();
        if (fraction < 1 && now - drawn < 50) return; // twenty redraws a second are enough for any eye
        drawn = now;
        const filled = Math.round(fraction * BAR_CELLS);
        const line = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${percent}  ${sentence}${left}`;
        stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
        return;
      }
      const step = Math.floor(fraction / QUIET_STEP);
      const head = sentence.replace(/[\d/ ]+/g, '');
      if (head === lastSentence && step === lastStep) return;
      lastSentence = head;
      lastStep = step;
      stream.write(`${percent}  ${sentence}${left}\n`);
    },
    done: () => {
      if (stream.isTTY) stream.write('\r\u001b[2K');
    },
  };
}
