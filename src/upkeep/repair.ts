import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { OrderDeps } from '../orders/deps.ts';
import { endsOrder } from '../orders/ends-order.ts';
import { isErredByUs } from '../orders/erred-by-us.ts';
import { bringInStep, type Inspection, inspectResource } from '../orders/inspect-resource.ts';
import type { Action } from '../plugin/contract.ts';
import type { Resource, ResourceState } from '../waldur/types.ts';
import type { Absences } from './absences.ts';

export interface RepairDeps extends OrderDeps {
  readonly absences: Absences;
  /** Every difference that was found is repaired or left. */
  drift(result: 'found' | 'repaired' | 'left', facts: DriftFacts): void;
}

/** Of an account that differs: what the difference asks for, and why it was left. */
export interface DriftFacts {
  readonly account: string;
  readonly actions: readonly Action[];
  readonly error?: AgentError;
}

/** The others are in the hands of an order, or over. */
const KEPT: readonly ResourceState[] = ['OK', 'Erred', 'Updating'];

/**
 * Brings one resource in step with its account, and says in Waldur what cannot be repaired: only a fact makes a resource
 * Erred, and only what we made Erred is made OK again.
 *
 * @throws AgentError why it is still not in step.
 */
export async function repair(deps: RepairDeps, uuid: Uuid, signal: AbortSignal): Promise<void> {
  const { offering, waldur } = deps;
  const resource = await waldur.resources.get(uuid, offering.uuid, signal);
  if (resource.backendId === '' || !KEPT.includes(resource.state)) return;
  const inspection = await inspect(deps, resource, signal);
  const { observed, desired } = inspection;
  if (observed.state === 'pending' || (observed.state === 'absent' && !desired.isServed)) return;
  if (observed.state === 'absent' && !deps.absences.proved(uuid)) {
    deps.log.warn({ account: inspection.account }, 'the account of the resource is missing');
    return;
  }
  if (!inspection.isInStep) await straighten(deps, resource, inspection, signal);
  deps.absences.found(uuid);
  if (isErredByUs(resource)) await waldur.resources.setAsOk(uuid, signal);
  // Otherwise Waldur asks about it again every ten minutes.
  await waldur.resources.refreshLastSync(uuid, signal);
}

async function inspect(deps: RepairDeps, resource: Resource, signal: AbortSignal): Promise<Inspection> {
  try {
    return await inspectResource(deps, resource, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toAgentError(thrown);
    // Without any stamp it may be one that was imported, which is in order.
    if (error.code === 'ACCOUNT_TAKEN') {
      const text = 'The storage account of this resource belongs to another one.';
      await err(deps, resource, text, 'ACCOUNT_TAKEN', signal);
    }
    throw error;
  }
}

async function straighten(
  deps: RepairDeps,
  resource: Resource,
  inspection: Inspection,
  signal: AbortSignal,
): Promise<void> {
  const { account, actions } = inspection;
  deps.drift('found', { account, actions });
  try {
    await bringInStep(deps, inspection, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toAgentError(thrown);
    deps.drift('left', { account, actions, error });
    // Not for an outage, of whichever peer.
    const isForGood = error.code === 'POLICY' || endsOrder(error);
    if (inspection.observed.state === 'absent' && isForGood) {
      const text = 'The storage account of this resource is gone, and the agent cannot make it again.';
      await err(deps, resource, text, 'ACCOUNT_MISSING', signal);
    }
    throw error;
  }
  deps.drift('repaired', { account, actions });
}

/** Once, and never over what others have to say about it. */
async function err(deps: RepairDeps, { uuid, state }: Resource, text: string, code: string, signal: AbortSignal) {
  if (state !== 'OK') return;
  await deps.waldur.resources.setAsErred(uuid, `${text} (${code})`, signal);
}
