/** The thread that listens to music and chooses shots: seconds of CPU in which the host goes on answering. */
import { type ErrorData, toPicaividError } from '../../base/errors.ts';
import { newId } from '../../db/id.node.ts';
import type { BeatTrack, Timeline } from '../../pipeline/domain.ts';
import { analyzeMusic } from '../../pipeline/timeline/beats/music.node.ts';
import { type BuildInput, buildTimeline } from '../../pipeline/timeline/builder.ts';

export type FilmTask =
  /** Nothing: the thread is there, with its code. */
  | { readonly kind: 'warm' }
  | { readonly kind: 'listen'; readonly path: string; readonly defaultBpm: number }
  | { readonly kind: 'build'; readonly input: Omit<BuildInput, 'newId'> };
export type FilmResult<K extends FilmTask['kind']> = K extends 'listen'
  ? BeatTrack
  : K extends 'build'
    ? Timeline
    : null;
export type FilmAnswer =
  | { readonly ok: true; readonly result: BeatTrack | Timeline | null }
  | { readonly ok: false; readonly error: ErrorData };

export default async function work(task: FilmTask): Promise<FilmAnswer> {
  try {
    if (task.kind === 'warm') return { ok: true, result: null };
    const result =
      task.kind === 'listen'
        ? await analyzeMusic(task.path, { defaultBpm: task.defaultBpm })
        : buildTimeline({ ...task.input, newId });
    return { ok: true, result };
  } catch (error) {
    return { ok: false, error: toPicaividError(error).toJSON() };
  }
}
