import type { Uuid } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { type FindingKind, type SurveyDeps, survey } from './survey.ts';

export interface UpkeepDeps extends SurveyDeps {
  readonly log: Log;
  /** An order of the resource waits or runs: it knows better. */
  isBusy(resource: Uuid): boolean;
  /** Brings a resource in step, through the same queue and stages as its orders. */
  repair(resource: Uuid): Promise<void>;
}

export type UpkeepTally = Readonly<Record<FindingKind, number>>;

export interface Upkeep {
  /**
   * One pass over the offering.
   *
   * @throws AgentError when Waldur or the backend cannot be listed.
   */
  pass(signal: AbortSignal): Promise<UpkeepTally>;
}

/** Remembers which accounts were absent: only the second proof in a row counts, the first may be a move. */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  let absentBefore: ReadonlySet<Uuid> = new Set();

  return {
    pass: async (signal) => {
      const tally = { 'in-step': 0, drift: 0, missing: 0, unreadable: 0, faulty: 0 };
      const absent = new Set<Uuid>();
      for await (const { kind, resource, actions, error } of survey(deps, signal)) {
        tally[kind]++;
        if (deps.isBusy(resource.uuid)) continue;
        const about = { resource: resource.uuid, account: resource.backendId };
        if (kind === 'faulty') deps.log.warn({ err: error, ...about }, 'the resource cannot be brought in step');
        if (kind === 'missing') {
          absent.add(resource.uuid);
          deps.log.warn(about, 'the account of the resource is missing');
        }
        const isDue = kind === 'drift' || (kind === 'missing' && absentBefore.has(resource.uuid));
        if (!isDue) continue;
        if (actions.length > 0)
          deps.log.info({ ...about, actions: actions.map((action) => action.kind) }, 'drift found');
        await deps.repair(resource.uuid);
      }
      absentBefore = absent;
      return tally;
    },
  };
}
