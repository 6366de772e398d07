import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Usage, UsageQuery } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { totalOf } from './observe.ts';
import { isSegment } from './segment.ts';
import { byteSeconds } from './series.ts';

/** What is stored now, or was over the month. An account that is gone or cannot be read is absent, never zero. */
export async function* usage(
  deps: Deps,
  accounts: readonly string[],
  query: UsageQuery,
  signal: AbortSignal,
): AsyncGenerator<Usage> {
  const wanted = accounts.filter(isSegment);
  if (wanted.length === 0) return;
  // A gateway answers "no buckets" for a user that does not exist.
  const present = await deps.client.present(wanted, signal);
  yield* forAccounts(present, deps.log, signal, (account) => measure(deps, account, query, signal));
}

async function measure(
  { client, clock }: Deps,
  account: string,
  { metering, window }: UsageQuery,
  signal: AbortSignal,
): Promise<Usage | undefined> {
  const measuredAt = clock.now();
  if (metering === 'gb_days') {
    const storage = byteSeconds(await client.series(account, window, signal), window);
    return storage === undefined ? undefined : { account, measuredAt, quantities: { storage } };
  }
  const { bytes, objects } = totalOf(await client.buckets(account, signal));
  return { account, measuredAt, quantities: { storage: bytes, objects } };
}
