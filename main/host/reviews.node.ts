import { PicaividError } from '../../base/errors.ts';
import type { RenderCore } from './renders.node.ts';
import type { ReviewService } from './review-contract.ts';

const missing = async (): Promise<never> => {
  throw new PicaividError('internal', 'Not here yet.');
};
export function reviewMethods(
  _parts: RenderCore,
): Pick<ReviewService, 'review' | 'decide' | 'addNote' | 'resolveNote'> {
  return { review: missing, decide: missing, addNote: missing, resolveNote: missing };
}
