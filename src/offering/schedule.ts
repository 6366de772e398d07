import { type Logger, schedule as scheduleCron } from 'node-cron';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/retry.ts';

export interface ScheduleOptions {
  /** Five or six cron fields, validated before. Day of month and day of week are ANDed. */
  readonly expression: string;
  /** IANA name. */
  readonly timezone: string;
  /** Each wake-up is delayed by a random part of this, so that a hundred sites do not report in the same second. */
  readonly jitterMs: number;
  /** A wake-up only: what is due is for the callee to compute. */
  readonly onWake: (signal: AbortSignal) => Promise<void>;
  /** A slot passed unused: the process was blocked, or the wake-up before is still being served. */
  readonly onMissed: () => void;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Schedule {
  /** No further wake-ups; aborts the one being served and waits for it. */
  stop(): Promise<void>;
}

export function schedule(options: ScheduleOptions): Schedule {
  const stopping = new AbortController();
  let serving = Promise.resolve();
  const task = scheduleCron(
    options.expression,
    () => {
      serving = serve(options, stopping.signal);
      return serving;
    },
    // node-cron prints to the console, waits for nothing on stop and swallows what jobs throw: none of that is used.
    { timezone: options.timezone, noOverlap: true, logger: SILENT, suppressMissedWarning: true },
  );
  task.on('execution:missed', options.onMissed);
  task.on('execution:overlap', options.onMissed);
  return {
    stop: async () => {
      await task.destroy();
      stopping.abort();
      await serving;
    },
  };
}

async function serve(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  try {
    await options.clock.sleep(options.jitterMs * options.random(), signal);
    await options.onWake(signal);
  } catch (error) {
    if (!signal.aborted) options.onError(error);
  }
}

const nothing = (): void => undefined;
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
