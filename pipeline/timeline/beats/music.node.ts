/** From a music file to its beats. */
import type { Models } from '../../../models/types.ts';
import type { BeatTrack, OnProgress } from '../../domain.ts';
import { decodeMono } from '../../media/audio.node.ts';
import { SAMPLE_RATE } from './onset.ts';
import { trackBeats, trackFromLogits } from './tracker.ts';

export { TRACKER_VERSION } from './tracker.ts';

export interface MusicOptions {
  readonly models?: Pick<Models, 'beats'>;
  readonly defaultBpm: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Decodes and tracks, with Beat This! where it is installed. Errors: `audio_unsupported`, `audio_damaged`,
 * `audio_too_short`, `ffmpeg_missing`, `model_failed`, `cancelled`.
 */
export async function analyzeMusic(path: string, options: MusicOptions): Promise<BeatTrack> {
  const { onProgress, defaultBpm, signal } = options;
  const cancel = signal === undefined ? {} : { signal };
  onProgress?.({ fraction: 0, sentence: 'Decoding the music' });
  const samples = await decodeMono(path, SAMPLE_RATE, cancel);
  onProgress?.({ fraction: 0.3, sentence: 'Finding the beats' });
  const network = options.models?.beats;
  const track =
    network === undefined
      ? trackBeats(samples, { defaultBpm })
      : await network
          .logits(samples, signal, (fraction) =>
            onProgress?.({ fraction: 0.3 + 0.65 * fraction, sentence: 'Finding the beats' }),
          )
          .then(({ beat, downbeat }) =>
            trackFromLogits(beat, downbeat, network.framesPerSecond, samples, { defaultBpm }),
          );
  onProgress?.({ fraction: 1, sentence: 'Beats found' });
  return track;
}
