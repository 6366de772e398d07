import { hasLimit } from '../devices/limits.ts';
import type { Device, QuotaRow, Subject } from '../devices/types.ts';
import { nameOfId } from '../host/name-of-id.ts';
import type { RegistryRecord } from '../registry/record.ts';
import type { Registry } from '../registry/registry.ts';
import type { Site } from '../site.ts';
import { type AccountId, parseAccountId } from './account-id.ts';
import type { Holder } from './holder.ts';
import { quotaOf } from './quota.ts';

export interface WhoseDeps {
  readonly site: Site;
  readonly subject: Subject;
  /** As the offering names the device. */
  readonly deviceName: string;
  readonly softRatio: number;
  readonly registry: Registry;
  /** Undefined on hosts behind a remote API, where nothing can be made. */
  readonly holder: Holder | undefined;
}

/** What a report of the device said, for as long as one question takes. */
export interface View {
  readonly device: Device;
  readonly rows: ReadonlyMap<number, QuotaRow>;
  readonly unreadable: ReadonlySet<number>;
}

/**
 * Whose an account is.
 * - `recorded`: of the resource in the record
 * - `foreign`: a name or an id with limits that the registry does not know
 * - `absent`: neither
 */
export type Whose =
  | { readonly kind: 'recorded'; readonly record: RegistryRecord }
  | { readonly kind: 'foreign'; readonly id: number; readonly resource: string | undefined }
  | { readonly kind: 'absent' };

export interface Asked {
  readonly account: string;
  readonly resource?: string | undefined;
  /** Whether another account of the resource, under another name, is none that was asked for. */
  readonly isExact?: boolean;
}

export async function viewOf({ site, subject }: WhoseDeps, signal: AbortSignal): Promise<View> {
  const device = await site.device(signal);
  const { rows, unreadable } = await site.rows(subject, signal);
  return { device, rows: new Map(rows.map((row) => [row.id, row])), unreadable: new Set(unreadable) };
}

/** `records` is the registry, read once for many accounts; a record that was lost is written again. */
export async function whose(
  deps: WhoseDeps,
  asked: Asked,
  view: View,
  records: readonly RegistryRecord[],
  signal: AbortSignal,
): Promise<Whose> {
  const id = parseAccountId(asked.account);
  const record = recordOf(asked, id !== undefined, records);
  if (record?.account !== undefined) return { kind: 'recorded', record };
  const isInterrupted = record !== undefined && record.resource === asked.resource;
  return id === undefined ? byName(deps, asked, isInterrupted, signal) : byId(deps, { ...asked, id }, view, signal);
}

/** By its id, or by the name it was ordered under; that may have been another one while its id was not known. */
function recordOf(
  { account: asked, resource, isExact = false }: Asked,
  isId: boolean,
  records: readonly RegistryRecord[],
): RegistryRecord | undefined {
  if (isId) return records.find(({ account }) => account === asked);
  const named = records.filter((record) => record.asked === asked || record.name === asked);
  const own = (all: readonly RegistryRecord[]): RegistryRecord | undefined =>
    all.find((one) => one.resource === resource);
  return own(named) ?? named[0] ?? (isExact ? undefined : own(records));
}

async function byName(
  { holder, site, subject }: WhoseDeps,
  { account: name, resource }: Asked,
  isInterrupted: boolean,
  signal: AbortSignal,
): Promise<Whose> {
  const standing = await holder?.find(name, signal);
  const id = standing?.id ?? (holder === undefined ? await site.resolve(subject, name, signal) : undefined);
  if (id === undefined) return { kind: 'absent' };
  const isOurs = resource !== undefined && standing?.resource === resource;
  // What was begun is absent until it is finished: making it again goes on where it ended.
  if (isOurs || (isInterrupted && standing?.resource === undefined)) return { kind: 'absent' };
  return { kind: 'foreign', id, resource: standing?.resource };
}

async function byId(
  deps: WhoseDeps,
  { account, resource, id }: Asked & { readonly id: AccountId },
  view: View,
  signal: AbortSignal,
): Promise<Whose> {
  const { site, subject, holder, registry } = deps;
  if (id.host !== site.id || id.subject !== subject || id.device !== deps.deviceName) return { kind: 'absent' };
  const standing = resource === undefined ? undefined : await holder?.search(id.id, resource, signal);
  const row = view.rows.get(id.id);
  const isLimited = row !== undefined && hasLimit(row);
  const isStamped = resource !== undefined && standing?.resource === resource;
  // What carries no stamp is ours when the agent's store remembers it.
  const isKnown = resource !== undefined && (await registry.ownerOf(account)) === resource;
  const isNamed = isKnown && standing?.resource === undefined;
  if (!isStamped && !isNamed) {
    return isLimited ? { kind: 'foreign', id: id.id, resource: standing?.resource } : { kind: 'absent' };
  }
  const none = { bytes: null, objects: null };
  const quota = row === undefined ? none : quotaOf(row, none, deps.softRatio, view.device);
  const name = standing?.name ?? nameOfId(await site.names(subject, [id.id], signal), id.id);
  const made = isStamped && holder !== undefined ? holder.made : 'nothing';
  const record: RegistryRecord = { resource, asked: name, account, subject, name, id: id.id, made, ...quota };
  await registry.update(record, (before) => before ?? record);
  return { kind: 'recorded', record };
}
