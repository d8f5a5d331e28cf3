/** `/internal/jobs`: what the upstream backend drives. */
import type { Handlers, JobsKey } from './handlers.ts';
import type { JobState } from './jobs-api.ts';
import type { JobsService } from './parts.ts';
import { notThere } from './refusal.ts';

function found(state: JobState | undefined): JobState {
  if (state === undefined) throw notThere('job');
  return state;
}

export function jobsHandlers(jobs: JobsService): Handlers<JobsKey> {
  return {
    'POST /internal/jobs': ({ caller, body }) => jobs.create(caller, body),
    'GET /internal/jobs/{job}': async ({ caller, params }) => found(await jobs.state(caller, params.job)),
    'POST /internal/jobs/{job}/run': async ({ caller, params, body }) =>
      found(await jobs.run(caller, params.job, body?.start_phase)),
    'POST /internal/jobs/{job}/cancel': async ({ caller, params }) => found(await jobs.cancel(caller, params.job)),
  };
}
