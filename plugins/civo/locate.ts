import type { Deps } from './deps.ts';
import { notOurs } from './failures.ts';
import { credentialFor, type Snapshot, storeOf } from './inventory.ts';
import type { Credential, Store } from './model.ts';
import { readAccountId, readStamp } from './stamp.ts';

/** A store and the credential that owns it, as far as there are any. */
export interface Located {
  readonly store: Store | undefined;
  readonly credential: Credential | undefined;
}

/** For changes: as new as it takes to see what the call before made. */
export const NOW_MS = 2000;
/** For passes over many stores, whose pages share a listing. */
export const PASS_MS = 30_000;

/**
 * What an account names: by its id, and else by the stamp of its resource, which finds a store whose id was not stored
 * yet. A name that is no id is also that of a store of another party.
 */
export async function locate(
  { client, inventory, settings }: Deps,
  snapshot: Snapshot,
  { account, resource }: { readonly account: string; readonly resource?: string | undefined },
  signal: AbortSignal,
): Promise<Located | 'elsewhere'> {
  const known = readAccountId(account, settings.region);
  if (known === 'elsewhere') return known;
  const byId = known === undefined ? undefined : snapshot.stores.get(known.id);
  if (byId !== undefined) return { store: byId, credential: snapshot.credentials.get(byId.credentialId) };
  const credential = resource === undefined ? undefined : credentialFor(snapshot, { account, resource });
  const byStamp = credential && storeOf(snapshot, credential);
  if (byStamp !== undefined) return { store: byStamp, credential };
  if (known === undefined) {
    const byName = [...snapshot.stores.values()].find(({ name }) => name === account);
    if (byName === undefined) return { store: undefined, credential };
    return { store: byName, credential: snapshot.credentials.get(byName.credentialId) };
  }
  // Listings come in pages, and a store can slip from one to the other while something is deleted.
  const store = await client.store(known.id, signal);
  if (store === undefined) return { store, credential };
  inventory.learn({ store });
  return { store, credential: snapshot.credentials.get(store.credentialId) };
}

/** @throws AgentError terminal `CIVO_NOT_OURS` unless the credential of the store has the stamp of the resource. */
export function requireOurs(account: string, resource: string, credential: Credential | undefined): Credential {
  if (credential === undefined || readStamp(credential.name) !== resource) throw notOurs(account);
  return credential;
}
