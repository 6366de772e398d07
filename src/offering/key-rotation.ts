import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Again, Job } from '../orders/job.ts';
import type { OrderQueue } from '../orders/queue.ts';
import { retryDelay } from '../orders/retry-delay.ts';
import { type KeyRef, rotateKey } from '../orders/rotate-key.ts';
import { stuckKeys } from '../upkeep/key-sweep.ts';
import { attempt, type OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

export interface KeyRotation {
  /** Looks for keys whose event was lost. */
  readonly loop: Loop;
  /** Does what Waldur asks for the key; `ack` runs when that was tried. */
  rotate(key: KeyRef, ack: () => void): void;
}

const INTERVAL_MS = 30 * 60_000;
const FLOOR_MS = 5_000;

/** What consumers ask for their keys, in the lanes of the orders: nothing else happens to the account meanwhile. */
export function createKeyRotation(context: OfferingContext, queue: OrderQueue, signal: AbortSignal): KeyRotation {
  const { clock, log, metrics, config, random } = context;
  const offering = context.offering.name;

  function job(ref: KeyRef, settled: () => void): Job {
    return { lane: ref.resource, id: `key ${ref.key}`, run: (attempts) => work(ref, attempts), settled };
  }

  async function work(ref: KeyRef, attempts: number): Promise<Again | undefined> {
    const scoped = { ...context, log: log.child({ resource: ref.resource, key: ref.key }) };
    try {
      const ending = await withDeadline(clock, signal, config.orderDeadlineMs, `rotation of key ${ref.key}`, (limit) =>
        rotateKey(scoped, ref, limit),
      );
      if (ending === 'skipped') return undefined;
      metrics.keyCommand({ offering, result: ending });
      scoped.log.info({ outcome: ending }, 'API key handled');
      return undefined;
    } catch (failure) {
      if (signal.aborted) return undefined;
      const error = toAgentError(failure);
      metrics.error(error);
      const later = retryDelay(error, attempts, random);
      if (later !== undefined) return later;
      metrics.keyCommand({ offering, result: 'left' });
      scoped.log.warn({ err: error }, 'the API key waits for the next sweep');
      return undefined;
    }
  }

  async function sweep(): Promise<void> {
    for (const ref of await stuckKeys(context, signal)) {
      const found = job(ref, () => undefined);
      while (!queue.push(found)) if (!(await queue.room())) return;
    }
  }

  return {
    loop: createLoop({
      intervalMs: () => INTERVAL_MS,
      floorMs: FLOOR_MS,
      clock,
      random,
      turn: () => attempt(context, 'keys', signal, sweep),
    }),
    rotate: (ref, ack) => queue.offer(job(ref, ack)),
  };
}
