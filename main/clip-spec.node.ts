/** What the frames of a film's clip depend on, as one spec: the film command and the studio ask for the same frames. */
import { stat } from 'node:fs/promises';
import { sha256File } from '../base/files.node.ts';
import type { AnalyzedPhoto, ClipSpec, Timeline, TimelineClip } from '../pipeline/domain.ts';

/** Everything the frames of a timeline clip depend on. `depthSha256` is of the photo's depth map, null without one. */
export function clipSpec(
  clip: TimelineClip,
  photo: Pick<AnalyzedPhoto, 'sha256' | 'focus'>,
  timeline: Pick<Timeline, 'frameRate' | 'width' | 'height'>,
  depthSha256: string | null,
  seed = 0,
): ClipSpec {
  return {
    photoSha256: photo.sha256,
    depthSha256: clip.renderer === 'ken_burns' ? null : depthSha256,
    motion: clip.motion,
    amount: clip.amount,
    renderer: clip.renderer,
    frames: clip.moveFrames,
    frameRate: timeline.frameRate,
    width: timeline.width,
    height: timeline.height,
    focus: photo.focus,
    seed,
  };
}

/** Files whose hashes are remembered: a film of 500 clips looks at as many depth maps. */
const KEPT = 4_000;

/** Hashes of files that are looked at again and again, known by path, size and time of change: 24 depth maps are 30 MB. */
export class FileHashes {
  private readonly known = new Map<string, { readonly key: string; readonly sha256: Promise<string> }>();

  /** SHA-256, hex. Throws `file_not_found` when it is not there. */
  async of(path: string): Promise<string> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return sha256File(path);
    const key = `${info.size} ${info.mtimeMs} ${info.ino}`;
    const kept = this.known.get(path);
    if (kept?.key === key) return kept.sha256;
    const entry = { key, sha256: sha256File(path) };
    entry.sha256.catch(() => this.known.delete(path));
    this.known.delete(path);
    this.known.set(path, entry);
    for (const old of [...this.known.keys()].slice(0, Math.max(0, this.known.size - KEPT))) this.known.delete(old);
    return entry.sha256;
  }
}
