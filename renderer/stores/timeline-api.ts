/** What the timeline's screen asks of the host. */
import type { HistoryEntry, TaskView } from '../../main/host/contract.ts';
import type {
  EditAnswer,
  FilmSettings,
  MixFacts,
  MusicRow,
  Proposal,
  TimelineDocument,
  VersionRow,
} from '../../main/host/timeline-contract.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';

/**
 * The host's procedures `timeline.*` and `music.*` by their names. Each rejects with a PicaividError when the host
 * refuses, and with any other error when nobody answered: that one is tried again.
 */
export interface TimelineApi {
  get(listingId: string): Promise<TimelineDocument>;
  build(listingId: string, settings: Partial<FilmSettings>): Promise<TaskView>;
  propose(listingId: string, settings: Partial<FilmSettings>): Promise<Proposal>;
  apply(listingId: string, proposalId: string, label: string): Promise<EditAnswer>;
  edit(listingId: string, revision: number, label: string, edit: Edit): Promise<EditAnswer>;
  undo(listingId: string): Promise<EditAnswer | null>;
  redo(listingId: string): Promise<EditAnswer | null>;
  history(listingId: string): Promise<readonly HistoryEntry[]>;
  setStatus(listingId: string, status: Timeline['status']): Promise<TimelineDocument>;
  versions(listingId: string): Promise<readonly VersionRow[]>;
  saveVersion(listingId: string, name: string): Promise<VersionRow>;
  renameVersion(listingId: string, versionId: string, name: string): Promise<VersionRow>;
  version(listingId: string, versionId: string): Promise<Timeline>;
  restoreVersion(listingId: string, versionId: string): Promise<EditAnswer>;
  importOtio(listingId: string, otio: string): Promise<EditAnswer>;
  mix(listingId: string): Promise<MixFacts>;
  readonly music: {
    list(): Promise<readonly MusicRow[]>;
    add(paths: readonly string[]): Promise<readonly MusicRow[]>;
    remove(id: string): Promise<void>;
  };
}
