/**
 * The one module where seconds and frames meet. A frame is an integer; a rate is a rational; a floating-point second
 * never identifies a frame.
 */
export interface FrameRate {
  readonly num: number;
  readonly den: number;
}

export const FPS_24: FrameRate = { num: 24, den: 1 };
export const FPS_25: FrameRate = { num: 25, den: 1 };
export const FPS_30: FrameRate = { num: 30, den: 1 };
export const FPS_50: FrameRate = { num: 50, den: 1 };
export const FPS_60: FrameRate = { num: 60, den: 1 };
export const FPS_23_976: FrameRate = { num: 24_000, den: 1001 };
export const FPS_29_97: FrameRate = { num: 30_000, den: 1001 };
export const FPS_59_94: FrameRate = { num: 60_000, den: 1001 };

/** Start of a frame, in seconds. */
export function frameToSeconds(frame: number, rate: FrameRate): number {
  return (frame * rate.den) / rate.num;
}

/** The frame whose start is nearest to a time (ties go up). */
export function secondsToFrame(seconds: number, rate: FrameRate): number {
  return Math.round((seconds * rate.num) / rate.den);
}

/**
 * A thousandth of a frame: what a time may lack of a frame's start because it went through seconds as a double, through
 * microseconds, or through a media clock, and still be that frame's. At 60 fps it is 17 µs.
 */
const FRAME_SLACK = 1e-3;

/** The frame that is shown at a time: the last one that has begun. */
export function frameAtSeconds(seconds: number, rate: FrameRate): number {
  return Math.floor((seconds * rate.num) / rate.den + FRAME_SLACK);
}

/** First audio sample of a frame at a sample rate in hertz, exact for integers below 2^53. */
export function frameToSample(frame: number, rate: FrameRate, sampleRate: number): number {
  return Math.round((frame * rate.den * sampleRate) / rate.num);
}

/** `30`, or `30000/1001`: as ffmpeg and OpenTimelineIO write it. */
export function rateToString(rate: FrameRate): string {
  return rate.den === 1 ? String(rate.num) : `${rate.num}/${rate.den}`;
}

/** Frames that a second of timecode counts: 30 for 30000/1001. */
export function timecodeBase(rate: FrameRate): number {
  return Math.max(1, Math.round(rate.num / rate.den));
}

/** Numbers that drop-frame leaves out in each minute but the tenth: 2 at 29.97, 4 at 59.94, none elsewhere. */
export function droppedPerMinute(rate: FrameRate): number {
  return rate.den === 1001 && rate.num % 30_000 === 0 ? rate.num / 15_000 : 0;
}

/**
 * SMPTE ST 12-1 timecode of a frame, `hh:mm:ss:ff`; with `drop` at 29.97 and 59.94 drop-frame, `hh:mm:ss;ff`, which
 * leaves out numbers (not frames) so that it keeps with the clock. A negative frame has a minus sign. Hours go on after 24.
 */
export function timecode(frame: number, rate: FrameRate, drop = false): string {
  const base = timecodeBase(rate);
  const gap = drop ? droppedPerMinute(rate) : 0;
  let count = Math.abs(Math.trunc(frame));
  if (gap > 0) {
    const minute = base * 60 - gap;
    const ten = minute * 10 + gap;
    const within = count % ten;
    // The first minute of ten has all its numbers.
    const minutes = within < base * 60 ? 0 : 1 + Math.floor((within - base * 60) / minute);
    count += gap * (9 * Math.floor(count / ten) + minutes);
  }
  const seconds = Math.floor(count / base);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${frame < 0 ? '-' : ''}${clock}${gap > 0 ? ';' : ':'}${two(count % base)}`;
}

/**
 * The frame of a timecode, or undefined when it is none: minutes, seconds or frames too large, or a number that
 * drop-frame leaves out. A semicolon (or full stop) before the frames says drop-frame, at rates that have it.
 */
export function parseTimecode(text: string, rate: FrameRate): number | undefined {
  const match = /^(-?)(\d{1,4}):(\d\d):(\d\d)([:;.])(\d\d)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, minus, hoursText, minutesText, secondsText, mark, framesText] = match;
  const [hours, minutes, seconds, frames] = [hoursText, minutesText, secondsText, framesText].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const base = timecodeBase(rate);
  const gap = mark === ':' ? 0 : droppedPerMinute(rate);
  if (mark !== ':' && gap === 0) return undefined;
  if (minutes > 59 || seconds > 59 || frames >= base) return undefined;
  if (seconds === 0 && minutes % 10 !== 0 && frames < gap) return undefined;
  const allMinutes = hours * 60 + minutes;
  const frame = (allMinutes * 60 + seconds) * base + frames - gap * (allMinutes - Math.floor(allMinutes / 10));
  return minus === '-' && frame !== 0 ? -frame : frame;
}
