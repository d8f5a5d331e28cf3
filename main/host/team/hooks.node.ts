/** What other parts of the host ask of the team: see `TeamHooks`. */
import type { TakeRow } from '../../../db/studio/renders.node.ts';
import type { ListingRow } from '../../../db/studio/types.ts';
import type { HostCore, TeamHooks } from '../core.ts';
import type { TeamFiles } from './files.node.ts';
import type { Incoming } from './incoming.node.ts';
import type { TeamLogos } from './logos.node.ts';
import type { TeamMemory } from './memory.node.ts';
import type { Sharing } from './share.node.ts';

/** A page that opens a listing waits so long for the team's copy, milliseconds; then it shows what is here. */
const OPEN_PATIENCE_MS = 6_000;

export interface HookParts {
  readonly core: HostCore;
  readonly files: TeamFiles;
  readonly logos: TeamLogos;
  readonly incoming: Incoming;
  readonly sharing: Sharing;
  readonly memory: TeamMemory;
  readonly laid: () => Promise<void>;
  /** A server is set. */
  readonly isOn: () => boolean;
}

export function teamHooks({ core, files, logos, incoming, sharing, memory, laid, isOn }: HookParts): TeamHooks {
  const hasTake: TeamHooks['hasTake'] = (row, take) => row.teamId !== null && take.sha256 !== null && isOn();
  const ifShared = (row: Pick<ListingRow, 'teamId'>, work: () => Promise<void>): Promise<void> =>
    row.teamId === null ? Promise.resolve() : work();
  return {
    away: (row) => files.isAway(row),
    laid,
    opened: async (listingId) => {
      if (!isOn()) return;
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, OPEN_PATIENCE_MS);
      });
      // Without an answer the page shows what is here.
      await Promise.race([incoming.open(listingId).catch(() => {}), patience]);
      clearTimeout(timer);
    },
    picture: async (listingId, photoId) => {
      const photo = await files.photo(listingId, photoId);
      return photo === undefined ? undefined : { sha256: photo.blob.sha256, file: photo.file };
    },
    bringPicture: async (listingId, photoId, variant) => {
      await incoming.ensureWhole(listingId).catch(() => {}); // what is here is shown
      const row = await core.store.listing(listingId);
      if (row !== undefined) await ifShared(row, () => files.bringPicture(row, photoId, variant));
    },
    bringSources: (row, photoIds) => ifShared(row, () => files.bringSources(row, photoIds)),
    bringLogo: (row, logoId) => (isOn() ? ifShared(row, () => logos.bring(logoId)) : Promise.resolve()),
    bringAll: (row) => ifShared(row, () => files.bringAll(row)),
    hasTake,
    bringTake: (row: Pick<ListingRow, 'teamId'>, take: TakeRow) =>
      hasTake(row, take) ? files.bringTake(take, true) : Promise.resolve(),
    analysing: (row) => ifShared(row, () => memory.setAnalysed(row.id, true)),
    analysed: (row) => ifShared(row, () => sharing.tellAnalysis(row)),
  };
}
