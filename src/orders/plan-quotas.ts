import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Waldur } from '../waldur/client.ts';

const FRESH_MS = 600_000;

/** Quotas of plans, each read at most once in ten minutes: a thousand orders of one plan ask once. */
export function createPlanQuotas(
  waldur: Waldur,
  clock: Clock,
): (plan: Uuid, signal: AbortSignal) => Promise<JsonObject> {
  const cache = new Map<Uuid, { readonly at: number; readonly quotas: Promise<JsonObject> }>();
  return (plan, signal) => {
    const cached = cache.get(plan);
    if (cached !== undefined && clock.monotonicMs() - cached.at < FRESH_MS) return cached.quotas;
    const quotas = waldur.offerings.plan(plan, signal).then((found) => found.quotas);
    cache.set(plan, { at: clock.monotonicMs(), quotas });
    // A failed read must not be remembered.
    quotas.catch(() => cache.delete(plan));
    return quotas;
  };
}
