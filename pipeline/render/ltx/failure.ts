/** What can go wrong between this program and LTX, told apart so that the ladder knows what to try next. Pure. */
import { PicaividError } from '../../../base/errors.ts';

export type LtxFailureKind =
  | 'unreachable' // no answer for longer than a restart takes: another machine, or later, may do it
  | 'refused' // ComfyUI does not take the workflow: a node or a model file is missing
  | 'out_of_memory' // at every level
  | 'lost' // its queue was lost again and again
  | 'failed' // a node failed, for another reason than memory
  | 'stalled' // nothing happened for very long
  | 'damaged'; // what came back is no film of the wanted frames

export class LtxFailure extends PicaividError {
  readonly kind: LtxFailureKind;

  constructor(kind: LtxFailureKind, message: string, options: { cause?: unknown } = {}) {
    super('model_failed', message, options);
    this.name = 'LtxFailure';
    this.kind = kind;
  }
}
