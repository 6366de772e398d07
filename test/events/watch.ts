import type { Message } from '../../src/events/decode.ts';
import { type Delivery, type EventState, type SuperviseDeps, supervise } from '../../src/events/supervise.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { keepingLog, type Line } from './keeping-log.ts';

export interface Watched {
  readonly states: readonly EventState[];
  /** Codes of the errors that came with a state. */
  readonly codes: readonly string[];
  readonly messages: readonly Message[];
  readonly deliveries: readonly Delivery[];
  readonly lines: readonly Line[];
  /** How often a pass over all orders was asked for. */
  passes(): number;
  /** Resolves once the state was entered this often. */
  reached(state: EventState, times: number): Promise<void>;
  message(count: number): Promise<void>;
  /** Aborts, and resolves when the supervisor has. */
  end(): Promise<void>;
}

/** Runs a supervisor and keeps what it says. It acks what it is given. */
export function watch(deps: Pick<SuperviseDeps, 'register' | 'stomp'> & Partial<SuperviseDeps>): Watched {
  const controller = new AbortController();
  const states: EventState[] = [];
  const codes: string[] = [];
  const messages: Message[] = [];
  const deliveries: Delivery[] = [];
  const lines: Line[] = [];
  const waiting: { met: () => boolean; resolve: () => void }[] = [];
  let passes = 0;
  const changed = (): void => {
    for (const each of waiting) if (each.met()) each.resolve();
  };
  const until = (met: () => boolean): Promise<void> =>
    met() ? Promise.resolve() : new Promise((resolve) => waiting.push({ met, resolve }));
  const done = supervise(
    {
      passcode: async () => 'passcode',
      tls: { ca: undefined, verifySsl: true, proxy: undefined },
      prefetch: 16,
      clock: systemClock,
      random: () => 0.5,
      log: keepingLog(lines),
      onState: (state, error) => {
        states.push(state);
        if (error !== undefined) codes.push(error.code);
        changed();
      },
      onConnected: () => {
        passes += 1;
      },
      ...deps,
      onMessage: (message, delivery) => {
        messages.push(message);
        deliveries.push(delivery);
        changed();
        if (deps.onMessage === undefined) delivery.ack();
        else deps.onMessage(message, delivery);
      },
    },
    controller.signal,
  );
  return {
    states,
    codes,
    messages,
    deliveries,
    lines,
    passes: () => passes,
    reached: (state, times) => until(() => states.filter((each) => each === state).length >= times),
    message: (count) => until(() => messages.length >= count),
    end: () => {
      controller.abort(new Error('the test is over'));
      return done;
    },
  };
}
