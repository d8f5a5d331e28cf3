import { PicaividError } from '../../base/errors.ts';
import type { ReviewService } from './review-contract.ts';
import type { FilmBuilder, FilmCore } from './timeline-build.node.ts';
import type { FilmMethods } from './timelines.node.ts';

export interface RenderCore {
  readonly film: FilmCore;
  readonly builder: FilmBuilder;
  readonly films: FilmMethods;
}
type RenderMethods = Pick<
  ReviewService,
  'renders' | 'render' | 'cancelRender' | 'lookAtClips' | 'rerender' | 'chooseTake'
>;
const missing = async (): Promise<never> => {
  throw new PicaividError('internal', 'Not here yet.');
};
export function renderMethods(_parts: RenderCore): RenderMethods {
  return {
    renders: missing,
    render: missing,
    cancelRender: missing,
    lookAtClips: missing,
    rerender: missing,
    chooseTake: missing,
  };
}
