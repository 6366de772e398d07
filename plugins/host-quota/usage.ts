import type { Usage } from '../../src/plugin/contract.ts';
import { parseAccountId } from './accounts/account-id.ts';
import type { Deps } from './deps.ts';
import { groupBy } from './group-by.ts';
import { usageByUser } from './scan/scan.ts';
import type { Site } from './site.ts';

/**
 * Bytes and inodes now, from one report for each host. An account that cannot be read is absent, never zero; one that is
 * in the report with nothing, or not at all, uses nothing.
 */
export async function* usage(deps: Deps, accounts: readonly string[], signal: AbortSignal): AsyncGenerator<Usage> {
  signal.throwIfAborted();
  const bySite = groupBy(accounts, (account) => {
    const id = parseAccountId(account);
    return deps.sites.find((site) => site.id === id?.host);
  });
  for (const [site, ones] of bySite) {
    if (site === undefined) continue;
    try {
      yield* measure(deps, site, ones, signal);
    } catch (err) {
      signal.throwIfAborted();
      if (bySite.size === 1) throw err;
      deps.log.warn({ err, host: site.id }, 'the usage of the host could not be read');
    }
  }
}

async function* measure(
  { settings, clock, registry, store }: Deps,
  site: Site,
  accounts: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Usage> {
  const recorded = new Set((await registry.all()).map(({ account }) => account));
  const measuredAt = clock.now();
  const [device, report] = [await site.device(signal), await site.rows(settings.subject, signal)];
  const rows = new Map(report.rows.map((row) => [row.id, row]));
  for (const account of accounts) {
    const id = parseAccountId(account)?.id ?? -1;
    const row = rows.get(id);
    const isKnown = row !== undefined || recorded.has(account);
    if (!isKnown || report.unreadable.includes(id)) continue;
    const objects = device.hasInodes ? { objects: row?.usedInodes ?? 0n } : {};
    const quantities = { storage: row?.usedBytes ?? 0n, ...objects };
    yield { account, measuredAt, quantities, ...(settings.usage_by_user && (await usageByUser(store, account))) };
  }
}
