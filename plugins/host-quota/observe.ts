import type { Found, Observed, Sought } from '../../src/plugin/contract.ts';
import { parseAccountId } from './accounts/account-id.ts';
import { isFrozen, quotaOf } from './accounts/quota.ts';
import { type View, viewOf, whose } from './accounts/whose.ts';
import type { Deps } from './deps.ts';
import { emptyRow } from './devices/limits.ts';
import { groupBy } from './group-by.ts';
import { metadataOf } from './metadata.ts';
import type { RegistryRecord } from './registry/record.ts';
import type { Site } from './site.ts';

/** How soon it is worth asking again whether an operator has said yes. */
const APPROVAL_MS = 60_000;

/** All accounts with a record, or those asked for; one report for each host. A host that is down leaves its own out. */
export async function* observe(
  deps: Deps,
  accounts: readonly Sought[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  signal.throwIfAborted();
  const records = await deps.registry.all();
  const sought = accounts === 'all' ? recorded(records, deps) : accounts;
  const bySite = groupBy(sought, ({ account, resource }) => siteOf(deps, account, resource, records));
  for (const [site, ones] of bySite) {
    if (site === undefined) {
      for (const { account } of ones) deps.log.warn({ account }, 'the account is on a host that is not configured');
      continue;
    }
    try {
      yield* observeSite(deps, site, ones, records, signal);
    } catch (err) {
      signal.throwIfAborted();
      if (bySite.size === 1) throw err;
      deps.log.warn({ err, host: site.id }, 'the host could not be read');
    }
  }
}

async function* observeSite(
  deps: Deps,
  site: Site,
  sought: readonly Sought[],
  records: readonly RegistryRecord[],
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  const accounts = deps.accounts(site);
  const view = await viewOf(accounts, signal);
  const known = new Map(records.map((record) => [record.resource, record]));
  const ids = sought.flatMap(({ account }) => parseAccountId(account)?.id ?? []);
  const names = await site.names(accounts.subject, ids, signal);
  for (const asked of sought) {
    signal.throwIfAborted();
    const seen = await whose(accounts, asked, view, [...known.values()], signal);
    if (seen.kind === 'absent') yield { state: 'absent', account: asked.account };
    else if (seen.kind === 'foreign') yield foreign(deps, site, asked.account, seen, view);
    else {
      const { record } = seen;
      if (record.id !== undefined && view.unreadable.has(record.id)) {
        deps.log.warn({ account: asked.account }, 'the line of the account in the report cannot be read');
      } else yield observed(deps, site, record, view, names);
    }
  }
}

function observed(
  deps: Deps,
  site: Site,
  record: RegistryRecord,
  view: View,
  names: ReadonlyMap<number, string>,
): Observed {
  const { account = record.name, resource, requestedAt, id = -1 } = record;
  if (requestedAt !== undefined) {
    const text = `The operator of ${site.id} must agree that ${record.name} is limited by this order.`;
    return { state: 'pending', account, resource, since: new Date(requestedAt), text, againAfterMs: APPROVAL_MS };
  }
  const row = view.rows.get(id) ?? emptyRow(id);
  const suspended = isFrozen(row, record.frozen, view.device);
  const wanted = { bytes: record.bytes, objects: record.objects };
  return {
    state: 'found',
    account,
    resource,
    suspended,
    quota: suspended ? wanted : quotaOf(row, wanted, deps.settings.soft_ratio, view.device),
    keys: [],
    holds: { bytes: row.usedBytes, objects: row.usedInodes },
    metadata: metadataOf({ site, record, row, device: view.device, name: names.get(id), now: deps.clock.now() }),
    ...gaugesOf(deps, site),
    endpoints: [],
  };
}

/** What remote hosts enforce is not known here. */
function gaugesOf({ sites, enforcement }: Deps, site: Site): Pick<Found, 'gauges'> {
  const isOn = site === sites[0] ? enforcement.isOn() : undefined;
  return isOn === undefined ? {} : { gauges: { enforced: isOn ? 1 : 0 } };
}

function foreign(
  deps: Deps,
  site: Site,
  account: string,
  { id, resource }: { readonly id: number; readonly resource: string | undefined },
  view: View,
): Found {
  const row = view.rows.get(id) ?? emptyRow(id);
  const quota = quotaOf(row, { bytes: null, objects: null }, deps.settings.soft_ratio, view.device);
  return {
    state: 'found',
    account,
    resource,
    suspended: false,
    quota,
    keys: [],
    metadata: { host: site.id },
    endpoints: [],
  };
}

/** Those of this offering: several may share a registry. */
function recorded(records: readonly RegistryRecord[], deps: Deps): readonly Sought[] {
  return records.flatMap(({ account, resource }) => {
    const id = account === undefined ? undefined : parseAccountId(account);
    const isHere = id?.device === deps.settings.device && id.subject === deps.settings.subject;
    return account !== undefined && isHere ? [{ account, resource }] : [];
  });
}

/** Undefined for a host that is not configured. */
export function siteOf(
  { sites }: Deps,
  account: string,
  resource: string | undefined,
  records: readonly RegistryRecord[],
): Site | undefined {
  const record = records.find((one) => one.resource === resource || one.account === account);
  const id = parseAccountId(account) ?? parseAccountId(record?.account ?? '');
  return id === undefined ? sites[0] : sites.find((site) => site.id === id.host);
}
