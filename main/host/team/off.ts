/** What the team answers where no server is set: the truth, and what to do. Pure, so that fakes of the host use it too. */
import { PicaividError } from '../../../base/errors.ts';
import type { TeamService, TeamStatus } from '../team-contract.ts';

export const OFF_STATUS: TeamStatus = {
  state: 'off',
  server: null,
  waiting: 0,
  transfers: { files: 0, bytesLeft: 0 },
  conflicts: 0,
  refused: [],
  error: null,
  lastSyncAt: null,
  firstSync: null,
};

export const notConnected = (): PicaividError =>
  new PicaividError('bad_usage', 'This studio is not connected to a team. Connect it in Settings, Team.');

/** A team that is never there. */
export function offTeam(): TeamService {
  const off = async (): Promise<TeamStatus> => OFF_STATUS;
  const refuse = async (): Promise<never> => {
    throw notConnected();
  };
  return {
    team: off,
    connectTeam: refuse,
    disconnectTeam: off,
    syncNow: off,
    shareListings: refuse,
    dismissRefused: off,
    presence: async () => [],
    lookingAt: async () => {},
    conflicts: async () => [],
    resolveConflict: refuse,
    fleet: async () => ({ tasks: [], workers: [], costPerHourMicros: 0, now: new Date().toISOString(), online: false }),
    estimateFleet: refuse,
    dispatch: refuse,
    cancelDispatch: refuse,
    retryDispatch: refuse,
  };
}
