/** Rendering, review and delivery of the studio's service, put together from their parts. */
import { deliveryMethods } from './deliveries.node.ts';
import type { DeliveryRun } from './deliveries-run.node.ts';
import { person, setPerson } from './person.node.ts';
import type { RenderCore } from './renders.node.ts';
import { renderMethods } from './renders.node.ts';
import type { ReviewService } from './review-contract.ts';
import { reviewMethods } from './reviews.node.ts';

export function reviewService(parts: RenderCore, deliveries: DeliveryRun): ReviewService {
  const { core } = parts.film;
  return {
    person: () => person(core),
    setPerson: (changed) => setPerson(core, changed),
    ...renderMethods(parts),
    ...reviewMethods(parts),
    ...deliveryMethods(parts, deliveries),
  };
}
