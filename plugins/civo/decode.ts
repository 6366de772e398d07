import { isJsonObject, type JsonObject } from '../../src/lib/json.ts';
import type { AccountQuota, Credential, Region, Stats, Status, Store } from './model.ts';

/** Undefined for what is no store: nothing in it can be relied on then. Unknown fields are ignored. */
export function readStore(value: unknown): Store | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, objectstore_endpoint: endpoint } = value;
  const id = readText(value['id']);
  const owner = isJsonObject(value['owner_info']) ? value['owner_info'] : {};
  const sizeGb = readCount(value['max_size'] ?? value['max_size_gb']);
  if (!isId(id) || typeof name !== 'string') return undefined;
  return {
    id,
    name,
    sizeGb,
    credentialId: readText(owner['credential_id']),
    accessKey: readText(owner['access_key_id']),
    ...splitEndpoint(readText(endpoint), name),
    status: readStatus(value['status']),
    said: readText(value['status']),
  };
}

/** Undefined for what is no credential. */
export function readCredential(value: unknown): Credential | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name } = value;
  const id = readText(value['id']);
  if (!isId(id) || typeof name !== 'string') return undefined;
  return {
    id,
    name,
    keys: { accessKey: readText(value['access_key_id']), secretKey: readText(value['secret_access_key_id']) },
    suspended: value['suspended'] === true,
    status: readStatus(value['status']),
  };
}

export function readRegion(value: unknown): Region | undefined {
  if (!isJsonObject(value) || typeof value['code'] !== 'string') return undefined;
  const features = isJsonObject(value['features']) ? value['features'] : {};
  return {
    code: value['code'],
    name: readText(value['name']),
    objectStore: features['object_store'] === true,
    outOfCapacity: value['out_of_capacity'] === true,
  };
}

/** Undefined unless both figures are there: a size that cannot be read is not zero. */
export function readStats(value: unknown): Stats | undefined {
  if (!isJsonObject(value)) return undefined;
  const usedKb = readCount(value['size_kb_utilised'] ?? value['size_kb_utilized']);
  const objects = readCount(value['num_objects']);
  if (usedKb === undefined || objects === undefined) return undefined;
  return { usedKb: BigInt(usedKb), objects: BigInt(objects) };
}

/** Undefined when the answer says nothing about object stores. */
export function readQuota(value: unknown): AccountQuota | undefined {
  if (!isJsonObject(value)) return undefined;
  const limitGb = readCount(value['objectstore_gb_limit']);
  const usedGb = readCount(value['objectstore_gb_usage']);
  return limitGb === undefined || usedGb === undefined ? undefined : { limitGb, usedGb };
}

/** The items of a page and how many pages there are; undefined for what is no page. A list of nothing may be null. */
export function readPage(value: unknown): { readonly items: readonly unknown[]; readonly pages: number } | undefined {
  if (Array.isArray(value)) return { items: value, pages: 1 };
  if (!isJsonObject(value) || !('items' in value)) return undefined;
  const { items, pages } = value as JsonObject;
  if (items !== null && !Array.isArray(items)) return undefined;
  return { items: items ?? [], pages: readCount(pages) ?? 1 };
}

/** A whole number that is not negative; undefined for anything else. */
export function readCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** It becomes part of a URL. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}

/** Whatever is neither ready nor failed is on its way. */
function readStatus(value: unknown): Status {
  const status = readText(value).toLowerCase();
  if (status === 'ready' || status === 'active') return 'ready';
  return status === 'failed' || status === 'error' ? 'failed' : 'pending';
}

/** Where the bucket is: `objectstore.lon1.civo.com/name` is an origin and the name of the bucket there. */
function splitEndpoint(endpoint: string, name: string): { readonly endpoint: string; readonly bucket: string } {
  if (endpoint === '') return { endpoint, bucket: name };
  const absolute = /^https?:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(absolute)) return { endpoint: '', bucket: name };
  const { origin, pathname } = new URL(absolute);
  const bucket = pathname.split('/').findLast((part) => part !== '');
  return { endpoint: origin, bucket: bucket ?? name };
}
