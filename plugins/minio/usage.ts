import type { Usage, UsageQuery } from '../../src/plugin/contract.ts';
import { isUserName, policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { bucketsIn, stampOf } from './policy.ts';

/** What is stored in all versions of the buckets, of the last count. An account with a bucket that was never counted is absent. */
export async function* usage(
  deps: Deps,
  accounts: readonly string[],
  _query: UsageQuery,
  signal: AbortSignal,
): AsyncGenerator<Usage> {
  signal.throwIfAborted();
  if (accounts.length === 0) return;
  const { admin } = deps.client;
  const policies = await admin.policies(signal);
  const { scannedAt, buckets } = await admin.usage(signal);
  if (scannedAt === undefined) return;
  for (const account of accounts.filter(isUserName)) {
    const policy = policies.get(policyName(account));
    if (stampOf(policy) === undefined) continue;
    const counts = bucketsIn(policy).map((bucket) => buckets.get(bucket));
    if (counts.length === 0 || counts.includes(undefined)) continue;
    const sum = (of: 'bytes' | 'objects'): bigint => counts.reduce((total, count) => total + (count?.[of] ?? 0n), 0n);
    yield { account, measuredAt: scannedAt, quantities: { storage: sum('bytes'), objects: sum('objects') } };
  }
}
