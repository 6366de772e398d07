import type { Config, OfferingConfig, WaldurConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Slots } from '../orders/slots.ts';
import type { CircuitState } from '../plugin/circuit.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Journal } from '../store/journal.ts';
import type { Store } from '../store/store.ts';
import type { Waldur } from '../waldur/client.ts';

/** What all offerings of the process have in common. */
export interface Shared {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What outlives the process. */
  readonly store: Store;
  readonly journal: Journal;
  /** Orders that may run at once, over all offerings. */
  readonly slots: Slots;
  readonly version: string;
  readonly startedAt: Date;
  /** For the proxy variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Clients are shared between offerings of one server and credential. */
  waldur(config: WaldurConfig): Waldur;
  backend(offering: OfferingConfig, onCircuit: (state: CircuitState) => void): Backend;
}
