import type { Uuid } from '../lib/ids.ts';
import { createRecent, type Recent } from '../lib/recent.ts';
import { toCents } from '../lib/units.ts';
import type { UsagesApi } from '../waldur/client.ts';
import type { MeteredResource, UsageReport } from '../waldur/types.ts';
import type { Recorded } from './build.ts';

/**
 * What Waldur has recorded for one month. Read once in full; after that `current_usages`, which every resource list
 * carries, tells whether another client reported in between, so an unchanged month costs no further reading.
 * (`current_usages` alone would not do: it is not bound to a month.)
 *
 * As large as the resources of the last two passes: one that ended is forgotten after them. One that comes back shows
 * amounts that are not known any more, so the records are read again.
 */
export interface Ledger {
  readonly billingPeriod: string;
  /** One page read per 100 records. A failure leaves everything as it was: half of the records would hide decreases. */
  read(signal: AbortSignal): Promise<void>;
  /** False when `resource` shows amounts we neither saw before nor have a record for: the records must be read again. */
  isCurrent(resource: MeteredResource, types: readonly string[]): boolean;
  /** Remembers what `resource` shows, once the records agree with it or were read again. */
  saw(resource: MeteredResource, types: readonly string[]): void;
  recorded(resource: Uuid): ReadonlyMap<string, Recorded>;
  /** UUID of the record, for reports by user. */
  record(resource: Uuid, type: string): Uuid | undefined;
  submitted(report: UsageReport): void;
  /** A pass over all resources is over. */
  turn(): void;
}

interface Entry extends Recorded {
  readonly uuid: Uuid | undefined;
}

type Records = Map<Uuid, Map<string, Entry>>;

export function createLedger(usages: UsagesApi, offering: Uuid, billingPeriod: string): Ledger {
  let records = createRecent<Map<string, Entry>>();
  const shown = createRecent<Map<string, bigint | undefined>>();

  return {
    billingPeriod,
    read: async (signal) => {
      const read = await readRecords(usages, { offering, billingPeriod }, signal);
      records = createRecent();
      for (const [resource, entries] of read) records.set(resource, entries);
    },
    isCurrent: (resource, types) =>
      types.every((type) => {
        const before = shown.get(resource.uuid);
        const expected = before?.has(type) ? before.get(type) : records.get(resource.uuid)?.get(type)?.cents;
        return toCents(resource.currentUsages[type]) === expected;
      }),
    saw: (resource, types) => {
      const shows = entriesOf(shown, resource.uuid);
      for (const type of types) shows.set(type, toCents(resource.currentUsages[type]));
    },
    recorded: (resource) => records.get(resource) ?? new Map(),
    record: (resource, type) => records.get(resource)?.get(type)?.uuid,
    submitted: (report) => {
      const entries = entriesOf(records, report.resource);
      const shows = entriesOf(shown, report.resource);
      for (const { type, amount } of report.usages) {
        const cents = toCents(amount) ?? 0n;
        entries.set(type, { cents, isAmbiguous: false, uuid: entries.get(type)?.uuid });
        shows.set(type, cents);
      }
    },
    turn: () => {
      records.turn();
      shown.turn();
    },
  };
}

/** Complete, or a throw. */
export async function readRecords(
  usages: UsagesApi,
  query: Parameters<UsagesApi['list']>[0],
  signal: AbortSignal,
): Promise<Records> {
  const records: Records = new Map();
  for await (const usage of usages.list(query, signal)) {
    const entries = entriesOf(records, usage.resource);
    const isAmbiguous = entries.has(usage.type);
    entries.set(usage.type, { cents: toCents(usage.usage) ?? -1n, isAmbiguous, uuid: usage.uuid });
  }
  return records;
}

function entriesOf<T>(maps: Pick<Recent<Map<string, T>>, 'get' | 'set'>, resource: Uuid): Map<string, T> {
  const entries = maps.get(resource) ?? new Map<string, T>();
  maps.set(resource, entries);
  return entries;
}
