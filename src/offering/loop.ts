import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/retry.ts';

export interface PulseOptions {
  /** Asked before every pause, because it may depend on how things stand. */
  readonly intervalMs: () => number;
  /** Waits before the first beat, too. */
  readonly restFirst?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Must handle its own failures, and calls `alive` now and then when it takes long. */
  readonly beat: (signal: AbortSignal, alive: () => void) => Promise<void>;
}

export interface Pulse {
  /** Beats, at once unless it rests first, and then at the interval, until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the pause; a beat in progress is followed by another one. */
  kick(): void;
  /** Monotonic time of the last sign of life. */
  lastTurnMs(): number;
}

const JITTER = 0.1;

/** A loop that turns at an interval spread by ± 10 %, so that many offerings do not beat together. */
export function createPulse(options: PulseOptions): Pulse {
  let kicked = false;
  let wake = (): void => undefined;
  let lastTurnMs = options.clock.monotonicMs();

  const alive = (): void => {
    lastTurnMs = options.clock.monotonicMs();
  };

  async function pause(signal: AbortSignal): Promise<void> {
    if (kicked || signal.aborted) return;
    const ms = options.intervalMs() * (1 - JITTER + 2 * JITTER * options.random());
    await new Promise<void>((resolve) => {
      const cancel = options.clock.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
    });
    signal.removeEventListener('abort', wake);
  }

  return {
    run: async (signal) => {
      if (options.restFirst === true) await pause(signal);
      while (!signal.aborted) {
        kicked = false;
        alive();
        await options.beat(signal, alive);
        await pause(signal);
      }
    },
    kick: () => {
      kicked = true;
      wake();
    },
    lastTurnMs: () => lastTurnMs,
  };
}
