/** The host's answers about the team, as the store asks for them. */
import { api } from '../../api.ts';
import type { TeamApi } from '../../stores/team.ts';

export const teamHost: TeamApi = {
  status: () => api.team.get.query(),
  presence: () => api.team.presence.query(),
  conflicts: () => api.team.conflicts.query({ id: null }),
  fleet: () => api.fleet.get.query(),
};
