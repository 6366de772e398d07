import { toAgentError } from '../../../src/lib/errors.ts';
import { emptyRow, hasLimit } from '../devices/limits.ts';
import type { Device, Limits, QuotaRow } from '../devices/types.ts';
import type { HostService } from './service.ts';

export interface BatchRequest {
  readonly device: Device;
  readonly limits: Partial<Limits>;
  /** Leaves users alone that have any limit. */
  readonly preserveIfNonzero: boolean;
  /** Leaves users alone that use more than a limit that would be set. */
  readonly preserveIfUsageExceeds: boolean;
}

export interface BatchResult {
  readonly total_users: number;
  readonly updated_users: number;
  readonly skipped_users: number;
  /** `uid=1000: why`. */
  readonly errors: readonly string[];
}

/** The same limits for every eligible user but those that a resource owns; one process writes them all. */
export async function runBatch(host: HostService, request: BatchRequest, signal: AbortSignal): Promise<BatchResult> {
  const { device, limits } = request;
  const [users, owned] = [await host.users(signal), await host.owned(device)];
  const rows = new Map((await host.devices.rows(device, 'user', signal)).rows.map((row) => [row.id, row]));
  const chosen = users.filter(({ uid }) => !owned.has(uid) && !isPreserved(rows.get(uid) ?? emptyRow(uid), request));
  const settled = await Promise.allSettled(chosen.map(({ uid }) => host.set(uid, device, limits, signal)));
  const errors = settled.flatMap((one, index) =>
    one.status === 'fulfilled' ? [] : [`uid=${chosen[index]?.uid}: ${toAgentError(one.reason).message}`],
  );
  return {
    total_users: users.length,
    updated_users: chosen.length - errors.length,
    skipped_users: users.length - chosen.length,
    errors,
  };
}

function isPreserved(row: QuotaRow, { limits, preserveIfNonzero, preserveIfUsageExceeds }: BatchRequest): boolean {
  if (preserveIfNonzero && hasLimit(row)) return true;
  if (!preserveIfUsageExceeds) return false;
  const exceeds = (limit: bigint | undefined): boolean => limit !== undefined && row.usedBytes > limit * 1024n;
  return exceeds(limits.blockHard) || exceeds(limits.blockSoft);
}
