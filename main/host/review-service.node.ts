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
  const renders = renderMethods(parts);
  const reviews = reviewMethods(parts);
  const deliverable = deliveryMethods(parts, deliveries);
  /** A listing of the team is brought up to date when somebody looks at it. */
  const opened =
    <T>(look: (listingId: string) => Promise<T>) =>
    async (listingId: string): Promise<T> => {
      await core.team.opened(listingId);
      return look(listingId);
    };
  return {
    person: () => person(core),
    setPerson: (changed) => setPerson(core, changed),
    ...renders,
    ...reviews,
    ...deliverable,
    renders: opened(renders.renders),
    review: opened(reviews.review),
    delivery: opened(deliverable.delivery),
  };
}
