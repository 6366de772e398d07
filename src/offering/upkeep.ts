import { withDeadline } from '../lib/deadline.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { OrderDeps } from '../orders/deps.ts';
import type { Job, OrderQueue } from '../orders/queue.ts';
import { createAbsences } from '../upkeep/absences.ts';
import { type RepairDeps, repair } from '../upkeep/repair.ts';
import { createUpkeep } from '../upkeep/upkeep.ts';
import { createPulse, type Pulse } from './loop.ts';

export interface UpkeepingDeps extends OrderDeps {
  readonly queue: OrderQueue;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly intervalMs: number;
  readonly deadlineMs: number;
  failed(error: AgentError): void;
}

export interface Upkeeping {
  readonly pulse: Pulse;
  /** Brings one resource in step; `ack` runs when that was tried. */
  maintain(resource: Uuid, ack: () => void): void;
}

/** Repairs drift: on a schedule, and of single resources when Waldur says that they changed. */
export function createUpkeeping(deps: UpkeepingDeps, signal: AbortSignal): Upkeeping {
  const { queue, clock, log, metrics } = deps;
  const absences = createAbsences();
  const offering = deps.offering.name;

  async function keep(uuid: Uuid): Promise<void> {
    try {
      await withDeadline(clock, signal, deps.deadlineMs, `upkeep of resource ${uuid}`, async (limit) => {
        const drift: RepairDeps['drift'] = (result) => metrics.drift({ offering, result });
        await repair({ ...deps, absences, drift, log: log.child({ resource: uuid }) }, uuid, limit);
      });
    } catch (error) {
      if (signal.aborted) return;
      deps.failed(toAgentError(error));
      log.warn({ err: toAgentError(error), resource: uuid }, 'the resource could not be brought in step');
    }
  }

  function job(resource: Uuid, settled: () => void): Job {
    const run = async (): Promise<undefined> => {
      await keep(resource);
      return undefined;
    };
    return { lane: resource, id: 'upkeep', run, settled };
  }

  const upkeep = createUpkeep({
    ...deps,
    absences,
    isBusy: (resource) => queue.hasLane(resource),
    repair: async (resource) => {
      const work = job(resource, () => undefined);
      while (!queue.push(work)) if (!(await queue.room())) return;
    },
  });

  const pulse = createPulse({
    intervalMs: () => deps.intervalMs,
    restFirst: true,
    clock,
    random: deps.random,
    beat: async () => {
      try {
        metrics.upkeepFinished({ offering, resources: await upkeep.pass(signal) });
      } catch (error) {
        if (signal.aborted) return;
        deps.failed(toAgentError(error));
        log.warn({ err: toAgentError(error) }, 'the resources could not be compared with the backend');
      }
    },
  });

  return {
    pulse,
    maintain: (resource, ack) => queue.offer(job(resource, ack)),
  };
}
