import { PicaividError } from '../../base/errors.ts';
import type { ClipSpec, OnProgress, Timeline } from '../domain.ts';
import type { OutputFrame } from './outputs.ts';

export interface OutputClip {
  readonly spec: ClipSpec;
  readonly path: string;
  readonly photoPath: string;
  readonly depthPath: string | null;
  readonly focus?: { readonly x: number; readonly y: number };
  readonly photoSize: { readonly width: number; readonly height: number };
}
export async function makeOutputTakes(_request: {
  timeline: Timeline;
  clips: ReadonlyMap<string, OutputClip>;
  output: OutputFrame;
  takesDir: string;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}): Promise<{
  timeline: Timeline;
  clips: ReadonlyMap<string, { path: string; focus?: { x: number; y: number } }>;
  notes: readonly string[];
}> {
  throw new PicaividError('plan_impossible', 'Not here yet.');
}
