import type { Json } from '../../../src/lib/json.ts';
import { exactNumber, formatExact, parseExact, readExact } from '../exact-json.ts';

/** The contents of `.quota`. */
export interface QuotaRecord {
  /** Null is "no limit", 0 is "nothing allowed". */
  readonly maxBytes: bigint | null;
  readonly usedBytes: bigint;
  readonly objects: bigint;
  readonly updated: Date;
  /** Fields that another program put there, kept as they are. */
  readonly others?: readonly (readonly [string, Json])[];
}

/** "Off" on disk. */
export const UNLIMITED = 18_446_744_073_709_551_615n;

/** Undefined when a field is missing or wrong: the file is regenerated then, never guessed at. */
export function parseQuota(text: string): QuotaRecord | undefined {
  const value = parseExact(text);
  if (value === undefined) return undefined;
  const { max_size_bytes, current_usage_bytes, object_count, last_updated, ...others } = value;
  const limit = readSize(max_size_bytes);
  const usedBytes = readSize(current_usage_bytes);
  const objects = readSize(object_count);
  const updated = readTime(last_updated);
  if (limit === undefined || usedBytes === undefined || objects === undefined || updated === undefined)
    return undefined;
  return { maxBytes: limit === UNLIMITED ? null : limit, usedBytes, objects, updated, others: Object.entries(others) };
}

export function formatQuota({ maxBytes, usedBytes, objects, updated, others = [] }: QuotaRecord): string {
  return formatExact([
    ['max_size_bytes', exactNumber(maxBytes ?? UNLIMITED)],
    ['current_usage_bytes', exactNumber(usedBytes)],
    ['object_count', exactNumber(objects)],
    ['last_updated', updated.toISOString()],
    ...others,
  ]);
}

function readSize(value: Json | undefined): bigint | undefined {
  const size = readExact(value);
  return size === undefined || size > UNLIMITED ? undefined : size;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function readTime(value: Json | undefined): Date | undefined {
  if (typeof value !== 'string' || !RFC_3339.test(value)) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
