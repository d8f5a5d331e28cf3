/** What a film needs of its music beside the beats: a key under which they are kept, and whether it can be used. */
import { PicaividError } from '../base/errors.ts';
import { sha256Text } from '../base/files.node.ts';
import { measureLoudness, SILENCE_LUFS } from '../pipeline/assemble/loudness.node.ts';
import type { BeatTrack } from '../pipeline/domain.ts';
import { TRACKER_VERSION } from '../pipeline/timeline/beats/music.node.ts';

/** Below this a loop of the music would be heard as a stutter: about two bars. */
export const MIN_MUSIC_SECONDS = 8;

/** Names the beats of a piece of music: the same bytes, tracker, network and tempo without a pulse give the same. */
export function beatsKey(musicSha256: string, network: string | undefined, defaultBpm: number): string {
  return sha256Text(JSON.stringify([musicSha256, TRACKER_VERSION, network ?? 'own', defaultBpm]));
}

/**
 * Throws `audio_too_short` for music that would stutter and `audio_unsupported` for silence. `wayOut` ends the
 * sentence: what else a person can do.
 */
export async function requireAudibleMusic(
  track: BeatTrack,
  path: string,
  name: string,
  wayOut: string,
  signal?: AbortSignal,
): Promise<void> {
  if (track.durationSeconds < MIN_MUSIC_SECONDS)
    throw new PicaividError(
      'audio_too_short',
      `${name} lasts ${track.durationSeconds.toFixed(1)} seconds; a film needs music of at least ${MIN_MUSIC_SECONDS} seconds. Choose a longer track, or ${wayOut}.`,
      { file: path },
    );
  if (track.hasPulse) return;
  // Only music without a pulse can be silence: one more look at it is then worth a second.
  if ((await measureLoudness(['-i', path], signal === undefined ? {} : { signal })).integrated <= SILENCE_LUFS)
    throw new PicaividError(
      'audio_unsupported',
      `${name} is silent. Choose another track, or ${wayOut} for a silent film.`,
      { file: path },
    );
}
