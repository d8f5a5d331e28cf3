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
export const FPS_60: FrameRate = { num: 60, den: 1 };

/** Start of a frame, in seconds. */
export function frameToSeconds(frame: number, rate: FrameRate): number {
  return (frame * rate.den) / rate.num;
}

/** The frame whose start is nearest to a time (ties go up). */
export function secondsToFrame(seconds: number, rate: FrameRate): number {
  return Math.round((seconds * rate.num) / rate.den);
}

/** First audio sample of a frame at a sample rate in hertz, exact for integers below 2^53. */
export function frameToSample(frame: number, rate: FrameRate, sampleRate: number): number {
  return Math.round((frame * rate.den * sampleRate) / rate.num);
}

/** `30`, or `30000/1001`: as ffmpeg and OpenTimelineIO write it. */
export function rateToString(rate: FrameRate): string {
  return rate.den === 1 ? String(rate.num) : `${rate.num}/${rate.den}`;
}
