import type { Clock } from '../../src/lib/clock.ts';
import type { Client } from './client.ts';
import type { Credential, Store } from './model.ts';
import { isStoreName, readStamp, stampOf } from './stamp.ts';

/** Everything of ours in the region, and what others have there. */
export interface Snapshot {
  readonly stores: ReadonlyMap<string, Store>;
  readonly credentials: ReadonlyMap<string, Credential>;
}

/** One listing for everything that looks at the same time; our own changes show in it at once. */
export interface Inventory {
  /** Less than so old; 0 is always a new one. */
  read(oldestMs: number, signal: AbortSignal): Promise<Snapshot>;
  learn(what: { readonly store: Store } | { readonly credential: Credential }): void;
  /** The next look is a new one: after something was removed, or what became of a change is not known. */
  forget(): void;
}

export function createInventory(clock: Clock, client: Client): Inventory {
  let kept: { readonly atMs: number; readonly value: Promise<Snapshot> } | undefined;
  let learned: { readonly stores: Map<string, Store>; readonly credentials: Map<string, Credential> } = nothing();

  async function list(signal: AbortSignal): Promise<Snapshot> {
    const stores = await client.stores(signal);
    const credentials = await client.credentials(signal);
    return { stores: byId(stores), credentials: byId(credentials) };
  }

  const merged = (snapshot: Snapshot): Snapshot => ({
    stores: new Map([...snapshot.stores, ...learned.stores]),
    credentials: new Map([...snapshot.credentials, ...learned.credentials]),
  });

  return {
    read: async (oldestMs, signal) => {
      signal.throwIfAborted();
      if (kept !== undefined && clock.monotonicMs() - kept.atMs < oldestMs) {
        // It may have failed because the caller that began it gave up.
        const snapshot = await kept.value.catch(() => undefined);
        signal.throwIfAborted();
        if (snapshot !== undefined) return merged(snapshot);
      }
      learned = nothing();
      kept = { atMs: clock.monotonicMs(), value: list(signal) };
      return merged(await kept.value);
    },
    learn: (what) => {
      if ('store' in what) learned.stores.set(what.store.id, what.store);
      else learned.credentials.set(what.credential.id, what.credential);
    },
    forget: () => {
      kept = undefined;
    },
  };
}

/**
 * The credential that was made for a resource: by its exact stamp, and where there is an id in place of the name, by the
 * resource alone, the one with a store where there are several.
 */
export function credentialFor(
  { credentials, stores }: Snapshot,
  { account, resource }: { readonly account: string; readonly resource: string },
): Credential | undefined {
  const all = [...credentials.values()];
  if (isStoreName(account)) return all.find(({ name }) => name === stampOf(account, resource));
  const own = all.filter(({ name }) => readStamp(name) === resource);
  const owners = new Set([...stores.values()].map(({ credentialId }) => credentialId));
  return own.find(({ id }) => owners.has(id)) ?? own[0];
}

/** Its store, whatever name that has. */
export function storeOf({ stores }: Snapshot, credential: Credential): Store | undefined {
  return [...stores.values()].find(({ credentialId }) => credentialId === credential.id);
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function nothing(): { stores: Map<string, Store>; credentials: Map<string, Credential> } {
  return { stores: new Map(), credentials: new Map() };
}
