import type { Deps } from './deps.ts';
import { stillThere } from './failures.ts';
import type { Credential, Store } from './model.ts';

const LOOKS = 10;
const PAUSE_MS = 1000;

/** A store and then its credential, unless that serves another store. Absent is done. Returns whether anything was there. */
export async function remove(
  deps: Deps,
  { store, credential }: { readonly store: Store | undefined; readonly credential: Credential | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const { client, inventory } = deps;
  try {
    const hadStore = store !== undefined && (await client.removeStore(store.id, signal));
    if (store !== undefined) await untilGone(deps, store, signal);
    if (credential === undefined) return hadStore;
    const stores = await client.stores(signal);
    if (stores.some(({ id, credentialId }) => credentialId === credential.id && id !== store?.id)) return hadStore;
    return (await client.removeCredential(credential.id, signal)) || hadStore;
  } finally {
    inventory.forget();
  }
}

/** A credential cannot go before its store, and Civo takes a while for that. */
async function untilGone({ client, clock }: Deps, { id, name }: Store, signal: AbortSignal): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if ((await client.store(id, signal)) === undefined) return;
    await clock.sleep(PAUSE_MS, signal);
  }
  throw stillThere(`store ${name}`);
}
