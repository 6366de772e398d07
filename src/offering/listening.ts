import type { Message } from '../events/decode.ts';
import { supervise } from '../events/supervise.ts';
import { proxyFor } from '../lib/proxy.ts';
import { HEARD_EVENTS } from '../waldur/types.ts';
import type { OfferingContext } from './context.ts';
import type { EventLink } from './event-link.ts';
import type { Identity } from './identity.ts';

export interface ListeningDeps {
  readonly link: EventLink;
  readonly identity: Pick<Identity, 'uuid'>;
  /** For the proxy variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  onMessage(message: Message, ack: () => void): void;
  /** The session is there. */
  began(): void;
  /** It is gone, with what it had not acknowledged. */
  ended(): void;
}

/** Messages that may be unacknowledged at once, for each order that may run at once. */
const PREFETCH = 2;

/** Keeps the event session of one offering until the signal fires. Its frames only hint at what to read. */
export async function listen(context: OfferingContext, deps: ListeningDeps, signal: AbortSignal): Promise<void> {
  const { offering, waldur } = context;
  if (!offering.stomp.enabled) return;
  await supervise(
    {
      clock: context.clock,
      random: context.random,
      log: context.log,
      prefetch: context.config.concurrency * PREFETCH,
      register: async (limit) => {
        const identity = await deps.identity.uuid(limit);
        if (identity === undefined) return undefined;
        return waldur.queues.register({ identity, offering: offering.uuid }, HEARD_EVENTS, limit);
      },
      passcode: (limit) => waldur.queues.passcode(limit),
      stomp: offering.stomp,
      tls: { ...offering.waldur, proxy: proxyFor(offering.stomp.url, offering.waldur.proxy, deps.env) },
      onMessage: (message, { ack }) => deps.onMessage(message, ack),
      onState: (state, error) => {
        if (deps.link.changed(state, error)) deps.ended();
      },
      onConnected: deps.began,
    },
    signal,
  );
}
