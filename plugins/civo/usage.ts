import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Usage, UsageQuery } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { bytesIn } from './kilobytes.ts';
import { locate, PASS_MS } from './locate.ts';

/** What is stored now. A store that is not ready, is gone or cannot be measured is absent, never zero. */
export async function* usage(
  deps: Deps,
  accounts: readonly string[],
  _query: UsageQuery,
  signal: AbortSignal,
): AsyncGenerator<Usage> {
  const { client, clock, inventory, log, measured, settings } = deps;
  signal.throwIfAborted();
  if (accounts.length === 0) return;
  const snapshot = await inventory.read(PASS_MS, signal);
  yield* forAccounts(accounts, log, signal, async (account) => {
    const located = await locate(deps, snapshot, { account }, signal);
    if (located === 'elsewhere' || located.store?.status !== 'ready') return undefined;
    const { id } = located.store;
    const stats = await client.stats(id, signal);
    if (stats === undefined) return undefined;
    const held = { bytes: bytesIn(settings, stats), objects: stats.objects };
    measured.keep(id, held);
    return { account, measuredAt: clock.now(), quantities: { storage: held.bytes, objects: held.objects } };
  });
}
