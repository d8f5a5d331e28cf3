/** What the parts of the host share. Types only. */
import type { Database } from '../../db/open.node.ts';
import type { TakeRow } from '../../db/studio/renders.node.ts';
import type { ListingRow, StudioStore } from '../../db/studio/types.ts';
import type { Settings } from '../settings.ts';
import type { Analyses } from './analyses.node.ts';
import type { Cards } from './cards.node.ts';
import type { MediaVariant } from './contract.ts';
import type { EventBus } from './events.ts';
import type { StudioHome } from './home.node.ts';
import type { HostLog } from './host-log.node.ts';
import type { TaskRunner } from './tasks.node.ts';

/** What other parts of the host ask of the team. For listings of this machine alone nothing is done. */
export interface TeamHooks {
  /** The listing's photos come from the team, and lie here as far as somebody wanted to see them. */
  away(row: Pick<ListingRow, 'folder'>): boolean;
  /** Somebody opens it: brought up to date, for as long as a person would wait. Never fails. */
  opened(listingId: string): Promise<void>;
  /** What came from the team is laid, and everybody here has heard of it. */
  laid(): Promise<void>;
  /** The photo's file and hash where there is no analysis yet. */
  picture(listingId: string, photoId: string): Promise<{ readonly sha256: string; readonly file: string } | undefined>;
  /** The bring… methods fetch what is not here. Errors: `host_unreachable`, `file_not_found`, `disk_full`. */
  bringPicture(listingId: string, photoId: string, variant: MediaVariant): Promise<void>;
  /** What clips of these photos are rendered from. */
  bringSources(row: ListingRow, photoIds: readonly string[]): Promise<void>;
  /** A logo that a title of this listing's film names, by its id. Nothing where the team does not have it either. */
  bringLogo(row: Pick<ListingRow, 'teamId'>, logoId: string): Promise<void>;
  /** All photos, before the folder is read. */
  bringAll(row: ListingRow): Promise<void>;
  /** A take whose file can be brought: it counts as there. */
  hasTake(row: Pick<ListingRow, 'teamId'>, take: Pick<TakeRow, 'sha256'>): boolean;
  bringTake(row: Pick<ListingRow, 'teamId'>, take: TakeRow): Promise<void>;
  /** Before an analysis of the listing is stored, and after. */
  analysing(row: ListingRow): Promise<void>;
  analysed(row: ListingRow): Promise<void>;
}

export interface HostCore {
  readonly team: TeamHooks;
  readonly home: StudioHome;
  readonly store: StudioStore;
  readonly database: Database;
  readonly settings: Settings;
  readonly log: HostLog;
  readonly bus: EventBus;
  readonly analyses: Analyses;
  readonly cards: Cards;
  readonly tasks: TaskRunner;
}
