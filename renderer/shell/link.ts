/** Ties the frame to the host and, in the desktop, to the window around it. Started once by main.tsx. */
import type {} from '../../main/desktop/bridge.ts'; // window.studio
import type { TaskView } from '../../main/host/contract.ts';
import { api, errorOf, events } from '../api.ts';
import { isCommandId } from '../keys/keymap.ts';
import { runCommand } from '../keys/registry.ts';
import { startLive } from '../stores/live.ts';
import { keepPreferencesIn } from '../stores/preferences.ts';
import { useShell } from '../stores/shell.ts';
import { cancelTask, retryTask } from '../stores/tasks.ts';
import { toast } from '../stores/toasts.ts';
import { tellBackground } from './background.ts';
import { useHostActions } from './host-actions.ts';
import { go } from './useRoute.ts';

/** Milliseconds without an answer after which the engine counts as stopped: a restart takes two to four seconds. */
const STOPPED_AFTER = 20_000;

export function startLink(): void {
  useHostActions.setState({
    cancelTask: (id) => void cancelTask(id),
    dismissNotice: (id) => void dismissNotice(id),
    reconnect,
  });
  watchHost();
  startLive();
  events.on((event) => {
    if (event.type === 'hello') void readPreferences();
    if (event.type !== 'task') return;
    tellEnd(event.task);
    tellBackground(event.task);
  });
  joinDesktop();
}

async function readPreferences(): Promise<void> {
  try {
    await keepPreferencesIn({
      load: () => api.preferences.get.query(),
      save: (changes) => api.preferences.set.mutate({ changes }),
    });
  } catch {
    // The connection is lost again: the copy of this browser stands in, and the next `hello` asks anew.
  }
}

const ENDS: Readonly<Partial<Record<TaskView['kind'], { readonly done: string; readonly failed: string }>>> = {
  pull_models: { done: 'The models are ready', failed: 'The models could not be downloaded.' },
  verify_models: { done: 'The models were checked', failed: 'The models are not whole.' },
};

/** The end of work that has no card of its own; a listing's shows on its card and its screen. */
function tellEnd(task: TaskView): void {
  const end = ENDS[task.kind];
  if (end === undefined) return;
  if (task.state === 'done') toast({ tone: 'pass', title: end.done, detail: task.sentence });
  if (task.state === 'failed')
    toast({
      tone: 'fail',
      title: end.failed,
      detail: task.error?.message,
      action: { label: 'Try again', run: () => void retryTask(task.id) },
    });
}

async function dismissNotice(id: string): Promise<void> {
  try {
    await api.system.dismissNotice.mutate({ id });
    useShell.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
  } catch (error) {
    toast({ tone: 'fail', title: 'The notice could not be put away.', detail: errorOf(error).message });
  }
}

/** `restarting` for too long is `stopped`, with a way back; the tries go on either way. */
function watchHost(): void {
  let timer: number | undefined;
  const watch = (host: string) => {
    window.clearTimeout(timer);
    if (host === 'restarting' || host === 'starting')
      timer = window.setTimeout(() => useShell.setState({ host: 'stopped' }), STOPPED_AFTER);
  };
  watch(useShell.getState().host);
  useShell.subscribe(({ host }, before) => host !== before.host && watch(host));
}

function reconnect(): void {
  useShell.setState({ host: 'restarting' });
  void window.studio?.restartHost();
  events.retryNow();
}

/** Commands of the menu, and the state of the host as the desktop knows it. */
function joinDesktop(): void {
  const { studio } = window;
  if (studio === undefined) return;
  studio.onMenuCommand((id) => {
    if (isCommandId(id) && !textCommand(id)) runCommand(id);
  });
  studio.onHostState(({ state }) => {
    if (state === 'failed') useShell.setState({ host: 'stopped' });
    else if (state === 'restarting') useShell.setState({ host: 'restarting' });
    else if (state === 'ready') events.retryNow();
  });
  studio.onOpen((request) => {
    if (request.kind === 'listing') go({ screen: 'rooms', listingId: request.id });
    else void openFolders(request.paths);
  });
}

/** The menu's Undo, Redo and Select all mean the text while one is edited. True when they did. */
function textCommand(id: string): boolean {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement)) return false;
  if (id === 'select.all') {
    focused.select();
    return true;
  }
  // No other interface reaches the undo history of a text field.
  return (id === 'edit.undo' && document.execCommand('undo')) || (id === 'edit.redo' && document.execCommand('redo'));
}

async function openFolders(paths: readonly string[]): Promise<void> {
  go({ screen: 'library', listingId: null });
  // The library's own way, with its words for what is known already or refused; loaded when it is needed.
  const { addFolders } = await import('../features/library/add.ts');
  await addFolders(paths);
}
