/** Small films for tests of rendering: three short clips of 640×360. */
import type { Timeline } from '../../../pipeline/domain.ts';
import { clipStarts } from '../../../pipeline/timeline/clip-math.ts';
import type { RendersDocument } from '../review-contract.ts';
import { builtFilm } from './films.node.ts';
import { type HostChild, until } from './host.node.ts';

/** Frames of each clip of a small film. */
export const SMALL_FRAMES = 12;

/** A film of the folder's photos with this many short clips, set by one edit on the film that was built. */
export async function smallFilm(
  host: HostChild,
  folder: string,
  { count = 3, renderer = 'ken_burns' as 'ken_burns' | 'depth_parallax', frames = SMALL_FRAMES } = {},
): Promise<{ readonly id: string; readonly clips: Timeline['clips'] }> {
  const { created, existing } = await host.studio.listings.create.mutate({ folders: [folder] });
  const id = [...created, ...existing][0]?.id ?? '';
  const built = await builtFilm(host, id, { targetSeconds: 12 });
  if (built.timeline === null) throw new Error('no film');
  const { template, frameRate, clips: all } = built.timeline;
  const clips = all.slice(0, count).map((clip, index) => ({
    ...clip,
    motion: 'push_in' as const,
    renderer,
    // Each of its own, also where one photo shows twice.
    amount: 0.6 + index / 20,
    moveFrames: frames,
    sourceInFrame: 0,
    durationFrames: frames,
    transitionIn: { type: 'cut' as const, frames: 0 },
  }));
  const total = clipStarts(clips).at(-1) ?? 0;
  const edit = {
    type: 'setTemplate' as const, template, frameRate, width: 640, height: 360, clips, beats: [{ frame: 0, beatInBar: 1, confidence: 1 }],
    music: null, titles: [], markers: [], leftOut: [],
  }; // biome-ignore format: one film
  if (total !== frames * clips.length) throw new Error('another length');
  await host.studio.timeline.edit.mutate({ id, revision: built.revision, label: 'A small film', edit });
  return { id, clips };
}

/** Waits until nothing of the listing is being rendered or waits for it. */
export function rendersDone(host: HostChild, id: string): Promise<RendersDocument> {
  return until(async () => {
    const document = await host.studio.renders.get.query({ id });
    return document.task === null ? document : undefined;
  });
}

export async function clipState(host: HostChild, id: string, clipId: string): Promise<string | undefined> {
  const { clips } = await host.studio.renders.get.query({ id });
  return clips.find((clip) => clip.clipId === clipId)?.state;
}
