import type { Quota } from '../../../src/plugin/contract.ts';
import { emptyRow } from '../devices/limits.ts';
import type { Limits, QuotaRow } from '../devices/types.ts';
import { notEmpty, taken, unreadableId, unsupported, vanished } from '../errors.ts';
import type { IdRange } from '../host/allocate.ts';
import type { RegistryRecord } from '../registry/record.ts';
import { CLEARED, frozenAt, isFrozen, limitsFor } from './quota.ts';
import { type View, viewOf, type WhoseDeps, whose } from './whose.ts';

export interface AccountDeps extends WhoseDeps {
  /** From which the ids of what the agent makes are taken. */
  readonly ids: IdRange;
  isEligible(id: number): boolean;
  /** For an account whose own name is not known any more. */
  nameOf(resource: string): string;
  now(): Date;
  /** What is read next is as it is now, and not what was seen a while ago. */
  lookAgain(signal: AbortSignal): Promise<void>;
}

export interface Ours {
  readonly account: string;
  readonly resource: string;
}

export interface Done {
  readonly changed: boolean;
  readonly account: string;
}

export async function setQuota(deps: AccountDeps, ours: Ours, to: Quota, signal: AbortSignal): Promise<Done> {
  const { record, view } = await requireOurs(deps, ours, signal);
  checkDimensions(view, to);
  return { changed: await limit(deps, record, to, signal), account: record.account ?? ours.account };
}

/** By its name, or by its id where that is known already. */
export function isOrdered(record: RegistryRecord, { account, resource }: Ours): boolean {
  return record.resource === resource && (record.asked === account || record.account === account);
}

/** The record first: what a crash leaves unwritten shows as drift. */
export async function limit(
  deps: AccountDeps,
  record: RegistryRecord,
  wanted: Quota,
  signal: AbortSignal,
): Promise<boolean> {
  const isNew = record.bytes !== wanted.bytes || record.objects !== wanted.objects;
  if (isNew) await deps.registry.update(record, (now) => now && { ...now, ...wanted });
  if (record.frozen !== undefined || record.requestedAt !== undefined) return isNew;
  return (await write(deps, record, limitsFor(wanted, deps.softRatio), signal)) || isNew;
}

export async function suspend(deps: AccountDeps, ours: Ours, signal: AbortSignal): Promise<Done> {
  const { record, view, row } = await requireOurs(deps, ours, signal);
  const account = record.account ?? ours.account;
  if (isFrozen(row, record.frozen, view.device)) return { changed: false, account };
  const frozen = record.frozen ?? frozenAt(row, view.device);
  await deps.registry.update(record, (now) => now && { ...now, frozen });
  await write(deps, record, frozen, signal);
  return { changed: true, account };
}

export async function resume(deps: AccountDeps, ours: Ours, signal: AbortSignal): Promise<Done> {
  const { record } = await requireOurs(deps, ours, signal);
  const wanted = limitsFor(record, deps.softRatio);
  const changed = record.requestedAt === undefined && (await write(deps, record, wanted, signal));
  if (record.frozen !== undefined) {
    await deps.registry.update(record, (now) => {
      if (now === undefined) return undefined;
      const { frozen: _, ...rest } = now;
      return rest;
    });
  }
  return { changed: changed || record.frozen !== undefined, account: record.account ?? ours.account };
}

/** Clears the limits, and removes what the agent made. What it did not make stays in any case. */
export async function remove(deps: AccountDeps, ours: Ours, purge: boolean, signal: AbortSignal): Promise<Done> {
  const { account } = ours;
  // What was removed a moment ago does not keep it, and what was made a moment ago does.
  if (!purge) await deps.lookAgain(signal);
  const view = await viewOf(deps, signal);
  const seen = await whose(deps, ours, view, await deps.registry.all(), signal);
  if (seen.kind === 'foreign') throw takenBy(ours);
  const interrupted = (await deps.registry.all()).find((one) => isOrdered(one, ours));
  const record = seen.kind === 'recorded' ? seen.record : interrupted;
  if (record === undefined) return { changed: false, account };
  if (record.resource !== ours.resource) throw takenBy(ours);
  const { id, name, made } = record;
  const isOurs = made !== 'nothing' && deps.holder?.made === made;
  if (id !== undefined) {
    if (view.unreadable.has(id)) throw unreadableId(account);
    const row = view.rows.get(id) ?? emptyRow(id);
    if (isOurs && !purge && (await holdsData(deps, name, row, signal))) throw notEmpty(account, row.usedBytes);
    if (record.requestedAt === undefined && record.account !== undefined) await write(deps, record, CLEARED, signal);
  }
  if (isOurs && (await isStillOurs(deps, record, signal))) await deps.holder?.remove(name, purge, signal);
  await deps.registry.update(record, () => undefined);
  return { changed: true, account };
}

async function holdsData({ holder }: AccountDeps, name: string, row: QuotaRow, signal: AbortSignal): Promise<boolean> {
  return (await holder?.holdsFiles?.(name, signal)) ?? (row.usedBytes > 0n || row.usedInodes > 0n);
}

/** The name may have been given to another party without our knowledge. */
async function isStillOurs({ holder }: AccountDeps, record: RegistryRecord, signal: AbortSignal): Promise<boolean> {
  const standing = await holder?.find(record.name, signal);
  if (standing === undefined) return false;
  if (standing.resource !== undefined) return standing.resource === record.resource;
  return holder?.made === 'group' && standing.id === record.id;
}

async function write(deps: AccountDeps, record: RegistryRecord, limits: Limits, signal: AbortSignal): Promise<boolean> {
  if (record.id === undefined) return false;
  return (await deps.site.write(record.subject, record.id, limits, signal)).changed;
}

export async function requireOurs(
  deps: AccountDeps,
  ours: Ours,
  signal: AbortSignal,
): Promise<{ readonly record: RegistryRecord; readonly view: View; readonly row: QuotaRow }> {
  const view = await viewOf(deps, signal);
  const seen = await whose(deps, ours, view, await deps.registry.all(), signal);
  if (seen.kind === 'absent') throw vanished(ours.account);
  if (seen.kind === 'foreign' || seen.record.resource !== ours.resource) throw takenBy(ours);
  const { record } = seen;
  const id = record.id ?? -1;
  if (view.unreadable.has(id)) throw unreadableId(ours.account);
  return { record, view, row: view.rows.get(id) ?? emptyRow(id) };
}

function takenBy({ account }: Ours): Error {
  return taken(account, 'The agent changes nothing that it did not make for this resource.');
}

export function checkDimensions({ device }: View, { objects = null }: Partial<Quota>): void {
  if (objects !== null && !device.hasInodes) throw unsupported(device.name, 'limit of the number of files');
}
