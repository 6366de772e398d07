import { isJsonObject, type Json } from '../lib/json.ts';
import type { Store } from './store.ts';

/** Everything in the store as JSON, secrets included; rows refer to one another by UUID. */
export function dump(store: Store): Json {
  const tables = Object.entries(store).map(([name, table]): [string, Json] => {
    if ('all' in table) return [name, table.all().map((row) => flat(row, 0))];
    return [name, [...table.values()].map((value) => flat(value, 0))];
  });
  return Object.fromEntries(tables);
}

function flat(value: unknown, depth: number): Json {
  if (typeof value === 'bigint') return String(value);
  if (value === undefined || value === null) return null;
  if (value instanceof Map) return [...value.values()].map((item) => flat(item, depth + 1));
  if (Array.isArray(value)) return value.map((item: unknown) => flat(item, 0));
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return null;
  if (depth > 0 && 'uuid' in value && typeof value.uuid === 'string') return value.uuid;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [key, flat(item, depth + 1)]);
  const result = Object.fromEntries(entries);
  return isJsonObject(result) ? result : null;
}
