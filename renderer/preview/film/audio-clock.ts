/** What is heard now, from the clocks of Web Audio. Pure. */

export interface AudioTimes {
  /** `AudioContext.currentTime`, seconds: what is being computed. */
  readonly currentTime: number;
  /** Seconds from there to the ear; 0 where the browser does not say. */
  readonly outputLatency: number;
  /** `getOutputTimestamp()`: context time at the device, seconds, and when that was, ms of `performance.now()`. */
  readonly contextTime?: number;
  readonly performanceTime?: number;
}

/** A time stamp of the device older than this is not believed, seconds: the device has stopped telling. */
const STALE_SECONDS = 0.5;

/** Context time that is heard at `now` (ms of `performance.now()`). */
export function heardAt(times: AudioTimes, now: number): number {
  const { currentTime, outputLatency, contextTime, performanceTime } = times;
  const computed = currentTime - outputLatency;
  if (contextTime === undefined || performanceTime === undefined || performanceTime <= 0) return computed;
  const age = (now - performanceTime) / 1000;
  if (age < 0 || age > STALE_SECONDS) return computed;
  // Never beyond what has been computed: a device that counts ahead has told the wrong time.
  return Math.min(currentTime, contextTime + age);
}

/** Readings further off than this are a jump (a pause, another device), not jitter, seconds. */
const JUMP_SECONDS = 0.06;
/** Share of a reading's difference that is believed at once: readings jitter by the device's buffer, about 10 ms. */
const SHARE = 0.1;

/** Smooths readings of one clock against another, steadier one: both run equally fast but for some parts in a million. */
export class ClockFilter {
  private offset: number | undefined;

  /** Seconds of the first clock at `steady` seconds of the second, given a reading of it. */
  read(seconds: number, steady: number): number {
    const measured = seconds - steady;
    if (this.offset === undefined || Math.abs(measured - this.offset) > JUMP_SECONDS) this.offset = measured;
    else this.offset += (measured - this.offset) * SHARE;
    return steady + this.offset;
  }

  reset(): void {
    this.offset = undefined;
  }
}
