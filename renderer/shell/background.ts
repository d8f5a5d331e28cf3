/**
 * Tells of ended work while the window is in the background: a notification of the system, and a count on the app's
 * icon that goes away when the window is looked at again.
 */
import type {} from '../../main/desktop/bridge.ts'; // window.studio
import type { TaskView } from '../../main/host/contract.ts';
import { unfinished } from './tasks.ts';

/** Tasks that were seen at work: only their end is news. */
const atWork = new Set<string>();
let unseen = 0;

/** Takes the newest state of a task. */
export function tellBackground(task: TaskView): void {
  if (unfinished([task]).length > 0) {
    atWork.add(task.id);
    return;
  }
  const words = atWork.delete(task.id) ? endWords(task) : null;
  const { studio } = window;
  if (studio === undefined || words === null || document.hasFocus()) return;
  if (unseen === 0) window.addEventListener('focus', seen, { once: true });
  unseen += 1;
  void studio.notify(words.title, words.body);
  void studio.setBadge(unseen);
}

function seen(): void {
  unseen = 0;
  void window.studio?.setBadge(0);
}

const DONE: Readonly<Partial<Record<TaskView['kind'], { readonly title: string; readonly body: string }>>> = {
  analyze: { title: 'is analysed', body: 'Its rooms are ready to be looked at.' },
  timeline: { title: 'has a film', body: 'Its timeline is ready to be looked at.' },
  render: { title: 'is rendered', body: 'Its clips are ready to be reviewed.' },
  deliver: { title: 'is delivered', body: 'Every film was checked and lies in its folder.' },
  pull_models: { title: 'The models are ready', body: 'Listings are recognised with them from now on.' },
};

/** What is said of an end; null where it is no news: cancelled by the person, or a matter of seconds. Pure. */
export function endWords(task: TaskView): { readonly title: string; readonly body: string } | null {
  const done = DONE[task.kind];
  if (done === undefined || (task.state !== 'done' && task.state !== 'failed')) return null;
  // The system cuts longer ones; the shell refuses them.
  const name = task.listingName === null ? null : `“${task.listingName.slice(0, 80)}”`;
  if (task.state === 'failed')
    return {
      title: name === null ? 'The models could not be downloaded' : `${name} waits for you`,
      body: (task.error?.message ?? task.sentence).slice(0, 400),
    };
  return { title: name === null ? done.title : `${name} ${done.title}`, body: done.body };
}
