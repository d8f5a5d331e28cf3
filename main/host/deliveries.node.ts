import { PicaividError } from '../../base/errors.ts';
import type { RenderCore } from './renders.node.ts';
import type { ReviewService } from './review-contract.ts';

const missing = async (): Promise<never> => {
  throw new PicaividError('internal', 'Not here yet.');
};
export function deliveryMethods(_parts: RenderCore): Pick<ReviewService, 'delivery' | 'setDelivery' | 'deliver'> {
  return { delivery: missing, setDelivery: missing, deliver: missing };
}
