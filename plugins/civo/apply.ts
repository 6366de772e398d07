import type { Action, Applied, Quota } from '../../src/plugin/contract.ts';
import { configure } from './configuration.ts';
import { create } from './create.ts';
import { type Deps, withS3 } from './deps.ts';
import { badSize, elsewhere, notReady, tooSmall, unsupported, vanished } from './failures.ts';
import { isIssued, mintIssued, mintUntold } from './keys.ts';
import { bytesIn } from './kilobytes.ts';
import { locate, NOW_MS, requireOurs } from './locate.ts';
import type { Credential, Store } from './model.ts';
import { POST_CONFIGURATION_NAMES } from './post-configuration.ts';
import { bytesOf, sizeFor } from './size.ts';
import { terminate } from './terminate.ts';

type Kind<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Executes one action, on a store whose credential carries the stamp of the resource. */
export async function apply(deps: Deps, action: Action, signal: AbortSignal): Promise<Applied> {
  signal.throwIfAborted();
  switch (action.kind) {
    case 'create-account':
      await refuseForeign(deps, action, signal);
      return create(deps, action, signal);
    case 'delete-account':
      return terminate(deps, action, signal);
    case 'set-quota':
      return setQuota(deps, action, signal);
    case 'configure':
      return configureStore(deps, action, signal);
    case 'suspend':
    case 'resume':
      await requireReady(deps, action, signal);
      throw unsupported(action.kind === 'suspend' ? 'Suspending a store' : 'Resuming a store');
    case 'issue-key':
      return issueKey(deps, action, signal);
    case 'revoke-key':
      return revokeKey(deps, action, signal);
  }
}

interface Owned {
  readonly store: Store;
  readonly credential: Credential;
}

/** A name that is that of a store of another party, visible in the region, is never taken over. */
async function refuseForeign(deps: Deps, action: Action, signal: AbortSignal): Promise<void> {
  const { account, resource } = action;
  const located = await locate(deps, await deps.inventory.read(NOW_MS, signal), action, signal);
  if (located === 'elsewhere') throw elsewhere(account, deps.settings.region);
  if (located.store !== undefined) requireOurs(account, resource, located.credential);
}

/** @throws AgentError transient when it is gone or not ready: the next pass observes it so. */
async function requireReady(deps: Deps, action: Action, signal: AbortSignal): Promise<Owned> {
  const { account, resource } = action;
  const located = await locate(deps, await deps.inventory.read(NOW_MS, signal), action, signal);
  if (located === 'elsewhere') throw elsewhere(account, deps.settings.region);
  const { store } = located;
  if (store === undefined) throw vanished(account);
  const credential = requireOurs(account, resource, located.credential);
  if (store.status !== 'ready') throw notReady(store);
  return { store, credential };
}

/** Growing is possible at any time, shrinking not below what is stored. The size always goes along: 0 would be set otherwise. */
async function setQuota(deps: Deps, action: Kind<'set-quota'>, signal: AbortSignal): Promise<Applied> {
  const { client, inventory, settings } = deps;
  const sizeGb = sizeOf(action.to);
  const { store } = await requireReady(deps, action, signal);
  if (store.sizeGb === sizeGb) return { changed: false };
  if (store.sizeGb === undefined || sizeGb < store.sizeGb) {
    const stats = await client.stats(store.id, signal);
    if (stats === undefined) throw vanished(action.account);
    const used = bytesIn(settings, stats);
    if (used > bytesOf(sizeGb)) throw tooSmall(store.name, sizeGb, used);
  }
  inventory.learn({ store: await client.resizeStore(store.id, sizeGb, signal) });
  return { changed: true };
}

function sizeOf({ bytes, objects }: Quota): number {
  if (objects !== null) throw badSize(`${objects} objects`);
  if (bytes === null) throw badSize('no size at all');
  if (bytes <= 0n) throw badSize(`${bytes} bytes`);
  return sizeFor(bytes);
}

async function configureStore(deps: Deps, action: Kind<'configure'>, signal: AbortSignal): Promise<Applied> {
  const { resource, changes } = action;
  const fixed = changes.find(({ path }) => !POST_CONFIGURATION_NAMES.some((name) => name === path));
  if (fixed !== undefined) throw unsupported(`Changing ${fixed.path} of a store`);
  const { store, credential } = await requireReady(deps, action, signal);
  const wanted = Object.fromEntries(changes.map(({ path, to }) => [path, to]));
  deps.remembered.forget(store.id);
  const changed = await withS3(deps, store, credential, (s3) =>
    configure(s3, store.bucket, { wanted, resource }, signal),
  );
  return { changed };
}

/** A store has one pair of keys: those before stop working with this. */
async function issueKey(deps: Deps, action: Kind<'issue-key'>, signal: AbortSignal): Promise<Applied> {
  const { resource } = action;
  const { store, credential } = await requireReady(deps, action, signal);
  const keys = mintIssued((bytes) => deps.random(bytes));
  const replaced = await replaceKeys(deps, credential, keys, signal);
  if (isIssued(credential.keys.accessKey))
    deps.log.info({ store: store.name }, 'the old keys of the store do not work any more');
  await withS3(deps, store, replaced, (s3) => configure(s3, store.bucket, { wanted: {}, resource }, signal));
  return { changed: true, credentials: { ...keys, endpoint: store.endpoint, region: deps.settings.region } };
}

async function revokeKey(deps: Deps, action: Kind<'revoke-key'>, signal: AbortSignal): Promise<Applied> {
  const { credential } = await requireReady(deps, action, signal);
  if (credential.keys.accessKey !== action.accessKey) return { changed: false };
  await replaceKeys(
    deps,
    credential,
    mintUntold((bytes) => deps.random(bytes)),
    signal,
  );
  return { changed: true };
}

async function replaceKeys(
  { client, inventory }: Deps,
  { id }: Credential,
  keys: Credential['keys'],
  signal: AbortSignal,
): Promise<Credential> {
  try {
    const credential = await client.replaceKeys(id, keys, signal);
    inventory.learn({ credential });
    return credential;
  } catch (error) {
    inventory.forget();
    throw error;
  }
}
