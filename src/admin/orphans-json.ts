import type { Json } from '../lib/json.ts';
import { failureJson } from './failure.ts';
import type { OfferingOrphans } from './orphans.ts';

/** Orphans for programs; amounts as decimal strings. */
export function orphansJson(offerings: readonly OfferingOrphans[]): Json {
  return {
    version: 1,
    offerings: offerings.map(({ name, lines, error: failure }) => ({
      name,
      error: failureJson(failure),
      orphans: lines.map(({ orphan: { account, resource, reason }, outcome, error }) => ({
        account: account.account,
        resource,
        reason,
        suspended: account.suspended,
        bytes: account.holds?.bytes.toString() ?? null,
        objects: account.holds?.objects.toString() ?? null,
        outcome,
        error: failureJson(error),
      })),
    })),
  };
}
