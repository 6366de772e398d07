import type { OfferingConfig } from '../config/types.ts';
import { AgentError, isAgentError } from '../lib/errors.ts';
import { sameJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Action, Backend, Credentials, Found, Observed } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';
import type { Desired } from './desired.ts';
import { knownKeys, mergeMetadata, withoutCredentials } from './metadata.ts';
import { observeAccount } from './observe-account.ts';
import { planPresence, planPrune, planRemoval } from './plan.ts';
import { allow } from './policy.ts';

export interface ConvergeDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly log: Log;
}

/** What was seen and what follows from it: computed before anything is approved or written. */
export interface Intent {
  readonly resource: Resource;
  readonly account: string;
  readonly observed: Observed;
  readonly actions: readonly Action[];
}

/** The plan that makes `resource` as desired. Reads the backend, writes nothing. */
export async function intendPresence(
  deps: ConvergeDeps,
  resource: Resource,
  desired: Desired,
  signal: AbortSignal,
): Promise<Intent> {
  const observed = await observeAccount(deps.backend, desired.account, signal);
  const actions = actionsFor(deps.offering, resource, desired, observed);
  return { resource, account: desired.account, observed, actions: allow(deps.offering.policy, actions) };
}

/** What is missing between the two, whatever the policy says of it. */
export function actionsFor(
  offering: OfferingConfig,
  resource: Resource,
  desired: Desired,
  observed: Observed,
): readonly Action[] {
  // Metadata holds one pair; a second one would have nowhere to be stored.
  return planPresence(desired, observed, knownKeys(resource.backendMetadata), Math.min(offering.plugin.keys, 1));
}

/** Whether Waldur has the facts and endpoints of the account as they are. */
export function isReported(resource: Resource, observed: Found): boolean {
  const metadata = mergeMetadata(resource.backendMetadata, observed.metadata, undefined);
  return sameJson(metadata, resource.backendMetadata) && sameJson(observed.endpoints, resource.endpoints);
}

/** The plan that ends `resource`. An empty `backend_id` means that nothing was ever made. */
export async function intendRemoval(deps: ConvergeDeps, resource: Resource, signal: AbortSignal): Promise<Intent> {
  const account = resource.backendId;
  if (account === '') return { resource, account, observed: { state: 'absent', account }, actions: [] };
  const observed = await observeAccount(deps.backend, account, signal);
  const actions = planRemoval({ account, resource: resource.uuid }, observed, deps.offering.onTerminate);
  return { resource, account, observed, actions: allow(deps.offering.policy, actions) };
}

/**
 * Executes the plan and tells Waldur what came of it. The name is stored as soon as the account exists, and a key as soon
 * as it is issued, so that a crash after any step is repaired by running the plan again.
 */
export async function establish(
  deps: ConvergeDeps,
  intent: Intent,
  options: { readonly prune: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { resource, account } = intent;
  const create = intent.actions.filter((action) => action.kind === 'create-account');
  const rest = intent.actions.filter((action) => action.kind !== 'create-account');
  for (const action of create) await execute(deps, action, signal);
  if (resource.backendId !== account) await storeName(deps, resource, account, signal);
  let credentials: Credentials | undefined;
  for (const action of rest) credentials = (await execute(deps, action, signal)) ?? credentials;

  const observed = intent.actions.length === 0 ? intent.observed : await observeAccount(deps.backend, account, signal);
  const metadata = await report(deps, resource, observed, credentials, signal);
  if (!options.prune) return;
  const leftovers = planPrune({ account, resource: resource.uuid }, observed, knownKeys(metadata));
  for (const action of allow(deps.offering.policy, leftovers)) await execute(deps, action, signal);
}

/** Executes the plan of a removal and takes the credentials out of Waldur. */
export async function remove(deps: ConvergeDeps, intent: Intent, signal: AbortSignal): Promise<void> {
  for (const action of intent.actions) await execute(deps, action, signal);
  const { resource } = intent;
  const metadata = withoutCredentials(resource.backendMetadata);
  if (sameJson(metadata, resource.backendMetadata)) return;
  await deps.waldur.resources.setBackendMetadata(resource.uuid, metadata, signal);
}

/** Undoes quota changes of a plan that failed half way, as far as the backend lets us. */
export async function revert(deps: ConvergeDeps, intent: Intent, signal: AbortSignal): Promise<void> {
  for (const action of intent.actions) {
    if (action.kind !== 'set-quota') continue;
    try {
      await execute(deps, { ...action, from: action.to, to: action.from }, signal);
    } catch (err) {
      deps.log.warn({ err, account: action.account }, 'the previous quota could not be restored');
    }
  }
}

async function execute(deps: ConvergeDeps, action: Action, signal: AbortSignal): Promise<Credentials | undefined> {
  const applied = await deps.backend.apply(action, signal);
  deps.log.info({ action: action.kind, account: action.account, changed: applied.changed }, 'action applied');
  return applied.credentials;
}

/**
 * The offering's `backend_id_rules` may refuse a name for good; what was made for it, now or by an earlier try, must not
 * stay behind: nobody would know of it.
 */
async function storeName(deps: ConvergeDeps, resource: Resource, account: string, signal: AbortSignal): Promise<void> {
  try {
    await deps.waldur.resources.setBackendId(resource.uuid, account, signal);
  } catch (error) {
    if (!isAgentError(error) || error.disposition !== 'terminal') throw error;
    await execute(deps, { kind: 'delete-account', account, resource: resource.uuid, purge: false }, signal);
    throw new AgentError(`Waldur refused the name ${account} for this resource.`, {
      code: 'ORDER_NAME_REFUSED',
      disposition: 'terminal',
      hint: 'Ask the provider to bring the naming rules of the offering and of the agent together.',
      cause: error,
    });
  }
}

/** Metadata and endpoints, each sent only when it differs. Answers the metadata Waldur has now. */
async function report(
  deps: ConvergeDeps,
  resource: Resource,
  observed: Observed,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<Resource['backendMetadata']> {
  if (observed.state === 'absent') {
    throw new AgentError(`account ${observed.account} vanished while it was being set up`, {
      code: 'ACCOUNT_VANISHED',
      disposition: 'transient',
    });
  }
  const metadata = mergeMetadata(resource.backendMetadata, observed.metadata, credentials);
  if (!sameJson(metadata, resource.backendMetadata)) {
    await deps.waldur.resources.setBackendMetadata(resource.uuid, metadata, signal);
  }
  if (!sameJson(observed.endpoints, resource.endpoints)) {
    try {
      await deps.waldur.resources.setEndpoints(resource.uuid, observed.endpoints, signal);
    } catch (err) {
      // A refused access point must not keep a working account from its owner; a lost one is sent again.
      if (!isAgentError(err) || err.disposition !== 'terminal') throw err;
      deps.log.warn({ err }, 'access endpoints were not stored');
    }
  }
  return metadata;
}
