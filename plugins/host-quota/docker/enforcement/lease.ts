import type { Clock } from '../../../../src/lib/clock.ts';
import { isJsonObject } from '../../../../src/lib/json.ts';
import type { Documents } from '../../../../src/plugin/contract.ts';
import { passRunning } from '../errors.ts';

const KEY = 'docker/lease';
/** Longer than any one step takes. */
const HELD_MS = 4 * 60_000;

/** Keeps a person's `agent quota docker enforce` and the agent from removing containers for the same excess. */
export interface Lease {
  /** @throws AgentError transient `HOST_QUOTA_DOCKER_BUSY` when another process has it. */
  take(): Promise<void>;
  release(): Promise<void>;
}

export function createLease(store: Documents, clock: Clock, holder: string): Lease {
  return {
    take: async () => {
      const held = await store.get(KEY);
      if (isJsonObject(held) && held['holder'] !== holder && Number(held['until']) > clock.now().getTime())
        throw passRunning();
      const until = clock.now().getTime() + HELD_MS;
      await store.put(KEY, { holder, until }, { expiresAt: new Date(until) });
    },
    release: () => store.delete(KEY),
  };
}
