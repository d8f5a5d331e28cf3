/** One clip of the film as pages see what is rendered of it. */
import type { ErrorData } from '../../base/errors.ts';
import { currentTake, type RenderRequest, type TakeRow } from '../../db/studio/renders.node.ts';
import type { Motion, Progress } from '../../pipeline/domain.ts';
import type { FileState } from '../take-files.node.ts';
import type { WantedClip } from './renders-parts.node.ts';
import type { ClipRender, ClipState, TakeView } from './review-contract.ts';

export interface ClipMoment {
  readonly index: number;
  readonly used: { readonly first: number; readonly last: number };
  readonly allowedMotions: readonly Motion[];
  readonly running: Progress | null;
  readonly place: number | null;
  readonly failed: RenderRequest | undefined;
  readonly estimate: number | null;
}

export async function clipRender(
  { clip, startFrame, facts, wanted, room, photoFile, state: fileState }: WantedClip,
  moment: ClipMoment,
): Promise<ClipRender> {
  const current = wanted === undefined ? undefined : currentTake(facts, wanted.hash);
  const takes = await Promise.all(
    facts.takes.map(async (take, i) => takeView(take, i + 1, take === current, await fileState(take))),
  );
  const file = takes.find((take) => take.current)?.file;
  const error = moment.failed?.error ?? lostFile(file) ?? null;
  const state = stateOf(moment, file, error, takes.length > 0);
  return {
    clipId: clip.id,
    index: moment.index,
    photoId: clip.photoId,
    photoFile,
    room,
    motion: clip.motion,
    renderer: clip.renderer,
    amount: clip.amount,
    seed: facts.seed,
    allowedMotions: moment.allowedMotions,
    startFrame,
    durationFrames: clip.durationFrames,
    usedFrames: moment.used,
    moveFrames: clip.moveFrames,
    state,
    progress: state === 'rendering' ? moment.running : null,
    place: state === 'queued' ? moment.place : null,
    error: state === 'failed' ? error : null,
    review: (current === undefined ? undefined : facts.reviews.get(current.specHash)) ?? 'pending',
    takes,
    downgradeReason: current !== undefined && current.askedHash === wanted?.hash ? current.downgradeReason : null,
    estimateSeconds: moment.estimate,
  };
}

function stateOf(
  { running, place }: ClipMoment,
  file: FileState | undefined,
  error: ErrorData | null,
  rendered: boolean,
): ClipState {
  if (running !== null) return 'rendering';
  if (place !== null) return 'queued';
  if (file === 'present') return 'rendered';
  if (error !== null) return 'failed';
  return rendered ? 'stale' : 'missing';
}

function lostFile(file: FileState | undefined): ErrorData | undefined {
  if (file === 'missing')
    return { code: 'clip_missing', message: 'The rendered file is gone from the disk. Render the clip again.' };
  if (file === 'altered')
    return {
      code: 'clip_invalid',
      message: 'The rendered file was changed on disk and is not shown any more. Render the clip again.',
    };
  return undefined;
}

function takeView(row: TakeRow, number: number, current: boolean, file: FileState): TakeView {
  const { take } = row;
  const { spec } = take;
  return {
    specHash: row.specHash,
    number,
    renderer: spec.renderer,
    motion: spec.motion,
    amount: spec.amount,
    seed: spec.seed,
    focus: spec.focus,
    frames: take.frames,
    frameRate: spec.frameRate,
    width: spec.width,
    height: spec.height,
    verdict: take.verdict,
    validationScore: take.validationScore,
    figures: take.figures,
    reasons: take.reasons,
    renderSeconds: take.renderSeconds,
    bytes: row.bytes ?? 0,
    at: row.at,
    current,
    file,
  };
}
