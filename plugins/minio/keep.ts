import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import { readWanted } from './attributes.ts';
import { policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { lookAt } from './look.ts';
import { overageOf } from './observe.ts';
import { bucketsIn, isWritable, policyOf, samePolicy, stampOf } from './policy.ts';
import { makeBucket } from './provision.ts';
import type { Sighting } from './sighting.ts';

/**
 * Repairs what no order speaks of: the policy of an account, its attachment, a bucket that is gone; and says which accounts
 * are over their limit, which the server notices late. With `enforce: suspend-writes` those lose the right to write. Looks
 * for keys that were switched off, too, which upkeep replaces.
 */
export async function keep(deps: Deps, signal: AbortSignal): Promise<string | undefined> {
  let [repaired, over] = [0, 0];
  const ours: string[] = [];
  for await (const [, sighting] of lookAt(deps, 'all', signal)) {
    const resource = stampOf(sighting?.policy);
    if (sighting === undefined || resource === undefined) continue;
    ours.push(sighting.account);
    const overage = overageOf(deps.settings, sighting);
    if (overage > 0n) {
      over++;
      const { account } = sighting;
      const fields = { event: 'minio.overage', account, resource, overage_bytes: Number(overage) };
      deps.log.warn(fields, `the account holds ${formatBytes(overage)} more than its limit`);
    }
    if (await repair(deps, sighting, resource, overage, signal)) repaired++;
  }
  await deps.keyWatch.look(ours, signal);
  if (repaired === 0 && over === 0) return undefined;
  return `${plural(repaired, 'account')} repaired, ${over} over their limit`;
}

async function repair(
  deps: Deps,
  sighting: Sighting,
  resource: string,
  overage: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  const { account, user, policy, buckets } = sighting;
  const { admin } = deps.client;
  const names = bucketsIn(policy);
  const writable = deps.settings.enforce === 'server' || overage === 0n;
  const wanted = policyOf({ resource, buckets: names, writable });
  let changed = false;
  if (!samePolicy(policy, wanted)) {
    await admin.putPolicy(policyName(account), wanted, signal);
    if (writable !== isWritable(policy)) deps.log.warn({ account, writable }, 'the right to write was changed');
    changed = true;
  }
  if (!user.policies.includes(policyName(account)))
    changed = (await admin.attach(account, policyName(account), signal)) || changed;
  const there = new Set(buckets.map(({ name }) => name));
  for (const name of names.filter((bucket) => !there.has(bucket))) {
    // A listing leaves out buckets that the admin user may not read, so that it proves no absence.
    changed = (await makeBucket(deps, { name, resource, wanted: readWanted({}), isNew: false }, signal)) || changed;
  }
  return changed;
}
