/** What the studio and the film command say alike of a film that they hand over. Pure. */
import { clipHref } from '../pipeline/assemble/originals.ts';
import type { DeliveryClip } from '../pipeline/assemble/provenance.ts';
import type { Take, Timeline } from '../pipeline/domain.ts';
import { type FrameRate, frameToSeconds, secondsToFrame } from '../pipeline/time.ts';
import { toOtio } from '../pipeline/timeline/otio.ts';

/** Web and phone players normalise to about this loudness; EBU R 128 s2 and the platforms' own pages name it. */
export const WEB_LOUDNESS_LUFS = -14;
export const TRUE_PEAK_DBTP = -1;
/** The picture of this much of the film gives the poster: past the opening fade, still the opening picture. */
const POSTER_SECONDS = 1;

/** A clip of the film with what it was made from and where that lies. */
export interface HandedClip {
  readonly clipId: string;
  /** The room, in words. */
  readonly title: string;
  readonly take: Take;
  readonly clipPath: string;
  /** Of the clip's file as it was rendered; null where nobody kept it. */
  readonly clipSha256: string | null;
  readonly photo: { readonly path: string; readonly file: string };
  /** Where its depth comes from, where that is known. */
  readonly depthSource?: string | undefined;
  /** Why the take asks less than the film does. */
  readonly downgradeReason: string | null;
}

/** The clip as originals page and provenance tell of it. */
export function deliveryClip(handed: HandedClip): DeliveryClip {
  const { clipId, title, clipPath, clipSha256, photo, depthSource, downgradeReason } = handed;
  const { spec, frames, specHash, validationScore, figures, generation } = handed.take;
  return {
    clipId,
    title,
    clipPath,
    ...(clipSha256 === null ? {} : { clipSha256 }),
    frames,
    photoPath: photo.path,
    photoFile: photo.file,
    photoSha256: spec.photoSha256,
    motion: spec.motion,
    renderer: spec.renderer,
    seed: spec.seed,
    ...(generation === undefined ? {} : { model: generation.model }),
    settings: {
      ...(generation === undefined ? {} : { generation }),
      spec,
      specHash,
      validationScore,
      figures,
      ...(depthSource === undefined ? {} : { depthSource }),
      ...(downgradeReason === null ? {} : { downgradeReason }),
    },
  };
}

export interface FilmOtio {
  readonly name: string;
  /** In the film's order. */
  readonly clips: readonly Pick<DeliveryClip, 'clipId' | 'clipPath' | 'frames'>[];
  readonly musicPath: string | null;
  /** The delivery folder; null where nobody knows where it will lie: then files are named as from within it. */
  readonly folder: string | null;
}

/** The film for other editing programs. It names the delivery's own copies of the clips: takes are cleared away some day. */
export function filmOtio(timeline: Timeline, { name, clips, musicPath, folder }: FilmOtio): string {
  const within = folder === null ? '' : `${folder}/`;
  const files = new Map(
    clips.map(({ clipId, clipPath, frames }, at) => [clipId, { path: within + clipHref(at, clipPath), frames }]),
  );
  return toOtio(timeline, {
    name,
    mediaFor: (clip) => files.get(clip.id) ?? { path: '', frames: clip.moveFrames },
    ...(musicPath === null ? {} : { musicPath: folder === null ? fileName(musicPath) : musicPath }),
  });
}

const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

/** The cover as a frame of a film that may run at another rate than the one that was edited; null: the usual place. */
export function posterFrame(cover: number | null, edited: FrameRate, film: FrameRate): number {
  return secondsToFrame(cover === null ? POSTER_SECONDS : frameToSeconds(cover, edited), film);
}
