/**
 * How sharp the film is drawn: where frames come too late, resolution falls first; at the lowest step frames are left
 * out, and the sound's time is kept in any case. It rises again after a while without late frames, and waits longer
 * each time a rise did not hold. Pure: times are given.
 */

/** Shares of the canvas' sides. */
export const QUALITY_STEPS = [1, 0.75, 0.5, 0.35] as const;
/** Late frames are counted over this long, ms. */
const WINDOW_MS = 1000;
/** This share of the frames due may be late, and at least so many must be, before resolution falls: one long task is no reason. */
const LATE_SHARE = 0.12;
const LATE_LEAST = 3;
/** After a step down so long is not judged, ms: what was under way was still drawn at the old size. */
const SETTLE_MS = 500;
/** Resolution rises after so long without falling, ms; doubled each time a rise did not last. */
const RISE_MS = 4000;
const RISE_MOST_MS = 64_000;

interface Note {
  readonly at: number;
  readonly due: number;
  readonly late: number;
}

export class QualityGovernor {
  private step = 0;
  private notes: Note[] = [];
  private calmSince: number | undefined;
  private wait = RISE_MS;
  private roseAt: number | undefined;
  private lateFrames = 0;
  private settled = Number.NEGATIVE_INFINITY;

  get scale(): number {
    return QUALITY_STEPS[this.step] as number;
  }

  /** Frames that came too late to be shown, in all. */
  get dropped(): number {
    return this.lateFrames;
  }

  /** Frames that fell due since the last drawing, and how many of them were not shown. Returns the scale to draw at. */
  note(due: number, late: number, at: number): number {
    this.lateFrames += late;
    if (at < this.settled) {
      this.calmSince = at;
      return this.scale;
    }
    this.notes.push({ at, due, late });
    while (this.notes.length > 0 && (this.notes[0] as Note).at < at - WINDOW_MS) this.notes.shift();
    const sum = this.notes.reduce((all, one) => ({ due: all.due + one.due, late: all.late + one.late }), {
      due: 0,
      late: 0,
    });
    if (sum.late >= LATE_LEAST && sum.late > sum.due * LATE_SHARE) this.fall(at);
    else if (late > 0) this.calmSince = at;
    else if (this.calmSince === undefined) this.calmSince = at;
    else if (this.step > 0 && at - this.calmSince >= this.wait) this.rise(at);
    return this.scale;
  }

  /** Playing stopped or jumped: what was late before says nothing about what comes. */
  pause(): void {
    this.notes = [];
    this.calmSince = undefined;
  }

  private fall(at: number): void {
    this.notes = [];
    this.calmSince = at;
    this.settled = at + SETTLE_MS;
    if (this.step === QUALITY_STEPS.length - 1) return;
    this.step++;
    // A rise that did not last: try again later.
    if (this.roseAt !== undefined && at - this.roseAt < this.wait) this.wait = Math.min(RISE_MOST_MS, this.wait * 2);
    this.roseAt = undefined;
  }

  private rise(at: number): void {
    this.step--;
    this.roseAt = at;
    this.calmSince = at;
    this.notes = [];
  }
}
