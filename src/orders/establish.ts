import { AgentError, isAgentError } from '../lib/errors.ts';
import { sameJson } from '../lib/json.ts';
import type { AccountRef, Action, Credentials, Found, Pending } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';
import { type CompareDeps, type Comparison, pruning, workingKeys } from './compare.ts';
import { endsOrder } from './ends-order.ts';
import { discardKey, type ExecuteDeps, execute } from './execute.ts';
import type { ResourceKeys } from './key-store.ts';
import { withProgress } from './metadata.ts';
import { observeAccount } from './observe-account.ts';
import { permitted } from './policy.ts';
import { isUnsettled } from './report-key.ts';

export interface EstablishDeps extends CompareDeps, ExecuteDeps {
  readonly waldur: Waldur;
  /** Learns how the account is after it was brought in step. */
  readonly seen?: (resource: Resource, observed: Found) => void;
}

export interface Established {
  /** Why the backend will never suspend or resume the account, when that is so: everything else is done then. */
  readonly refused?: AgentError;
  /** The backend is still making the account: the rest of the plan follows when it has. */
  readonly pending?: Pending;
}

/**
 * Executes the plan and tells Waldur what came of it. The id is stored as soon as the account exists, and a key as soon as
 * it is issued, so that a crash after any step is repaired by running the plan again. `isNew`: the account was made by this
 * order, or by an earlier try of it.
 */
export async function establish(
  deps: EstablishDeps,
  comparison: Comparison,
  options: { readonly isNew: boolean },
  signal: AbortSignal,
): Promise<Established> {
  const { resource, observed: before } = comparison;
  const of = await provide(deps, comparison, options.isNew, signal);
  const pending = await pendingOf(deps, comparison, of, signal);
  if (pending !== undefined) {
    await tellProgress(deps, resource, pending, signal);
    return { pending };
  }
  const had = workingKeys(before);
  let keys = await comparison.keys.adopt(had, signal);
  let refused: AgentError | undefined;
  const rest = comparison.actions.filter(({ kind }) => kind !== 'create-account');
  for (const action of rest.map((planned) => ({ ...planned, account: of.account }))) {
    if (action.kind === 'suspend' || action.kind === 'resume') {
      refused = await setFlag(deps, action, signal);
      continue;
    }
    const { credentials } = await execute(deps, action, signal);
    if (credentials !== undefined) keys = await keep(deps, of, keys, credentials, had, signal);
  }
  const observed = comparison.actions.length === 0 ? before : await observeAccount(deps.backend, of, signal);
  if (observed.state !== 'found') throw vanished(of.account);
  await report(deps, of, resource, keys, observed, signal);
  deps.seen?.(resource, observed);
  for (const action of pruning(deps.offering, resource, keys, observed, options.isNew)) {
    await execute(deps, action, signal);
  }
  return refused === undefined ? {} : { refused };
}

/** Makes the account, if it is to be made, and stores its id. */
async function provide(
  deps: EstablishDeps,
  comparison: Comparison,
  isNew: boolean,
  signal: AbortSignal,
): Promise<AccountRef> {
  const { resource, actions } = comparison;
  let { account } = comparison;
  const create = actions.find(({ kind }) => kind === 'create-account');
  if (create !== undefined) account = (await execute(deps, create, signal)).account ?? account;
  const of = { account, resource: resource.uuid };
  if (resource.backendId !== account) await storeId(deps, of, isNew || create !== undefined, signal);
  return of;
}

/** A backend whose accounts are never pending is not asked again. */
async function pendingOf(
  deps: EstablishDeps,
  { observed, actions }: Comparison,
  of: AccountRef,
  signal: AbortSignal,
): Promise<Pending | undefined> {
  if (observed.state === 'pending') return observed;
  const isNew = actions.some(({ kind }) => kind === 'create-account');
  if (!isNew || deps.offering.plugin.pendingMs === undefined) return undefined;
  const now = await observeAccount(deps.backend, of, signal);
  return now.state === 'pending' ? now : undefined;
}

/** The only place where Waldur shows a text while an order is executing. */
async function tellProgress(
  deps: EstablishDeps,
  resource: Resource,
  pending: Pending,
  signal: AbortSignal,
): Promise<void> {
  const metadata = withProgress(resource.backendMetadata, pending.text);
  if (sameJson(metadata, resource.backendMetadata)) return;
  try {
    await deps.waldur.resources.setBackendMetadata(resource.uuid, metadata, signal);
  } catch (err) {
    signal.throwIfAborted();
    deps.log.debug({ err }, 'the consumer could not be told what is being waited for');
  }
}

/** A backend without such a call must not keep anything else from being done. */
async function setFlag(deps: EstablishDeps, action: Action, signal: AbortSignal): Promise<AgentError | undefined> {
  try {
    await execute(deps, action, signal);
    return undefined;
  } catch (error) {
    if (!isAgentError(error) || !endsOrder(error)) throw error;
    deps.log.warn({ err: error, action: action.kind, account: action.account }, 'a flag of the resource has no effect');
    return error;
  }
}

/** A key that Waldur did not take is of no use: it goes before anything else is tried. */
async function keep(
  deps: EstablishDeps,
  of: AccountRef,
  keys: ResourceKeys,
  credentials: Credentials,
  had: readonly string[],
  signal: AbortSignal,
): Promise<ResourceKeys> {
  try {
    return await keys.keep(credentials, had, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isUnsettled(error)) await discardKey(deps, { ...of, accessKey: credentials.accessKey }, signal);
    throw error;
  }
}

/**
 * The offering's `backend_id_rules` may refuse a name for good; what was made for it must not stay behind, because Waldur
 * would not know of it. Only Waldur's own words say so: a proxy in between refuses for reasons of its own.
 */
async function storeId(deps: EstablishDeps, of: AccountRef, isNew: boolean, signal: AbortSignal): Promise<void> {
  try {
    await deps.waldur.resources.setBackendId(of.resource, of.account, signal);
  } catch (error) {
    if (!isAgentError(error) || !refusesName(error)) throw error;
    const remove: Action = { kind: 'delete-account', ...of, purge: false };
    if (isNew) for (const action of permitted(deps.offering.policy, [remove])) await execute(deps, action, signal);
    throw new AgentError(`Waldur refused the name ${of.account} for this resource.`, {
      code: 'ORDER_NAME_REFUSED',
      disposition: 'terminal',
      hint: 'Ask the provider to bring the naming rules of the offering and of the agent together.',
      cause: error,
    });
  }
}

function refusesName({ code, message }: AgentError): boolean {
  return code === 'WALDUR_REFUSED' && message.includes(' answered 400: ');
}

/** Metadata and endpoints, each sent only when it differs. */
async function report(
  deps: EstablishDeps,
  of: AccountRef,
  resource: Resource,
  keys: ResourceKeys,
  observed: Found,
  signal: AbortSignal,
): Promise<void> {
  try {
    await keys.write(observed.metadata, signal);
  } catch (error) {
    signal.throwIfAborted();
    const isLost = keys.unwritten !== undefined && !isUnsettled(error);
    if (isLost) await discardKey(deps, { ...of, accessKey: keys.unwritten }, signal);
    throw error;
  }
  if (sameJson(observed.endpoints, resource.endpoints)) return;
  try {
    await deps.waldur.resources.setEndpoints(resource.uuid, observed.endpoints, signal);
  } catch (err) {
    // A refused access point must not keep a working account from its owner; a lost one is sent again.
    if (!isAgentError(err) || err.disposition !== 'terminal') throw err;
    deps.log.warn({ err }, 'access endpoints were not stored');
  }
}

function vanished(account: string): AgentError {
  return new AgentError(`account ${account} vanished while it was being set up`, {
    code: 'ACCOUNT_VANISHED',
    disposition: 'transient',
  });
}
