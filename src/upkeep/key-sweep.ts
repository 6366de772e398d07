import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { isPending } from '../orders/api-key-store.ts';
import type { KeyRef } from '../orders/rotate-key.ts';
import type { Waldur } from '../waldur/client.ts';

/** Until then its event may be on the way, or being worked on. */
const WAITS_MS = 30 * 60_000;

/** The API keys that have waited for us so long that their event must be lost; none on servers without API keys. */
export async function stuckKeys(
  deps: { readonly offering: OfferingConfig; readonly waldur: Waldur; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly KeyRef[]> {
  const { offering, waldur, clock } = deps;
  // The rows carry the time of the server.
  const before = new Date(clock.now().getTime() + (waldur.clockSkewMs() ?? 0) - WAITS_MS);
  const query = { offering: offering.uuid, states: ['Creating', 'Updating'], before };
  const keys = await waldur.apiKeys.list(query, signal);
  return (keys ?? []).filter(isPending).map(({ resource, uuid }) => ({ resource, key: uuid }));
}
