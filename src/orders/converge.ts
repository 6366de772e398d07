import type { OfferingConfig } from '../config/types.ts';
import { AgentError, isAgentError } from '../lib/errors.ts';
import { sameJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Action, Applied, Backend, Credentials, Found, Observed } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';
import type { Desired } from './desired.ts';
import { isHopeless } from './hopeless.ts';
import type { KeyStore, ResourceKeys } from './key-store.ts';
import { withoutCredentials } from './metadata.ts';
import { observeAccount } from './observe-account.ts';
import { planPresence, planPrune, planRemoval } from './plan.ts';
import { allow, permitted } from './policy.ts';
import { isUnsettled } from './report-key.ts';

export interface ConvergeDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly keys: KeyStore;
  readonly log: Log;
}

/** What was seen and what follows from it: computed before anything is approved or written. */
export interface Intent {
  readonly resource: Resource;
  readonly account: string;
  readonly observed: Observed;
  readonly actions: readonly Action[];
}

/** The account shall be there, with these keys. */
export interface Presence extends Intent {
  readonly keys: ResourceKeys;
}

/** The plan that makes `resource` as desired. Reads the backend, writes nothing. */
export async function intendPresence(
  deps: ConvergeDeps,
  resource: Resource,
  desired: Desired,
  signal: AbortSignal,
): Promise<Presence> {
  const presence = await comparePresence(deps, resource, desired, signal);
  allow(deps.offering.policy, presence.actions);
  return presence;
}

/** The same whatever the policy says of it. */
export async function comparePresence(
  deps: ConvergeDeps,
  resource: Resource,
  desired: Desired,
  signal: AbortSignal,
): Promise<Presence> {
  const observed = await observeAccount(deps.backend, desired.account, signal);
  const keys = await deps.keys.open(resource, signal);
  const actions = planPresence(desired, observed, keys.missing(accessKeysOf(observed)));
  return { resource, account: desired.account, observed, keys, actions };
}

/** Whether Waldur has the facts and endpoints of the account as they are. */
export function isReported(resource: Resource, keys: ResourceKeys, observed: Found): boolean {
  const metadata = keys.metadata(observed.metadata);
  return sameJson(metadata, resource.backendMetadata) && sameJson(observed.endpoints, resource.endpoints);
}

/** The keys of the account that may go, as far as the policy lets them. */
export function pruning(
  { policy }: OfferingConfig,
  { uuid }: Resource,
  keys: ResourceKeys,
  observed: Observed,
  isNew: boolean,
): readonly Action[] {
  const of = { account: observed.account, resource: uuid };
  return permitted(policy, planPrune(of, keys.leftovers(accessKeysOf(observed), isNew)));
}

export function accessKeysOf(observed: Observed): readonly string[] {
  return observed.state === 'found' ? observed.accessKeys : [];
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
 * as it is issued, so that a crash after any step is repaired by running the plan again. `isNew`: the account was made by
 * this order, or by an earlier try of it. Answers why the backend will never suspend or resume the account, when that is
 * so: everything else is done then.
 */
export async function establish(
  deps: ConvergeDeps,
  intent: Presence,
  options: { readonly isNew: boolean },
  signal: AbortSignal,
): Promise<AgentError | undefined> {
  const { resource, account } = intent;
  const had = accessKeysOf(intent.observed);
  const create = intent.actions.filter((action) => action.kind === 'create-account');
  const rest = intent.actions.filter((action) => action.kind !== 'create-account');
  for (const action of create) await execute(deps, action, signal);
  if (resource.backendId !== account) await storeName(deps, resource, account, signal);
  let keys = await intent.keys.adopt(had, signal);
  let refused: AgentError | undefined;
  for (const action of rest) {
    if (action.kind === 'suspend' || action.kind === 'resume') {
      refused = await setFlag(deps, action, signal);
      continue;
    }
    const { credentials } = await execute(deps, action, signal);
    if (credentials !== undefined) keys = await keep(deps, action, keys, credentials, had, signal);
  }

  const observed = intent.actions.length === 0 ? intent.observed : await observeAccount(deps.backend, account, signal);
  await report(deps, resource, keys, observed, signal);
  const leftovers = pruning(deps.offering, resource, keys, observed, options.isNew);
  for (const action of leftovers) await execute(deps, action, signal);
  return refused;
}

/** A backend without such a call must not keep anything else from being done. */
async function setFlag(deps: ConvergeDeps, action: Action, signal: AbortSignal): Promise<AgentError | undefined> {
  try {
    await execute(deps, action, signal);
    return undefined;
  } catch (error) {
    if (!isAgentError(error) || !isHopeless(error)) throw error;
    deps.log.warn({ err: error, action: action.kind, account: action.account }, 'a flag of the resource has no effect');
    return error;
  }
}

/** A key that Waldur did not take opens an account for nobody: it goes before anything else is tried. */
async function keep(
  deps: ConvergeDeps,
  { account, resource }: Action,
  keys: ResourceKeys,
  credentials: Credentials,
  had: readonly string[],
  signal: AbortSignal,
): Promise<ResourceKeys> {
  try {
    return await keys.keep(credentials, had, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isUnsettled(error)) await discardKey(deps, { account, resource, accessKey: credentials.accessKey }, signal);
    throw error;
  }
}

/** Revokes a key that was just issued, as far as the backend lets us; what is left is found by upkeep. */
export async function discardKey(
  deps: ConvergeDeps,
  key: { readonly account: string; readonly resource: string; readonly accessKey: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await execute(deps, { kind: 'revoke-key', ...key }, signal);
  } catch (err) {
    signal.throwIfAborted();
    deps.log.warn({ err, account: key.account }, 'a key that nobody will use could not be revoked');
  }
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

export async function execute(deps: ConvergeDeps, action: Action, signal: AbortSignal): Promise<Applied> {
  const applied = await deps.backend.apply(action, signal);
  deps.log.info({ action: action.kind, account: action.account, changed: applied.changed }, 'action applied');
  return applied;
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

/** Metadata and endpoints, each sent only when it differs. */
async function report(
  deps: ConvergeDeps,
  resource: Resource,
  keys: ResourceKeys,
  observed: Observed,
  signal: AbortSignal,
): Promise<void> {
  if (observed.state === 'absent') {
    throw new AgentError(`account ${observed.account} vanished while it was being set up`, {
      code: 'ACCOUNT_VANISHED',
      disposition: 'transient',
    });
  }
  const metadata = keys.metadata(observed.metadata);
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
}
