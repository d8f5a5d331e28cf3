/** Loudness of sound as EBU R 128 / ITU-R BS.1770 measure it, through ffmpeg's loudnorm in its measuring pass. */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';

/** Below the gate of BS.1770 (−70 LUFS) there is nothing to measure. */
export const SILENCE_LUFS = -70;

export interface Loudness {
  /** LUFS; −Infinity for silence. */
  readonly integrated: number;
  /** dBTP; −Infinity for silence. */
  readonly truePeak: number;
}

const number = z.string().transform((text) => (text.includes('inf') ? -Infinity : Number(text)));
const measured = z.object({ input_i: number, input_tp: number });

/** Measures the first sound of an input given as ffmpeg options (`-i file`, or a raw format), after optional filters. */
export async function measureLoudness(
  input: readonly string[],
  options: { readonly filters?: string; readonly signal?: AbortSignal } = {},
): Promise<Loudness> {
  const filters = `${options.filters === undefined ? '' : `${options.filters},`}loudnorm=print_format=json`;
  const { stderr } = await runFfmpeg(
    ['-v', 'info', '-nostats', ...input, '-vn', '-sn', '-map', '0:a:0', '-af', filters, '-f', 'null', '-'],
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const from = stderr.lastIndexOf('{');
  const to = stderr.lastIndexOf('}');
  const parsed = from < 0 || to < from ? undefined : measured.safeParse(JSON.parse(stderr.slice(from, to + 1)));
  if (parsed?.success !== true) throw new PicaividError('ffmpeg_failed', 'ffmpeg did not say how loud the sound is.');
  const { input_i: integrated, input_tp: truePeak } = parsed.data;
  return { integrated: integrated <= SILENCE_LUFS ? -Infinity : integrated, truePeak };
}
