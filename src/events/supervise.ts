import type { StompConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { QueueRegistration } from '../waldur/types.ts';
import { decode, type Message } from './decode.ts';
import { type Failure, FRESH, probeMs, reconnect } from './reconnect.ts';
import { type Delivery, session } from './session.ts';
import type { TlsOptions } from './socket.ts';

export type { Delivery } from './session.ts';

/** `polling`: this Waldur has no queues for us. */
export type EventState = 'connecting' | 'connected' | 'disconnected' | 'polling';

export interface SuperviseDeps {
  /** The queue of this agent, created where it is missing; undefined on servers without queues. */
  register(signal: AbortSignal): Promise<QueueRegistration | undefined>;
  passcode(signal: AbortSignal): Promise<string>;
  readonly stomp: StompConfig;
  readonly tls: TlsOptions;
  readonly prefetch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * Every frame, in order. Hands it on and returns: heart-beats wait for it. The receiver acks, except for `ignored` and
   * `malformed`, which come only to be counted.
   */
  onMessage(message: Message, delivery: Delivery): void;
  onState(state: EventState, error?: AgentError): void;
  /** Subscribed: frames may have been lost before, so this is the time for a pass over all open orders. */
  onConnected(): void;
}

/** Keeps one session to the event bus alive until `signal` fires. Never rejects, never gives up. */
export async function supervise(deps: SuperviseDeps, signal: AbortSignal): Promise<void> {
  const { clock } = deps;
  const guard = createGuard(deps.log);
  const outage = createOutage(deps);
  let registration: QueueRegistration | undefined;
  let state: EventState | undefined;
  let history = FRESH;
  const announce = (next: EventState, error?: AgentError): void => {
    state = next;
    guard('onState', () => deps.onState(next, error));
  };

  while (!signal.aborted) {
    let phase: Failure['phase'] = 'register';
    let subscribedAtMs: number | undefined;
    const onSubscribed = (): void => {
      subscribedAtMs = clock.monotonicMs();
      outage.over();
      announce('connected');
      guard('onConnected', () => deps.onConnected());
    };
    try {
      if (state !== 'polling') announce('connecting');
      registration ??= await deps.register(signal);
      if (registration === undefined) {
        if (state !== 'polling') deps.log.info({}, 'no event queues on this server: polling');
        announce('polling');
        await clock.sleep(probeMs(deps.random), signal);
        continue;
      }
      const passcode = await deps.passcode(signal);
      phase = 'session';
      if (state !== 'connecting') announce('connecting');
      const options = { ...deps.stomp, registration, passcode, prefetch: deps.prefetch, tls: deps.tls };
      for await (const delivery of session(options, { clock, onSubscribed }, signal)) {
        const message = decode(delivery.body, delivery.objectType);
        if (message.kind === 'ignored' || message.kind === 'malformed') delivery.ack();
        // A frame that cannot be handled must not come again without end; reconciliation sees what it was about.
        if (!guard('onMessage', () => deps.onMessage(message, delivery))) delivery.ack();
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toAgentError(thrown);
      const atMs = clock.monotonicMs();
      const connectedMs = subscribedAtMs === undefined ? 0 : atMs - subscribedAtMs;
      const step = reconnect(history, { phase, error, atMs, connectedMs }, deps.random);
      history = step.history;
      if (step.register) registration = undefined;
      outage.failed(error, step.waitMs);
      announce('disconnected', error);
      await clock.sleep(step.waitMs, signal).catch(() => undefined);
    }
  }
}

/** Runs a callback; false when it threw, which is a bug of ours and must not look like a failure of the broker. */
function createGuard(log: Log): (name: string, callback: () => void) => boolean {
  return (name, callback) => {
    try {
      callback();
      return true;
    } catch (err) {
      log.error({ err, callback: name }, 'event callback failed');
      return false;
    }
  };
}

const LOG_EVERY = 10;

/** Logs the first failure of an outage, every tenth one after it, and how it ended. */
function createOutage(deps: Pick<SuperviseDeps, 'clock' | 'log'>): {
  failed(error: AgentError, waitMs: number): void;
  over(): void;
} {
  let failures = 0;
  let sinceMs = 0;
  return {
    failed: (err, waitMs) => {
      if (failures === 0) sinceMs = deps.clock.monotonicMs();
      failures += 1;
      if (failures !== 1 && failures % LOG_EVERY !== 0) return;
      deps.log.warn({ err, failures, waitMs: Math.round(waitMs) }, 'event stream lost, trying again');
    },
    over: () => {
      if (failures === 0) deps.log.info({}, 'event stream connected');
      else {
        const outageMs = Math.round(deps.clock.monotonicMs() - sinceMs);
        deps.log.info({ outageMs, failures }, 'event stream connected again');
      }
      failures = 0;
    },
  };
}
