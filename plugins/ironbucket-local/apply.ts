import type { Action, Applied } from '../../src/plugin/contract.ts';
import { mintKeyPair } from '../../src/s3/key-pair.ts';
import type { AccountRecord } from './accounts.ts';
import { bucketContents, createBucketDirectory, discardBucketDirectory } from './bucket-directory.ts';
import type { Deps } from './deps.ts';
import { badName, nameTaken, notEmpty, objectLimit, unsupported, vanished } from './errors.ts';
import { isBucketName } from './layout.ts';
import { look } from './look.ts';
import { endpointOf } from './settings.ts';
import { writeStamp } from './stamp.ts';

type Kind<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Executes one action. Every step can be repeated: a crash after any of them is repaired by doing it all again. */
export async function apply(deps: Deps, action: Action, signal: AbortSignal): Promise<Applied> {
  signal.throwIfAborted();
  if (!isBucketName(action.account)) throw badName(action.account);
  switch (action.kind) {
    case 'create-account':
      return create(deps, action, signal);
    case 'delete-account':
      return remove(deps, action, signal);
    case 'set-quota':
      if (action.to.objects !== null) throw objectLimit(action.account);
      await requireOurs(deps, action);
      return { changed: await deps.quotas.setLimit(action.account, action.to.bytes, signal) };
    case 'configure':
      throw unsupported(action.account);
    case 'suspend':
      return changeRecord(deps, action, (record) => ({ ...record, suspended: true }));
    case 'resume':
      return changeRecord(deps, action, (record) => ({ ...record, suspended: false }));
    case 'issue-key':
      return issueKey(deps, action);
    case 'revoke-key':
      return changeRecord(deps, action, (record) => ({
        ...record,
        keys: record.keys.filter(({ accessKey }) => accessKey !== action.accessKey),
      }));
  }
}

async function create(deps: Deps, action: Kind<'create-account'>, signal: AbortSignal): Promise<Applied> {
  const { account, resource, quota } = action;
  if (typeof quota.objects === 'bigint') throw objectLimit(account);
  const sight = await look(deps, account);
  const unused = sight.kind === undefined && sight.record === undefined;
  if (sight.kind === 'other' || (!unused && sight.owner !== resource)) throw nameTaken(account);
  if (sight.kind === 'directory') return adopt(deps, action, signal);

  // Keys of a bucket that was removed without our knowledge must not open the new one.
  if (sight.record !== undefined) await deps.accounts.update(account, () => undefined);
  await createBucketDirectory(deps, { account, resource, maxBytes: quota.bytes }, signal);
  await deps.accounts.update(account, () => ({ ...emptyRecord(resource), name: action.displayName }));
  return { changed: true };
}

async function adopt(deps: Deps, action: Kind<'create-account'>, signal: AbortSignal): Promise<Applied> {
  const { account, resource, displayName: name, quota } = action;
  const stamped = await writeStamp(deps.disk, deps.layout.bucket(account), resource);
  const limited = quota.bytes !== undefined && (await deps.quotas.setLimit(account, quota.bytes, signal));
  const recorded = await deps.accounts.update(account, (record) => ({ ...emptyRecord(resource), ...record, name }));
  return { changed: stamped || limited || recorded };
}

async function issueKey(deps: Deps, action: Kind<'issue-key'>): Promise<Applied> {
  const pair = mintKeyPair((bytes) => deps.random(bytes));
  await changeRecord(deps, action, (record) => ({ ...record, keys: [...record.keys, pair] }));
  const { settings } = deps;
  return { changed: true, credentials: { ...pair, endpoint: endpointOf(settings), region: settings.s3_region } };
}

async function remove(deps: Deps, action: Kind<'delete-account'>, signal: AbortSignal): Promise<Applied> {
  const { account, resource, purge } = action;
  const { kind, owner } = await look(deps, account);
  if (kind === undefined)
    return { changed: owner === resource && (await deps.accounts.update(account, () => undefined)) };
  if (kind === 'other' || owner !== resource) throw nameTaken(account);

  // An upload that ends now is either counted or refused, and never lost.
  return deps.objects.close(account, async () => {
    const left = purge ? undefined : await bucketContents(deps, account, signal);
    if (left !== undefined && left.objects > 0n) throw notEmpty(account, left);
    // From here on the record may be gone and the directory still there: it must say whose it is.
    await writeStamp(deps.disk, deps.layout.bucket(account), resource);
    // The keys first, so that nothing writes into a directory that is going away.
    await deps.accounts.update(account, () => undefined);
    await discardBucketDirectory(deps, account);
    return { changed: true };
  });
}

async function changeRecord(
  deps: Deps,
  action: Action,
  change: (record: AccountRecord) => AccountRecord,
): Promise<Applied> {
  await requireOurs(deps, action);
  const changed = await deps.accounts.update(action.account, (record) =>
    change(record ?? emptyRecord(action.resource)),
  );
  return { changed };
}

async function requireOurs(deps: Deps, { account, resource }: Action): Promise<void> {
  const { kind, owner } = await look(deps, account);
  if (kind === undefined) throw vanished(account);
  if (kind === 'other' || owner !== resource) throw nameTaken(account);
}

function emptyRecord(resource: string): AccountRecord {
  return { resource, name: '', suspended: false, keys: [] };
}
