import type { Broker } from './broker/broker.ts';
import type { BrokerStep } from './broker-step.ts';
import type { Bus } from './bus.ts';
import type { Events } from './event-source.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Order } from './model.ts';
import type { Profile } from './profile.ts';
import type { SeededRandom } from './random.ts';
import type { Store } from './store.ts';
import type { Turn } from './turn.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type { Profile } from './profile.ts';

export interface Settings {
  readonly profile: Profile;
  /** Added to every response under `/api/`. */
  latencyMs: number;
  /** Between a commit and its message, drawn uniformly. */
  readonly dispatchDelayMs: readonly [number, number];
  /** Until the server's own order processor runs. */
  readonly processorDelayMs: readonly [number, number];
  /** Whether owners of a service provider may put their offerings on sale, which Waldur turns off by default. */
  readonly ownersActivate: boolean;
  /** Zone of billing months. */
  readonly timeZone: string;
}

/** One embedded server: what every route and rule may touch. */
export interface World {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: VirtualClock;
  /** UUIDs come from their own stream, so that delays do not change them. */
  readonly ids: SeededRandom;
  readonly random: SeededRandom;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly events: Events;
  /** The one in this process, which is the bus unless there is another. */
  readonly broker: Broker;
  readonly bus: Bus;
  /** Held while the broker is brought in line with the rows. */
  readonly turn: Turn;
  /** Steps of the broker's management that fail; see `consumers.ts`. */
  readonly brokerDown: Set<BrokerStep>;
  /** Called after every change of an order's state. */
  readonly watchers: Set<(order: Order) => void>;
  /** The task of the 2024 release that starts an order; see `allocation.ts`. */
  readonly startAllocation: (order: Order) => void;
  /** Runs `work` after real milliseconds, unless the server closes first. */
  readonly later: (ms: number, work: () => void) => void;
}
