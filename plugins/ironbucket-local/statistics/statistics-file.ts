import type { Json } from '../../../src/lib/json.ts';
import { exactNumber, formatExact, parseExact, readExact } from '../exact-json.ts';

export const OPERATIONS = ['get', 'put', 'delete', 'list', 'head', 'multipart'] as const;

export type Operation = (typeof OPERATIONS)[number];

export type Counts = Readonly<Record<Operation, bigint>>;

/** The contents of `.stats/YYYY-MM.json`. */
export interface StatisticsRecord {
  readonly counts: Counts;
  /** IronBucket leaves it out. */
  readonly updated?: Date;
  /** Fields that another program put there, kept as they are. */
  readonly others?: readonly (readonly [string, Json])[];
}

export const ZERO: Counts = { get: 0n, put: 0n, delete: 0n, list: 0n, head: 0n, multipart: 0n };

/** A month in UTC. It becomes part of a path: nothing else may. */
export function isMonth(text: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
}

export function monthOf(time: Date): string {
  return time.toISOString().slice(0, 7);
}

/** Undefined when a counter is missing or wrong. */
export function parseStatistics(text: string): StatisticsRecord | undefined {
  const value = parseExact(text);
  if (value === undefined) return undefined;
  const counts: Record<Operation, bigint> = { ...ZERO };
  const others = new Map(Object.entries(value));
  for (const operation of OPERATIONS) {
    const count = readExact(value[fieldOf(operation)]);
    if (count === undefined) return undefined;
    counts[operation] = count;
    others.delete(fieldOf(operation));
  }
  const updated = others.get(UPDATED);
  others.delete(UPDATED);
  const time = new Date(typeof updated === 'string' ? updated : Number.NaN);
  return { counts, ...(!Number.isNaN(time.getTime()) && { updated: time }), others: [...others] };
}

export function formatStatistics({ counts, updated, others = [] }: StatisticsRecord): string {
  return formatExact([
    ...OPERATIONS.map((operation) => [fieldOf(operation), exactNumber(counts[operation])] as const),
    ...(updated === undefined ? [] : [[UPDATED, updated.toISOString()] as const]),
    ...others,
  ]);
}

const UPDATED = 'last_updated';

export function fieldOf(operation: Operation): `${Operation}_count` {
  return `${operation}_count`;
}
