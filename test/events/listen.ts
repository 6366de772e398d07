import type { LinkOptions } from '../../src/events/link.ts';
import { type Delivery, session } from '../../src/events/session.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { type AgentError, toAgentError } from '../../src/lib/errors.ts';

export interface Listener {
  /** Resolves when every queue is subscribed. */
  readonly subscribed: Promise<void>;
  readonly deliveries: readonly Delivery[];
  /** Resolves once `count` deliveries are there, with the last of them. */
  delivery(count: number): Promise<Delivery>;
  /** Resolves with why the session ended; undefined after `abort`. */
  readonly done: Promise<AgentError | undefined>;
  abort(): void;
}

/** Runs a session and keeps what it delivers. */
export function listen(options: LinkOptions, clock: Clock = systemClock): Listener {
  const controller = new AbortController();
  const deliveries: Delivery[] = [];
  const waiting: { count: number; resolve: (delivery: Delivery) => void }[] = [];
  let onSubscribed = (): void => undefined;
  const subscribed = new Promise<void>((resolve) => {
    onSubscribed = resolve;
  });
  const consume = async (): Promise<AgentError | undefined> => {
    try {
      for await (const delivery of session(options, { clock, onSubscribed }, controller.signal)) {
        deliveries.push(delivery);
        for (const each of waiting) if (each.count === deliveries.length) each.resolve(delivery);
      }
      return undefined;
    } catch (error) {
      return toAgentError(error);
    }
  };
  return {
    subscribed,
    deliveries,
    delivery: async (count) => deliveries[count - 1] ?? new Promise((resolve) => waiting.push({ count, resolve })),
    done: consume(),
    abort: () => controller.abort(new Error('the test is over')),
  };
}
