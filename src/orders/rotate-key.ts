import { type AgentError, isAgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Credentials } from '../plugin/contract.ts';
import type { ApiKey, Resource, ResourceState } from '../waldur/types.ts';
import { isPending } from './api-key-store.ts';
import { consumerText } from './consumer-text.ts';
import { endsOrder } from './ends-order.ts';
import { discardKey, execute } from './execute.ts';
import { observeAccount } from './observe-account.ts';
import { planRotation } from './plan.ts';
import { allow } from './policy.ts';
import type { RemovalDeps } from './removal.ts';
import { isListed, isUnsettled, type ReportKeyDeps, reportKey } from './report-key.ts';

/** Waldur's record of a key, and the resource it is of. */
export interface KeyRef {
  readonly resource: Uuid;
  readonly key: Uuid;
}

/** `skipped`: nothing waits for us. `declined`: a command this agent does not carry out. `failed`: Waldur says so, too. */
export type KeyEnding = 'rotated' | 'failed' | 'declined' | 'skipped';

export interface RotateDeps extends RemovalDeps, ReportKeyDeps {}

/** The others are about to get keys, or end with them. */
const LIVING: readonly ResourceState[] = ['OK', 'Erred', 'Updating'];
/** What newer servers ask for beside a rotation. */
const OTHER_ACTIONS: readonly string[] = ['create', 'update', 'pause', 'resume', 'delete'];

/**
 * Gives a key that waits for it a new secret and access key: make, report, then revoke the old. Whatever ends it halfway,
 * doing it again comes to the same.
 *
 * @throws AgentError for what is not the key's fault: it waits on, and the sweep tries again.
 */
export async function rotateKey(deps: RotateDeps, ref: KeyRef, signal: AbortSignal): Promise<KeyEnding> {
  const { offering, waldur } = deps;
  const rows = await waldur.apiKeys.list({ offering: offering.uuid, resource: ref.resource }, signal);
  const row = rows?.find(({ uuid }) => uuid === ref.key);
  if (row === undefined || !isPending(row)) return 'skipped';
  const resource = await waldur.resources.get(ref.resource, offering.uuid, signal);
  const isOurs = resource.offering === offering.uuid && resource.backendId !== '';
  if (!isOurs || !LIVING.includes(resource.state)) return 'skipped';
  const { pendingAction: action = 'rotate' } = row;
  if (action === 'rotate') return replace(deps, resource, row, signal);
  if (!OTHER_ACTIONS.includes(action)) {
    deps.log.warn({ key: row.uuid }, 'Waldur asks something for an API key that this agent does not know');
    return 'skipped';
  }
  await giveUp(deps, row, `This storage does not ${action} single access keys.`, signal);
  return 'declined';
}

async function replace(deps: RotateDeps, resource: Resource, row: ApiKey, signal: AbortSignal): Promise<KeyEnding> {
  const of = { account: resource.backendId, resource: resource.uuid };
  let fresh: Credentials | undefined;
  try {
    const plan = planRotation(of, await observeAccount(deps.backend, of, signal), row.clientId);
    allow(deps.offering.policy, [plan.issue, ...plan.revoke]);
    const issued = (await execute(deps, plan.issue, signal)).credentials;
    if (issued === undefined) return 'skipped';
    fresh = issued;
    const key = { resource: of.resource, accessKey: issued.accessKey };
    await reportKey(deps, signal, {
      send: () => deps.waldur.apiKeys.setKey(row.uuid, issued, signal),
      isStored: () => isListed(deps, key, signal),
    });
    for (const { accessKey } of plan.revoke) await discardKey(deps, { ...of, accessKey }, signal);
    return 'rotated';
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toAgentError(thrown);
    // It may be the key that Waldur has.
    if (isUnsettled(error)) throw error;
    if (fresh !== undefined) await discardKey(deps, { ...of, accessKey: fresh.accessKey }, signal);
    if (!isFinal(error)) throw error;
    deps.log.warn({ err: error, key: row.uuid }, 'an access key could not be replaced');
    const text = endsOrder(error) ? consumerText(error) : `Waldur did not take the new access key. (${error.code})`;
    await giveUp(deps, row, text, signal);
    return 'failed';
  }
}

function isFinal(error: AgentError): boolean {
  return error.disposition === 'terminal' || error.code === 'WALDUR_CONFLICT';
}

/** A conflict says that it was settled meanwhile. */
async function giveUp(deps: RotateDeps, row: ApiKey, message: string, signal: AbortSignal): Promise<void> {
  try {
    await deps.waldur.apiKeys.setErred(row.uuid, message, signal);
  } catch (error) {
    if (!isAgentError(error) || error.code !== 'WALDUR_CONFLICT') throw error;
  }
}
