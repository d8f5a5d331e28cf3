/** The clips of a film for another frame than it was edited at. */
import { PicaividError } from '../../base/errors.ts';
import type { ClipSpec, OnProgress, Timeline } from '../domain.ts';
import type { OutputFrame } from './outputs.ts';

export interface OutputClip {
  /** Of the approved take. */
  readonly spec: ClipSpec;
  readonly path: string;
  readonly photoPath: string;
  readonly depthPath: string | null;
  readonly focus?: { readonly x: number; readonly y: number };
  readonly photoSize: { readonly width: number; readonly height: number };
}

export interface OutputRequest {
  readonly timeline: Timeline;
  readonly clips: ReadonlyMap<string, OutputClip>;
  readonly output: OutputFrame;
  readonly takesDir: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** The approved takes, which the assembly crops around their subjects and scales. Errors: `plan_impossible` at another rate. */
export async function makeOutputTakes({ timeline, clips, output }: OutputRequest): Promise<{
  timeline: Timeline;
  clips: ReadonlyMap<string, { path: string; focus?: { readonly x: number; readonly y: number } }>;
  notes: readonly string[];
}> {
  const { frameRate } = timeline;
  if (frameRate.num * output.frameRate.den !== output.frameRate.num * frameRate.den)
    throw new PicaividError(
      'plan_impossible',
      'A film goes out at the frame rate that it was edited at. Choose that rate for this output.',
    );
  return { timeline, clips, notes: [] };
}
