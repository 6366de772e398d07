import { sameJson } from '../lib/json.ts';
import type { Action, Observed } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';
import { type ExecuteDeps, execute } from './execute.ts';
import { withoutCredentials } from './metadata.ts';
import { observeAccount } from './observe-account.ts';
import { planRemoval } from './plan.ts';
import { allow, permitted } from './policy.ts';

export interface RemovalDeps extends ExecuteDeps {
  readonly waldur: Waldur;
}

/** What ends the account of a resource: computed before anything is approved or written. */
export interface Removal {
  readonly resource: Resource;
  readonly account: string;
  readonly observed: Observed;
  readonly actions: readonly Action[];
}

/** The plan that ends `resource`. An empty `backend_id` means that nothing was ever made. */
export async function intendRemoval(deps: RemovalDeps, resource: Resource, signal: AbortSignal): Promise<Removal> {
  const account = resource.backendId;
  if (account === '') return { resource, account, observed: { state: 'absent', account }, actions: [] };
  const of = { account, resource: resource.uuid };
  const observed = await observeAccount(deps.backend, of, signal);
  const { onTerminate, policy } = deps.offering;
  // What is gone already forbids nothing.
  const pass = observed.state === 'absent' ? permitted : allow;
  return { resource, account, observed, actions: pass(policy, planRemoval(of, observed, onTerminate)) };
}

/** Executes the plan of a removal and takes the credentials out of Waldur. */
export async function remove(deps: RemovalDeps, { actions, resource }: Removal, signal: AbortSignal): Promise<void> {
  for (const action of actions) await execute(deps, action, signal);
  const metadata = withoutCredentials(resource.backendMetadata);
  if (sameJson(metadata, resource.backendMetadata)) return;
  await deps.waldur.resources.setBackendMetadata(resource.uuid, metadata, signal);
}
