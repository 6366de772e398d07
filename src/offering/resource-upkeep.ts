import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Job } from '../orders/job.ts';
import type { OrderQueue } from '../orders/queue.ts';
import { journalError } from '../store/journal-error.ts';
import { createAbsences } from '../upkeep/absences.ts';
import { type RepairDeps, repair } from '../upkeep/repair.ts';
import { createUpkeep } from '../upkeep/upkeep.ts';
import { attempt, type OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

export interface ResourceUpkeep {
  /** Compares all resources with their accounts. */
  readonly loop: Loop;
  /** Brings one resource in step; `ack` runs when that was tried. */
  repair(resource: Uuid, ack: () => void): void;
}

const FLOOR_MS = 5_000;

/** Repairs drift: on a schedule, and of single resources when Waldur says that they changed. */
export function createResourceUpkeep(context: OfferingContext, queue: OrderQueue, signal: AbortSignal): ResourceUpkeep {
  const { clock, log, metrics, config } = context;
  const absences = createAbsences();
  const offering = context.offering.name;

  async function repairOne(uuid: Uuid): Promise<void> {
    const drift: RepairDeps['drift'] = (result, { account, actions, error }) => {
      metrics.drift({ offering, result });
      const kinds = actions.map(({ kind }) => kind);
      const failure = error && { error: journalError(error) };
      context.journal.record({ resource: uuid }, { kind: 'drift', result, account, actions: kinds, ...failure });
    };
    try {
      await withDeadline(clock, signal, config.orderDeadlineMs, `upkeep of resource ${uuid}`, (limit) =>
        repair({ ...context, absences, drift, log: log.child({ resource: uuid }) }, uuid, limit),
      );
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toAgentError(thrown);
      metrics.error(error);
      log.warn({ err: error, resource: uuid }, 'the resource could not be brought in step');
    }
  }

  function job(resource: Uuid, settled: () => void): Job {
    const run = async (): Promise<undefined> => {
      await repairOne(resource);
      return undefined;
    };
    return { lane: resource, id: 'upkeep', run, settled };
  }

  const upkeep = createUpkeep({
    ...context,
    absences,
    isBusy: (resource) => queue.hasLane(resource),
    repair: async (resource) => {
      const work = job(resource, () => undefined);
      while (!queue.push(work)) if (!(await queue.room())) return;
    },
  });

  return {
    loop: createLoop({
      intervalMs: () => config.upkeepIntervalMs,
      floorMs: FLOOR_MS,
      restFirst: true,
      clock,
      random: context.random,
      turn: () =>
        attempt(context, 'upkeep', signal, async () => {
          const startedAt = clock.now();
          const tally = await upkeep.pass(signal);
          metrics.upkeepFinished({ offering, resources: tally });
          context.resources.passed(startedAt, tally);
        }),
    }),
    repair: (resource, ack) => queue.offer(job(resource, ack)),
  };
}
