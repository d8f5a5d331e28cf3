/** What the parts of the host share. Types only. */
import type { Database } from '../../db/open.node.ts';
import type { StudioStore } from '../../db/studio/types.ts';
import type { Settings } from '../settings.ts';
import type { Analyses } from './analyses.node.ts';
import type { Cards } from './cards.node.ts';
import type { EventBus } from './events.ts';
import type { StudioHome } from './home.node.ts';
import type { HostLog } from './host-log.node.ts';
import type { TaskRunner } from './tasks.node.ts';

export interface HostCore {
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
