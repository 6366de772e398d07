import type { Job } from '../../../src/plugin/contract.ts';
import type { Docker } from './docker.ts';
import { enforcePass } from './enforcement/enforce.ts';

const SYNC_MS = 10 * 60_000;
/** Several containers that take a minute each to stop. */
const ENFORCE_MS = 30 * 60_000;

/** Who made what is looked for often, because the engine forgets; limits are enforced more rarely. */
export function dockerJobs(docker: Docker, scheduleOf: (seconds: number) => string): readonly Job[] {
  const { syncSeconds, intervalSeconds } = docker.settings;
  return [
    {
      name: 'docker-sync',
      schedule: scheduleOf(syncSeconds),
      deadlineMs: SYNC_MS,
      run: async (signal) => {
        await docker.sync(signal);
        return undefined;
      },
    },
    {
      name: 'docker-enforce',
      schedule: scheduleOf(intervalSeconds),
      deadlineMs: ENFORCE_MS,
      run: (signal) => enforcePass(docker, signal),
    },
  ];
}
