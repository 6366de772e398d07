import type { Account } from './account.ts';
import type { Credential, Region, Store } from './types.ts';

export function regionAnswer({ code, name, objectStore, outOfCapacity }: Region, index: number): object {
  return {
    code,
    name,
    type: 'civostack',
    out_of_capacity: outOfCapacity,
    country: 'uk',
    country_name: 'United Kingdom',
    features: { iaas: true, kubernetes: true, object_store: objectStore, volume: true },
    default: index === 0,
  };
}

/** Counts by the thing counted; official clients read many more, and a missing one as 0. */
export function quotaAnswer(account: Account): object {
  return {
    id: 'quota',
    default_user_id: 'user',
    default_user_email_address: 'user@example.org',
    objectstore_gb_limit: account.options.quotaGb,
    objectstore_gb_usage: account.usedGb(),
  };
}

export function credentialAnswer(account: Account, credential: Credential): object {
  const { id, name, keys, maxSizeGb, suspended } = credential;
  return {
    id,
    name,
    access_key_id: keys.accessKey,
    secret_access_key_id: keys.secretKey,
    suspended,
    status: account.statusOf(credential, 'pending'),
    ...(maxSizeGb !== undefined && { max_size_gb: maxSizeGb }),
  };
}

export function storeAnswer(account: Account, store: Store): object {
  const { id, name, region, sizeGb, credential } = store;
  return {
    id,
    name,
    max_size: sizeGb,
    owner_info: { access_key_id: credential.keys.accessKey, name: credential.name, credential_id: credential.id },
    objectstore_endpoint: `${account.options.plane.endpoint(region)}/${name}`,
    status: store.goneAtMs === undefined ? account.statusOf(store, 'creating') : 'deleting',
  };
}

const DEFAULT_PAGE = 20;

/** One page as the query asks for it; there is at least one. */
export function pageAnswer(items: readonly object[], query: URLSearchParams): object {
  const page = positive(query.get('page')) ?? 1;
  const perPage = positive(query.get('per_page')) ?? DEFAULT_PAGE;
  const start = (page - 1) * perPage;
  return {
    page,
    per_page: perPage,
    pages: Math.max(1, Math.ceil(items.length / perPage)),
    items: items.slice(start, start + perPage),
  };
}

function positive(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
