/**
 * What the depth worker does, apart from being a worker: keeps the reduced maps of shots and plans moves with them.
 * Preparing a map takes 15 to 40 ms, which is why it is not done where the page answers clicks. Pure.
 */
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { DepthMap, Motion } from '../../pipeline/domain.ts';
import { decodeDepth16 } from '../../pipeline/media/depth-format.ts';
import type { CameraParams } from '../../pipeline/render/camera-path.ts';
import { type DepthRange, planDeepMove, reduceDepth } from '../../pipeline/render/move-plan.ts';

export type DeskRequest =
  | { readonly id: number; readonly kind: 'put'; readonly key: string; readonly depth: DepthMap | Uint8Array }
  | { readonly id: number; readonly kind: 'drop'; readonly key: string }
  | {
      readonly id: number;
      readonly kind: 'plan';
      readonly key: string;
      readonly motion: Motion;
      readonly params: CameraParams;
    };

/** Depth range and prepared map of a move (null: the camera does not translate). */
export interface PlannedDepth {
  readonly range: DepthRange;
  readonly depth: DepthMap | null;
}

export type DeskReply =
  | { readonly id: number; readonly kind: 'done' }
  | { readonly id: number; readonly kind: 'planned'; readonly planned: PlannedDepth }
  | { readonly id: number; readonly kind: 'failed'; readonly code: PicaividError['code']; readonly message: string };

/** One desk per worker. */
export function createDepthDesk(): (request: DeskRequest) => DeskReply {
  const maps = new Map<string, DepthMap>();
  const answer = (request: DeskRequest): DeskReply => {
    const { id } = request;
    switch (request.kind) {
      case 'put': {
        const { depth } = request;
        maps.set(request.key, reduceDepth(depth instanceof Uint8Array ? decodeDepth16(depth) : depth));
        return { id, kind: 'done' };
      }
      case 'drop':
        maps.delete(request.key);
        return { id, kind: 'done' };
      case 'plan': {
        const raw = maps.get(request.key);
        if (raw === undefined) throw new PicaividError('internal', 'A move was planned before its depth was there.');
        const { range, depth } = planDeepMove(request.motion, request.params, raw);
        return { id, kind: 'planned', planned: { range, depth } };
      }
    }
  };
  return (request) => {
    try {
      return answer(request);
    } catch (error) {
      const { code, message } = toPicaividError(error);
      return { id: request.id, kind: 'failed', code, message };
    }
  };
}
