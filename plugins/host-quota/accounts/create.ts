import type { Quota } from '../../../src/plugin/contract.ts';
import { hasLimit, limitsOf } from '../devices/limits.ts';
import { limitsInTheWay, taken, unknownUser, unreadableId, unsupported } from '../errors.ts';
import { allocateId } from '../host/allocate.ts';
import type { RegistryRecord } from '../registry/record.ts';
import { type AccountId, formatAccountId, parseAccountId } from './account-id.ts';
import { checkAccountName } from './account-name.ts';
import { type AccountDeps, checkDimensions, type Done, isOrdered, limit, type Ours, requireOurs } from './accounts.ts';
import { type View, viewOf, whose } from './whose.ts';

export interface Order extends Ours {
  readonly quota: Partial<Quota>;
  /** An existing user or group; undefined makes one of the account's own name. */
  readonly existing: string | undefined;
  /** Whether nothing is limited before the operator of the host has said yes. */
  readonly needsApproval: boolean;
}

/** Makes the account, or goes on making it. */
export async function create(deps: AccountDeps, order: Order, signal: AbortSignal): Promise<Done> {
  const view = await viewOf(deps, signal);
  checkDimensions(view, order.quota);
  const begun = (await deps.registry.all()).find((record) => isOrdered(record, order));
  const isNew = begun?.account === undefined;
  const { account = order.account } = isNew ? await establish(deps, order, view, signal) : begun;
  const { record } = await requireOurs(deps, { account, resource: order.resource }, signal);
  const { bytes = record.bytes, objects = record.objects } = order.quota;
  const changed = await limit(deps, record, { bytes, objects }, signal);
  return { changed: changed || isNew, account };
}

/** The record of a new account, after whatever had to be made for it. */
async function establish(deps: AccountDeps, order: Order, view: View, signal: AbortSignal): Promise<RegistryRecord> {
  const { site, subject, registry, deviceName: device, holder } = deps;
  const { resource, existing, account: asked } = order;
  const id =
    existing === undefined ? await make(deps, order, view, signal) : await findExisting(deps, existing, view, signal);
  const account = formatAccountId({ host: site.id, subject, id, device });
  const record: RegistryRecord = {
    resource,
    asked,
    account,
    subject,
    name: existing ?? (parseAccountId(asked) === undefined ? asked : deps.nameOf(resource)),
    id,
    made: existing === undefined && holder !== undefined ? holder.made : 'nothing',
    bytes: null,
    objects: null,
    ...(order.needsApproval && { requestedAt: deps.now().toISOString() }),
  };
  await registry.update(record, (_, others) => {
    if (others.every((other) => other.account !== account)) return record;
    throw taken(`${subject} ${id}`, 'Another resource has a limit for it on this device.');
  });
  return record;
}

async function make(deps: AccountDeps, order: Order, view: View, signal: AbortSignal): Promise<number> {
  const { holder, registry, subject, site } = deps;
  const { resource, account: asked } = order;
  // One that was terminated is restored under its id: its name was forgotten with it.
  const former = parseAccountId(asked);
  const name = former === undefined ? asked : deps.nameOf(resource);
  if (holder === undefined) throw unsupported(`The host ${site.id}`, 'accounts that the agent could make');
  const records = await registry.all();
  for (const account of new Set([asked, name])) {
    const seen = await whose(deps, { account, resource, isExact: true }, view, records, signal);
    if (seen.kind !== 'absent') {
      throw taken(account, 'Ask the provider: it exists on the host without the stamp of this resource.');
    }
  }
  const made = await holder.find(name, signal);
  const onHost = [...(await holder.taken(signal)), ...view.rows.keys(), ...view.unreadable];
  const none = { bytes: null, objects: null };
  const intent = { resource, asked, subject, name: checkAccountName(name), made: holder.made, ...none };
  let id = -1;
  // Written before anything is made: afterwards it is known to be ours, and the id is not given twice.
  await registry.update(intent, (begun, others) => {
    const used = [...onHost, ...others.flatMap((other) => other.id ?? [])];
    const isStillFree = begun?.id !== undefined && (begun.id === made?.id || !used.includes(begun.id));
    id = isStillFree ? begun.id : (formerId(deps, former, used) ?? allocateId(deps.ids, used));
    return { ...intent, id };
  });
  return holder.make(name, resource, id, signal);
}

/** The id it had, which files may still have, while no other user has it. */
function formerId(
  { site, subject, ids }: AccountDeps,
  former: AccountId | undefined,
  used: readonly number[],
): number | undefined {
  if (former?.host !== site.id || former.subject !== subject) return undefined;
  const { id } = former;
  return id >= ids.from && id <= ids.to && !used.includes(id) ? id : undefined;
}

async function findExisting(deps: AccountDeps, name: string, view: View, signal: AbortSignal): Promise<number> {
  const id = await deps.site.resolve(deps.subject, name, signal);
  if (id === undefined || !deps.isEligible(id)) throw unknownUser(name);
  const row = view.rows.get(id);
  if (view.unreadable.has(id)) throw unreadableId(`${deps.subject} ${id}`);
  if (row !== undefined && hasLimit(row)) throw limitsInTheWay(name, limitsOf(row));
  return id;
}
