import type { Uuid } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { isErredByUs } from '../orders/erred-by-us.ts';
import type { Absences } from './absences.ts';
import { type FindDriftDeps, type Finding, type FindingKind, findDrift } from './find-drift.ts';
import type { SeenResources } from './seen-resources.ts';

export interface UpkeepDeps extends FindDriftDeps {
  readonly log: Log;
  readonly absences: Absences;
  /** Learns of every resource that is looked at. */
  readonly resources: Pick<SeenResources, 'note'>;
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

export function createUpkeep(deps: UpkeepDeps): Upkeep {
  return {
    pass: async (signal) => {
      const tally = { 'in-step': 0, drift: 0, missing: 0, pending: 0, unreadable: 0, faulty: 0 };
      for await (const finding of findDrift(deps, signal)) {
        const { kind, resource, actions, left, error } = finding;
        tally[kind]++;
        deps.resources.note(resource, finding.observed, finding);
        if (deps.isBusy(resource.uuid)) continue;
        const about = { resource: resource.uuid, account: resource.backendId };
        if (error !== undefined) deps.log.warn({ err: error, ...about }, 'the resource cannot be brought in step');
        if (left.length > 0) {
          deps.log.warn(
            { ...about, attributes: left.map(({ path }) => path) },
            'attributes differ that cannot be changed',
          );
        }
        if (kind === 'missing') deps.log.warn(about, 'the account of the resource is missing');
        else if (kind !== 'unreadable') deps.absences.found(resource.uuid);
        if (!isDue(finding, deps.absences)) continue;
        if (actions.length > 0)
          deps.log.info({ ...about, actions: actions.map((action) => action.kind) }, 'drift found');
        await deps.repair(resource.uuid);
      }
      deps.absences.turn();
      return tally;
    },
  };
}

/** Whether there is something to do about it, at the backend or in Waldur. */
function isDue({ kind, resource, actions, error }: Finding, absences: Absences): boolean {
  switch (kind) {
    case 'drift':
      return true;
    case 'missing':
      // Without an action it is not to be made again.
      return actions.length > 0 && absences.proved(resource.uuid);
    case 'in-step':
      return isErredByUs(resource);
    case 'faulty':
      return error?.code === 'ACCOUNT_TAKEN' && resource.state === 'OK';
    case 'pending':
    case 'unreadable':
      return false;
  }
}
