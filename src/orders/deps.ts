import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { EstablishDeps } from './establish.ts';

/** What the stages of an order work with: one offering, its Waldur and its backend. */
export interface OrderDeps extends EstablishDeps {
  readonly clock: Clock;
  /** Quotas of a plan, cached. */
  planQuotas(plan: Uuid, signal: AbortSignal): Promise<JsonObject>;
}
