/** Loudness of sound as EBU R 128 / ITU-R BS.1770 measure it, through ffmpeg's ebur128 filter. */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { startFfmpeg } from '../media/ffmpeg.node.ts';

/** Below the gate of BS.1770 (−70 LUFS) there is nothing to measure. */
export const SILENCE_LUFS = -70;
/** The filter reports every 100 ms of sound, cumulatively; only the last report counts, and it is shorter than this. */
const REPORT_CHARACTERS = 4096;
/** The summary's peak is rounded to this, dB. */
const SUMMARY_STEP_DB = 0.1;

export interface Loudness {
  /** LUFS; −Infinity for silence. */
  readonly integrated: number;
  /** dBTP; −Infinity for silence. */
  readonly truePeak: number;
}

const number = z
  .string()
  .transform((text) => (text === '-inf' ? -Infinity : Number(text)))
  .refine((value) => !Number.isNaN(value));

/**
 * Measures the first sound of an input given as ffmpeg options (`-i file`, or a raw format), after optional filters.
 * ebur128 takes a fifth of the time of loudnorm's measuring pass (0.42 against 2.02 s of processor time for a minute of
 * AAC). On the first minute of nine pieces of music (three samples, six fixtures) they differ by at most 0.14 LU and
 * 0.01 dB of true peak. Its summary is rounded to 0.1, so loudness and peak come from the last of its
 * reports; the summary's peak is used (rounded up) when it is higher: then the peak lies in the last, unreported 100 ms.
 */
export async function measureLoudness(
  input: readonly string[],
  options: { readonly filters?: string; readonly signal?: AbortSignal } = {},
): Promise<Loudness> {
  const measure = 'ebur128=peak=true:metadata=1:framelog=verbose,ametadata=mode=print:file=pipe\\\\:1';
  const filters = `${options.filters === undefined ? '' : `${options.filters},`}${measure}`;
  const running = startFfmpeg(
    ['-v', 'info', '-nostats', ...input, '-vn', '-sn', '-map', '0:a:0', '-af', filters, '-f', 'null', '-'],
    options.signal === undefined ? {} : { signal: options.signal },
  );
  running.stdin.end();
  let reports = '';
  for await (const chunk of running.stdout)
    reports = (reports + (chunk as Buffer).toString('latin1')).slice(-REPORT_CHARACTERS);
  await running.done;
  const summary = running.stderr().slice(running.stderr().lastIndexOf('Summary:'));
  const integrated = parsed(/lavfi\.r128\.I=(\S+)/g, reports) ?? parsed(/I:\s+(\S+) LUFS/g, summary);
  const rounded = parsed(/Peak:\s+(\S+) dBFS/g, summary);
  if (integrated === undefined || rounded === undefined)
    throw new PicaividError('ffmpeg_failed', 'ffmpeg did not say how loud the sound is.');
  const channels = [0, 1].map((channel) =>
    parsed(new RegExp(`lavfi\\.r128\\.true_peaks_ch${channel}=(\\S+)`, 'g'), reports),
  );
  const reported = 20 * Math.log10(Math.max(0, ...channels.map((peak) => peak ?? 0)));
  const truePeak = rounded > reported + SUMMARY_STEP_DB ? rounded + SUMMARY_STEP_DB / 2 : reported;
  return { integrated: integrated <= SILENCE_LUFS ? -Infinity : integrated, truePeak };
}

/** The last number that a pattern finds. */
function parsed(pattern: RegExp, text: string): number | undefined {
  const last = [...text.matchAll(pattern)].at(-1)?.[1];
  const result = number.safeParse(last);
  return result.success ? result.data : undefined;
}
