import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Usage } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { directDisk } from './direct-disk.ts';
import { storageGone } from './errors.ts';
import { isBucketName } from './layout.ts';
import { createSpeed, type Speed } from './quota/speed.ts';

/** Buckets counted at once: each waits for the disk most of the time. */
const AT_ONCE = 4;

/** What is stored now. An account that cannot be read, or is not counted yet, is absent, never zero. */
export async function* usage(deps: Deps, accounts: readonly string[], signal: AbortSignal): AsyncGenerator<Usage> {
  // One failure of the whole storage, not one of every account.
  if ((await deps.disk.kind(deps.layout.root)) === undefined) throw storageGone(deps.layout.root);
  const speed = createSpeed(deps.clock);
  yield* forAccounts(accounts, deps.log, signal, (account) => measure(deps, speed, account, signal), AT_ONCE);
}

async function measure(deps: Deps, speed: Speed, account: string, signal: AbortSignal): Promise<Usage | undefined> {
  try {
    if (!isBucketName(account)) return undefined;
    const path = deps.layout.bucket(account);
    const kind = await speed.ask(
      () => directDisk.kind(path),
      () => deps.disk.kind(path),
    );
    if (kind !== 'directory') return undefined;
    const measuredAt = deps.clock.now();
    const size = await deps.quotas.measure(account, signal);
    return size && { account, measuredAt, quantities: { storage: size.bytes, objects: size.objects } };
  } catch (err) {
    if (signal.aborted) throw signal.reason;
    deps.log.warn({ err, account }, 'the bucket could not be counted');
    return undefined;
  }
}
