import type { JsonObject } from '../../src/lib/json.ts';
import type { Found } from '../../src/plugin/contract.ts';
import { noteReady } from './birth.ts';
import type { Configuration } from './configuration.ts';
import type { Deps } from './deps.ts';
import { isIssued } from './keys.ts';
import type { Held } from './measured.ts';
import type { Credential, Store } from './model.ts';
import type { Birth } from './records.ts';
import { secretRefs } from './secret-refs.ts';
import { bytesOf } from './size.ts';

export interface Described {
  readonly account: string;
  readonly store: Store;
  readonly credential: Credential | undefined;
  readonly owner: string | undefined;
  /** Undefined when it is not known. */
  readonly configuration: Configuration | undefined;
}

/** A store as the agent sees it. */
export async function describe(deps: Deps, described: Described, signal: AbortSignal): Promise<Found | undefined> {
  signal.throwIfAborted();
  const { account, store, credential, owner, configuration } = described;
  const { log, records, measured } = deps;
  if (store.sizeGb === undefined) {
    log.warn({ account }, 'Civo does not say how large the store is');
    return undefined;
  }
  if (owner !== undefined && store.status === 'ready') await noteReady(deps, store, owner);
  if (credential?.suspended === true) log.warn({ account }, 'Civo suspended the credential of the store');
  if (configuration?.owner !== undefined && owner !== undefined && configuration.owner !== owner) {
    log.warn({ account, tag: configuration.owner }, 'the bucket is tagged as that of another resource');
  }
  if (configuration?.hasPolicy === true) log.warn({ account }, 'the bucket has a policy that was set by hand');
  const last = owner === undefined ? undefined : await records.get(owner);
  const birth = last?.store === store.id ? last : undefined;
  const held = measured.recall(store.id);
  const keys = credential === undefined ? [] : [credential.keys.accessKey].filter(isIssued);
  return {
    state: 'found',
    account,
    resource: owner,
    suspended: false,
    quota: { bytes: bytesOf(store.sizeGb), objects: null },
    ...(configuration !== undefined && {
      attributes: { ...configuration.attributes, bucket_name: birth?.ordered ?? store.name },
    }),
    keys: keys.map((id) => ({ id, works: true })),
    ...(held !== undefined && { holds: held }),
    metadata: metadata(deps, described, birth, held),
    gauges: gauges(store.sizeGb, birth, held),
    endpoints: store.endpoint === '' ? [] : [{ name: 'S3', url: `${store.endpoint}/${store.bucket}` }],
  };
}

function gauges(sizeGb: number, birth: Birth | undefined, held: Held | undefined): Readonly<Record<string, number>> {
  return {
    size_bytes: Number(bytesOf(sizeGb)),
    ...(held !== undefined && { used_bytes: Number(held.bytes) }),
    ...(birth !== undefined && { created_timestamp_seconds: birth.createdAt.getTime() / 1000 }),
    ...(birth?.readyAfterMs !== undefined && { creation_seconds: birth.readyAfterMs / 1000 }),
  };
}

/** Flat keys first: getting-started texts in Waldur reach one level deep. */
function metadata(
  { settings, common }: Deps,
  { store, credential, configuration }: Described,
  birth: Birth | undefined,
  held: Held | undefined,
): JsonObject {
  const sizeGb = store.sizeGb ?? 0;
  const refs = secretRefs(common);
  return {
    bucket_id: store.id,
    bucket_name: store.bucket,
    region: settings.region,
    endpoint_url: store.endpoint === '' ? '' : `${store.endpoint}/${store.bucket}`,
    s3_endpoint: store.endpoint,
    s3_region: settings.region,
    s3_path_style: true,
    status: store.said,
    max_size_gb: sizeGb,
    // Where the secrets are, and never the secrets.
    access_key_secret_ref: refs.accessKey,
    secret_key_secret_ref: refs.secretKey,
    ...(credential?.suspended === true && { warning: 'Civo suspended the credential of this store.' }),
    ...(birth !== undefined && { created_at: birth.createdAt.toISOString() }),
    ...(birth?.readyAfterMs !== undefined && { created_in_seconds: Math.round(birth.readyAfterMs / 1000) }),
    ...(held !== undefined && { usage: usageOf(held, sizeGb) }),
    ...(configuration !== undefined && { configuration: configuration.attributes }),
    ...(configuration?.hasPolicy === true && { bucket_policy: 'set by hand' }),
  };
}

const ALMOST_FULL = 90;

function usageOf({ bytes, objects }: Held, sizeGb: number): JsonObject {
  const percent = sizeGb === 0 ? 100 : Number((bytes * 1000n) / bytesOf(sizeGb)) / 10;
  return {
    bytes: Number(bytes),
    objects: Number(objects),
    percent,
    ...(percent > ALMOST_FULL && { warning: `More than ${ALMOST_FULL} % of the size is used: order a larger size.` }),
  };
}
