/** What the parts of rendering share, and a film's clips as they are to be rendered. */
import { join } from 'node:path';
import type { Film } from '../../db/studio/films.node.ts';
import type { ClipFacts, RenderStore, TakeRow } from '../../db/studio/renders.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import type { Models } from '../../models/types.ts';
import type { TimelineClip } from '../../pipeline/domain.ts';
import { roomName } from '../../pipeline/rooms/view.ts';
import { clipStarts } from '../../pipeline/timeline/clip-math.ts';
import type { FileHashes } from '../clip-spec.node.ts';
import { type FileState, type RecordedFile, takeFileState } from '../take-files.node.ts';
import { type Wanted, wantedOf } from './renders-wanted.node.ts';
import type { FilmBuilder, FilmCore } from './timeline-build.node.ts';

export interface RenderParts {
  readonly film: FilmCore;
  readonly builder: FilmBuilder;
  readonly store: RenderStore;
  readonly hashes: FileHashes;
  /** Networks for the checks of a clip. */
  readonly models: { use<T>(run: (models: Models) => Promise<T>): Promise<T> };
  /** All takes of the studio, each in a folder named by its spec's hash. */
  readonly takesDir: string;
}

export interface WantedClip {
  readonly clip: TimelineClip;
  /** First frame in the film. */
  readonly startFrame: number;
  readonly facts: ClipFacts;
  /** Undefined when the photo is gone and was never rendered. */
  readonly wanted: Wanted | undefined;
  readonly room: string;
  readonly photoFile: string;
  /** Takes whose files are not here can be brought. */
  readonly state: (take: TakeRow) => Promise<FileState>;
}

/** Where the take's file lies on this machine, whatever path was recorded, and what is known of it. */
export function recordedFile({ takesDir }: Pick<RenderParts, 'takesDir'>, take: TakeRow): RecordedFile {
  const { specHash, sha256, bytes, mtimeMs } = take;
  return { path: join(takesDir, specHash, 'clip.mp4'), sha256, bytes, mtimeMs };
}

/** Whether a take is there: on this disk, or at the team's storage, from where it comes when it is wanted. */
export async function takeState(
  parts: RenderParts,
  row: Pick<ListingRow, 'teamId'>,
  take: TakeRow,
): Promise<FileState> {
  const state = await takeFileState(recordedFile(parts, take));
  return state === 'missing' && parts.film.core.team.hasTake(row, take) ? 'present' : state;
}

/** The clips of the listing's film in its order, or one of them; none without a film. */
export async function wantedClips(
  parts: RenderParts,
  row: ListingRow,
  options: { readonly film?: Film | undefined; readonly only?: string } = {},
): Promise<readonly WantedClip[]> {
  const { film: core, builder, store, hashes } = parts;
  const film = options.film ?? (await core.films.film(row.id));
  if (film === undefined) return [];
  const { timeline } = film;
  const analysis = await core.core.analyses.get(row);
  const source = await builder.source(row);
  const rooms = new Map(source?.analysis.clusters.map((cluster) => [cluster.id, roomName(cluster.roomType)]));
  const asked = timeline.clips.filter((clip) => options.only === undefined || clip.id === options.only);
  const factsOf = await store.facts(asked.map((clip) => clip.id));
  const starts = clipStarts(timeline.clips);
  const clips: WantedClip[] = [];
  for (const [index, clip] of timeline.clips.entries()) {
    if (options.only !== undefined && clip.id !== options.only) continue;
    const facts = factsOf(clip.id);
    const photo = analysis?.photos.get(clip.photoId);
    clips.push({
      clip,
      startFrame: starts[index] ?? 0,
      facts,
      wanted: await wantedOf(clip, timeline, { analysis, facts, hashes }),
      room: rooms.get(clip.clusterId) ?? (photo === undefined ? '' : roomName(photo.roomLabel)),
      photoFile: photo?.file ?? '',
      state: (take) => takeState(parts, row, take),
    });
  }
  return clips;
}
