import { withDeadline } from '../lib/deadline.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { again } from '../orders/again.ts';
import type { OrderDeps } from '../orders/deps.ts';
import type { Again, Job, OrderQueue } from '../orders/queue.ts';
import { type KeyRef, rotateKey } from '../orders/rotate-key.ts';
import { stuckKeys } from '../upkeep/key-sweep.ts';
import { createPulse, type Pulse } from './loop.ts';

export interface KeyRotationDeps extends OrderDeps {
  readonly queue: OrderQueue;
  readonly random: Random;
  readonly metrics: Pick<Metrics, 'keyCommand'>;
  readonly deadlineMs: number;
  failed(error: AgentError): void;
}

export interface KeyRotation {
  /** Looks for keys whose event was lost. */
  readonly pulse: Pulse;
  /** Does what Waldur asks for the key; `ack` runs when that was tried. */
  rotate(key: KeyRef, ack: () => void): void;
}

const INTERVAL_MS = 30 * 60_000;

/** What consumers ask for their keys, in the lanes of the orders: nothing else happens to the account meanwhile. */
export function createKeyRotation(deps: KeyRotationDeps, signal: AbortSignal): KeyRotation {
  const { queue, clock, log, metrics } = deps;
  const offering = deps.offering.name;

  function job(ref: KeyRef, settled: () => void): Job {
    return { lane: ref.resource, id: `key ${ref.key}`, run: (attempt) => work(ref, attempt), settled };
  }

  async function work(ref: KeyRef, attempt: number): Promise<Again | undefined> {
    const scoped = { ...deps, log: log.child({ resource: ref.resource, key: ref.key }) };
    try {
      const ending = await withDeadline(clock, signal, deps.deadlineMs, `rotation of key ${ref.key}`, (limit) =>
        rotateKey(scoped, ref, limit),
      );
      if (ending === 'skipped') return undefined;
      metrics.keyCommand({ offering, result: ending });
      scoped.log.info({ outcome: ending }, 'API key handled');
      return undefined;
    } catch (failure) {
      if (signal.aborted) return undefined;
      const error = toAgentError(failure);
      deps.failed(error);
      const later = again(error, attempt, deps.random);
      if (later !== undefined) return later;
      metrics.keyCommand({ offering, result: 'left' });
      scoped.log.warn({ err: error }, 'the API key waits for the next sweep');
      return undefined;
    }
  }

  return {
    pulse: createPulse({
      intervalMs: () => INTERVAL_MS,
      clock,
      random: deps.random,
      beat: async () => {
        try {
          for (const ref of await stuckKeys(deps, signal)) {
            const found = job(ref, () => undefined);
            while (!queue.push(found)) if (!(await queue.room())) return;
          }
        } catch (error) {
          if (signal.aborted) return;
          deps.failed(toAgentError(error));
          log.warn({ err: toAgentError(error) }, 'the API keys could not be listed');
        }
      },
    }),
    rotate: (ref, ack) => queue.offer(job(ref, ack)),
  };
}
