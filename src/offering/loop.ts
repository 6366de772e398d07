import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/retry.ts';

export interface LoopOptions {
  /** Asked before every pause, because it may depend on how things stand. */
  readonly intervalMs: () => number;
  /** The least time from one turn to the next, however often the loop is woken; 1 s without it. */
  readonly floorMs?: number;
  /** Pauses before the first turn, too. */
  readonly restFirst?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Must handle its own failures, and calls `alive` now and then when it takes long. */
  readonly turn: (signal: AbortSignal, alive: () => void) => Promise<void>;
}

export interface Loop {
  /** Turns, at once unless it rests first, and then at the interval, until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the pause as soon as the floor allows; a turn in progress is followed by another one. */
  wake(): void;
  /** Monotonic time of the last sign of life. */
  lastTurnMs(): number;
  /** How long the pause is that it is in, or was in before the present turn. */
  pauseMs(): number;
}

const JITTER = 0.1;
const FLOOR_MS = 1000;

/** A loop whose interval is spread by ± 10 %, so that many offerings do not turn together. */
export function createLoop(options: LoopOptions): Loop {
  const { clock, floorMs = FLOOR_MS } = options;
  let woken = false;
  let startedMs = Number.NEGATIVE_INFINITY;
  let lastTurnMs = clock.monotonicMs();
  let pausedMs = options.intervalMs();
  let reschedule = (): void => undefined;

  const alive = (): void => {
    lastTurnMs = clock.monotonicMs();
  };
  const floorLeftMs = (): number => startedMs + floorMs - clock.monotonicMs();

  async function pause(signal: AbortSignal): Promise<void> {
    const ms = options.intervalMs() * (1 - JITTER + 2 * JITTER * options.random());
    pausedMs = Math.max(ms, floorMs);
    await new Promise<void>((resolve) => {
      let cancel = (): void => undefined;
      const endAfter = (waitMs: number): void => {
        cancel();
        if (waitMs <= 0 || signal.aborted) resolve();
        else cancel = clock.after(waitMs, resolve);
      };
      reschedule = () => endAfter(signal.aborted ? 0 : floorLeftMs());
      endAfter(woken ? floorLeftMs() : Math.max(ms, floorLeftMs()));
      signal.addEventListener('abort', reschedule, { once: true });
    });
    signal.removeEventListener('abort', reschedule);
    reschedule = () => undefined;
  }

  return {
    run: async (signal) => {
      if (options.restFirst === true) await pause(signal);
      while (!signal.aborted) {
        woken = false;
        startedMs = clock.monotonicMs();
        alive();
        await options.turn(signal, alive);
        await pause(signal);
      }
    },
    wake: () => {
      woken = true;
      reschedule();
    },
    lastTurnMs: () => lastTurnMs,
    pauseMs: () => pausedMs,
  };
}
