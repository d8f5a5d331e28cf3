/** Films for tests: built through the host as a page does it. */
import type { FilmSettings, TimelineDocument } from '../timeline-contract.ts';
import { type HostChild, until } from './host.node.ts';

/** Waits for the analysis, builds the film and waits for it. */
export async function builtFilm(
  { studio }: HostChild,
  id: string,
  settings: Partial<FilmSettings> = {},
): Promise<TimelineDocument> {
  await until(async () => {
    const { analysis, listing } = await studio.rooms.get.query({ id });
    const task = listing.task?.kind === 'analyze' ? listing.task : null;
    if (task?.state === 'failed') throw new Error(task.error?.message);
    return analysis !== null && task === null ? true : undefined;
  });
  const task = await studio.timeline.build.mutate({ id, settings });
  await until(async () => {
    const found = (await studio.tasks.list.query()).find((one) => one.id === task.id);
    if (found?.state === 'failed') throw new Error(found.error?.message);
    return found?.state === 'done' ? true : undefined;
  });
  return studio.timeline.get.query({ id });
}
