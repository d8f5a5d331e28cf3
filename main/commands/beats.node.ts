import { openModels } from '../../models/open.node.ts';
import type { ModelSet } from '../../models/types.ts';
import { analyzeMusic } from '../../pipeline/timeline/beats/music.node.ts';
import type { CommandResult } from '../cli.node.ts';
import { fromCaller, requireFile } from '../paths.node.ts';
import type { CommandContext } from './context.ts';

/** `beats <audio>`: `{bpm, beat_offset, beats: [{time, beat_in_bar, confidence}], downbeats, source}`. */
export async function beatsCommand(
  audio: string,
  options: { models: ModelSet | 'auto' },
  { settings, onProgress, signal }: CommandContext,
): Promise<CommandResult> {
  const path = fromCaller(audio);
  await requireFile(path, 'audio file');
  const models = await openModels({ set: options.models, signal });
  try {
    const track = await analyzeMusic(path, { models, defaultBpm: settings.DEFAULT_BPM, onProgress, signal });
    const json = {
      bpm: track.bpm,
      beat_offset: track.beatOffset,
      beats: track.beats.map((beat) => ({ time: beat.time, beat_in_bar: beat.beatInBar, confidence: beat.confidence })),
      downbeats: track.downbeats,
      source: track.source,
      has_pulse: track.hasPulse,
      beats_per_bar: track.beatsPerBar,
      confidence: track.confidence,
      duration_seconds: track.durationSeconds,
      sections: track.sections.map((section) => ({
        start: section.startSeconds,
        end: section.endSeconds,
        energy: section.energy,
      })),
    };
    const text = track.hasPulse
      ? `${track.bpm.toFixed(2)} BPM, ${track.beatsPerBar} beats a bar, ${track.beats.length} beats from ${track.beatOffset.toFixed(3)} s (${track.source}, confidence ${track.confidence.toFixed(2)}).`
      : `No steady pulse: an even grid of ${track.bpm} BPM stands in.`;
    return { json, text };
  } finally {
    await models.close();
  }
}
