import type { StudioBridge } from '../../../main/desktop/bridge.ts';
import type { ListingCard } from '../../../main/host/contract.ts';
import { type CommandId, commandOf, runCommand } from '../../keys/index.ts';
import { keysOf } from '../../keys/keymap.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { cancelTask, pauseTask, resumeTask } from '../../stores/tasks.ts';
import { useTeam } from '../../stores/team.ts';
import { toast } from '../../stores/toasts.ts';
import {
  Archive,
  ArchiveRestore,
  FolderOpen,
  FolderPlus,
  FolderSearch,
  Images,
  Pause,
  Pencil,
  Play,
  RefreshCw,
  Sparkles,
  Trash2,
  Users,
  X,
} from '../../ui/icons.ts';
import type { MenuEntry } from '../../ui/index.ts';
import { share } from '../team/Dispatch.tsx';
import { workOf } from './phases.ts';
import { locateFolder } from './relocate.ts';

async function showFolder(studio: StudioBridge, card: ListingCard): Promise<void> {
  if (!(await studio.reveal(card.id)))
    toast({
      tone: 'attention',
      title: `The folder of “${card.name}” is not there`,
      detail: card.folder,
      action: { label: 'Locate folder…', run: () => void locateFolder(card.id) },
    });
}

/** A menu that closes gives the focus back where it was: a field that had opened before would lose it at once. */
function whenMenuIsGone(run: () => void): void {
  if (document.querySelector('[role="menu"]') !== null) requestAnimationFrame(() => whenMenuIsGone(run));
  else setTimeout(run, 0);
}

/** What can be done with the chosen listings: the same commands as by key. */
export function menuEntries(chosen: readonly ListingCard[]): readonly MenuEntry[] {
  const keys = usePreferences.getState().keys;
  const command = (id: CommandId, icon: React.ReactNode, label?: string): MenuEntry => ({
    label: label ?? commandOf(id).label,
    icon,
    kbd: keysOf(commandOf(id), keys)[0],
    onSelect: () => whenMenuIsGone(() => runCommand(id)),
  });
  const [first] = chosen;
  if (first === undefined)
    return [
      command('library.new', <FolderPlus size={14} aria-hidden="true" />),
      command('library.sample', <Sparkles size={14} aria-hidden="true" />),
    ];
  const one = chosen.length === 1;
  const archived = chosen.every((card) => card.archived);
  const task = workOf(first);
  const unshared = chosen.filter((card) => card.shared !== true);
  const { studio } = window;
  return [
    ...(one
      ? [
          command('item.open', <Images size={14} aria-hidden="true" />),
          command('library.rename', <Pencil size={14} aria-hidden="true" />),
          ...(studio === undefined
            ? []
            : [
                {
                  label: 'Show in folder',
                  icon: <FolderOpen size={14} aria-hidden="true" />,
                  onSelect: () => void showFolder(studio, first),
                },
              ]),
        ]
      : [{ kind: 'heading', label: `${chosen.length} listings` } as const]),
    command(
      'library.refresh',
      <RefreshCw size={14} aria-hidden="true" />,
      one ? undefined : 'Look at the folders again',
    ),
    ...(one && task === null
      ? [
          {
            label: 'Locate folder…',
            icon: <FolderSearch size={14} aria-hidden="true" />,
            onSelect: () => void locateFolder(first.id),
          },
        ]
      : []),
    ...(one && task !== null
      ? [
          task.state === 'paused'
            ? {
                label: 'Go on with the analysis',
                icon: <Play size={14} aria-hidden="true" />,
                onSelect: () => void resumeTask(task.id),
              }
            : {
                label: 'Pause the analysis',
                icon: <Pause size={14} aria-hidden="true" />,
                onSelect: () => void pauseTask(task.id),
              },
          {
            label: 'Cancel the analysis',
            icon: <X size={14} aria-hidden="true" />,
            onSelect: () => void cancelTask(task.id),
          },
        ]
      : []),
    ...(useTeam.getState().status !== null && useTeam.getState().status?.state !== 'off' && unshared.length > 0
      ? [
          {
            label: one ? 'Share with the team' : `Share ${unshared.length} with the team`,
            icon: <Users size={14} aria-hidden="true" />,
            onSelect: () => void share(unshared.map(({ id }) => id)),
          },
        ]
      : []),
    { kind: 'line' },
    command(
      'library.archive',
      archived ? <ArchiveRestore size={14} aria-hidden="true" /> : <Archive size={14} aria-hidden="true" />,
      archived ? 'Bring back from the archive' : 'Archive',
    ),
    { ...command('library.delete', <Trash2 size={14} aria-hidden="true" />), danger: true } as MenuEntry,
  ];
}
