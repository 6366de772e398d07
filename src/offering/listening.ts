import type { OfferingConfig } from '../config/types.ts';
import type { Message } from '../events/decode.ts';
import { supervise } from '../events/supervise.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { proxyFor } from '../lib/proxy.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Waldur } from '../waldur/client.ts';
import { HEARD_EVENTS } from '../waldur/types.ts';
import type { Presence } from './identity.ts';

export interface ListeningDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly presence: Pick<Presence, 'identity'>;
  /** Messages that may be unacknowledged at once. */
  readonly prefetch: number;
  /** For the proxy variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  hear(message: Message, ack: () => void): void;
  /** The session is there. */
  began(): void;
  /** It is gone, with what it had not acknowledged. */
  ended(): void;
}

export interface Listening {
  run(signal: AbortSignal): Promise<void>;
  connected(): boolean;
}

/** Events of one offering: one session, whose frames only hint at what to read. */
export function createListening(deps: ListeningDeps): Listening {
  const { offering, waldur, metrics } = deps;
  let connected = false;

  return {
    connected: () => connected,
    run: async (signal) => {
      if (!offering.stomp.enabled) return;
      await supervise(
        {
          ...deps,
          register: async (limit) => {
            const identity = await deps.presence.identity(limit);
            if (identity === undefined) return undefined;
            return waldur.queues.register({ identity, offering: offering.uuid }, HEARD_EVENTS, limit);
          },
          passcode: (limit) => waldur.queues.passcode(limit),
          stomp: offering.stomp,
          tls: { ...offering.waldur, proxy: proxyFor(offering.stomp.url, offering.waldur.proxy, deps.env) },
          onMessage: (message, { ack }) => deps.hear(message, ack),
          onState: (state, error) => {
            const lost = connected && state !== 'connected';
            connected = state === 'connected';
            if (lost) deps.ended();
            metrics.stompState({ offering: offering.name, connected });
            if (error === undefined) return;
            metrics.sessionEnded({ offering: offering.name, code: error.code });
            metrics.error(error);
          },
          onConnected: deps.began,
        },
        signal,
      );
    },
  };
}
