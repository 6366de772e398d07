import type { Clock } from '../lib/clock.ts';
import type { AgentError } from '../lib/errors.ts';
import { failure } from './failure.ts';
import { type LinkOptions, openLink } from './link.ts';

export interface SessionDeps {
  readonly clock: Clock;
  /** Every queue is subscribed. Called once, before the first delivery; must not throw. */
  onSubscribed(): void;
}

export interface Delivery {
  readonly id: string;
  readonly body: string;
  /** The type a legacy queue carries; its messages do not say it. */
  readonly objectType: string | undefined;
  readonly redelivered: boolean;
  /** Idempotent, and without effect once the session is over: RabbitMQ kills a session that acks twice. */
  ack(): void;
}

/**
 * One STOMP session from CONNECT to its end, as a stream of deliveries. Returns when `signal` fires; throws an AgentError
 * with a `STOMP_*` code when the session is lost. What is not acked by then the broker delivers again, to the next
 * session. Reconnecting is the caller's: stompjs resets its delay on every CONNECTED, so it would hammer a broker that
 * refuses the SUBSCRIBE.
 */
export async function* session(
  options: LinkOptions,
  deps: SessionDeps,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, void> {
  if (signal.aborted) return;
  const capacity = options.prefetch * options.registration.queues.length;
  const inbox: Delivery[] = [];
  let over = false;
  let lost: AgentError | undefined;
  let wake = (): void => undefined;
  const end = (error?: AgentError): void => {
    if (over) return;
    over = true;
    lost = error;
    wake();
  };
  const onAbort = (): void => end();

  const link = openLink(options, deps.clock, {
    subscribed: () => {
      if (!over) deps.onSubscribed();
    },
    message: (message, objectType) => {
      if (over) return;
      // Prefetch bounds the inbox; a broker that ignores it must not fill our memory.
      if (inbox.length >= capacity) return end(failure('STOMP_PROTOCOL', 'the event bus ignores the prefetch count'));
      let acked = false;
      inbox.push({
        id: message.headers['message-id'] ?? '',
        body: message.body,
        objectType,
        redelivered: message.headers['redelivered'] === 'true',
        ack: () => {
          if (acked || over) return;
          acked = true;
          message.ack();
        },
      });
      wake();
    },
    lost: end,
  });
  signal.addEventListener('abort', onAbort, { once: true });

  try {
    for (;;) {
      for (let next = inbox.shift(); next !== undefined && !over; next = inbox.shift()) yield next;
      if (over) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (lost !== undefined) throw lost;
  } finally {
    over = true;
    signal.removeEventListener('abort', onAbort);
    await link.close(lost === undefined);
  }
}
