import { policyName } from '../../../plugins/minio/bucket-names.ts';
import { policyOf } from '../../../plugins/minio/policy.ts';
import { tagsFor } from '../../../plugins/minio/tags.ts';
import type { Emulator } from './emulator.ts';

/** Makes so many accounts, as the plugin leaves them. Returns their names. */
export function populate(emulator: Emulator, count: number): readonly string[] {
  const now = new Date();
  return Array.from({ length: count }, (_, index) => {
    const account = `waldur_org_project_${String(index).padStart(8, '0')}`;
    const bucket = account.replaceAll('_', '-');
    const resource = String(index).padStart(32, '0');
    emulator.state.users.set(account, { secret: 'bench-secret', enabled: true });
    const document = policyOf({ resource, buckets: [bucket], writable: true });
    emulator.state.policies.set(policyName(account), { document, created: now, updated: now });
    emulator.state.mappings.set(account, { names: [policyName(account)], updated: now });
    emulator.store.create(bucket, false, now);
    for (const [key, value] of Object.entries(tagsFor(resource, {}, false))) {
      emulator.store.bucket(bucket).tags.set(key, value);
    }
    return account;
  });
}
