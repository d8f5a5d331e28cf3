/** The team as the host knows it: connection, who is where, conflicts, the fleet. Asked for when an event says so. */
import { create } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { Presence } from '../../db/sync/protocol.ts';
import type { StudioEvent } from '../../main/host/contract.ts';
import type { ConflictView, FleetDocument, TeamStatus } from '../../main/host/team-contract.ts';

/** As a page shows it: the values in words. */
export type ShownConflict = Omit<ConflictView, 'kept' | 'lost'>;

/** What of the host the team needs; pages give the typed client, tests their own. */
export interface TeamApi {
  status(): Promise<TeamStatus>;
  presence(): Promise<readonly Presence[]>;
  conflicts(): Promise<readonly ShownConflict[]>;
  fleet(): Promise<FleetDocument>;
}

interface TeamState {
  /** Null until the host has said it. */
  readonly status: TeamStatus | null;
  readonly presence: readonly Presence[];
  readonly conflicts: readonly ShownConflict[];
  readonly fleet: FleetDocument | null;
  readonly fleetError: ErrorData | null;
  /** The sheet of conflicts and the fleet's panel, which open over any screen. */
  readonly sheet: 'conflicts' | 'fleet' | null;
}

export const useTeam = create<TeamState>(() => ({
  status: null,
  presence: [],
  conflicts: [],
  fleet: null,
  fleetError: null,
  sheet: null,
}));

export const openSheet = (sheet: TeamState['sheet']): void => useTeam.setState({ sheet });
export const takeStatus = (status: TeamStatus): void => useTeam.setState({ status });

/** Of answers that come out of order only the newest asked for counts. */
function newest<T>(take: (answer: T) => void): (asked: Promise<T>) => Promise<void> {
  let count = 0;
  return async (asked) => {
    count += 1;
    const mine = count;
    try {
      const answer = await asked;
      if (mine === count) take(answer);
    } catch {
      // Silence leaves what is known: the next event or `hello` asks again.
    }
  };
}
const askStatus = newest<TeamStatus>(takeStatus);
const askPresence = newest<readonly Presence[]>((presence) => useTeam.setState({ presence }));
const askConflicts = newest<readonly ShownConflict[]>((conflicts) => useTeam.setState({ conflicts }));

/** The fleet is only asked for while its panel is looked at. */
export async function loadFleet(api: Pick<TeamApi, 'fleet'>, errorOf: (error: unknown) => ErrorData): Promise<void> {
  try {
    useTeam.setState({ fleet: await api.fleet(), fleetError: null });
  } catch (error) {
    useTeam.setState({ fleetError: errorOf(error) });
  }
}

export function receiveTeamEvent(event: StudioEvent, api: TeamApi): void {
  switch (event.type) {
    case 'hello':
      void askStatus(api.status()).then(() => {
        // Most studios have no team: one question is enough then.
        if (useTeam.getState().status?.server == null) return;
        void askPresence(api.presence());
        void askConflicts(api.conflicts());
      });
      return;
    case 'team':
      takeStatus(event.status);
      return;
    case 'presence':
      void askPresence(api.presence());
      return;
    case 'conflicts':
      void askConflicts(api.conflicts());
      return;
    default:
  }
}
