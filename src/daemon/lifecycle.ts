import type { EventEmitter } from 'node:events';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { LifecycleState } from '../monitor/health.ts';
import type { ServiceManager } from './service-manager.ts';

export interface LifecycleDeps {
  /** `process`, or an emitter in tests. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  readonly service: ServiceManager;
  readonly clock: Clock;
  readonly log: Log;
  /** How long work in progress may go on after a stop was asked for. */
  readonly drainMs: () => number;
  /** Starts everything. Whatever it started ends when `stop` fires. */
  readonly start: (stop: AbortSignal) => Promise<void>;
  /** Stops intake; resolves when nothing runs any more. */
  readonly drain: (signal: AbortSignal) => Promise<void>;
  /** Releases what `start` acquired; called once, also when `start` failed. */
  readonly close: () => Promise<void>;
  /** Reads the configuration again; a sentence about the result. A throw leaves everything as it was. */
  readonly reload: (signal: AbortSignal) => Promise<string>;
  readonly reportNow: () => void;
}

export interface Lifecycle {
  state(): LifecycleState;
  /** The same as SIGHUP. */
  askToReload(): void;
  /**
   * Runs until a signal or a bug ends it. 0: drained; 70: a bug; 75: the drain was cut short; 130 and 143: a second
   * SIGINT or SIGTERM, where the caller must exit at once although clean-up has not ended.
   *
   * @throws whatever `start` throws, after closing.
   */
  run(): Promise<number>;
}

const CLOSE_MS = 10_000;
const EXIT_BUG = 70;
const EXIT_CUT_SHORT = 75;
const EXIT_SECOND = { SIGINT: 130, SIGTERM: 143 } as const;

/** `starting → running → draining → closing → stopped`, and the only place that listens to signals. */
export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { service, log } = deps;
  const stop = new AbortController();
  const stopAsked = deferred<void>();
  const secondSignal = deferred<number>();
  let state: LifecycleState = 'starting';
  let asked = false;
  let exitCode = 0;
  let reloads = Promise.resolve();

  const askToStop = (): void => {
    if (asked) return;
    asked = true;
    service.stopping('finishing what runs');
    if (state === 'starting') stop.abort(new Error('the agent was stopped while it started'));
    stopAsked.resolve();
  };

  const onStopSignal = (signal: keyof typeof EXIT_SECOND): void => {
    if (asked) {
      log.warn({ signal }, 'second signal, leaving at once');
      secondSignal.resolve(EXIT_SECOND[signal]);
      return;
    }
    log.info({ signal }, 'stopping; a second signal leaves at once');
    askToStop();
  };

  const onBug = (error: unknown): void => {
    log.error({ err: toAgentError(error) }, 'unexpected error, stopping');
    exitCode = EXIT_BUG;
    askToStop();
  };

  const reload = async (): Promise<void> => {
    if (state !== 'running' || asked) return;
    service.reloading();
    const outcome = await reloaded(deps, stop.signal);
    if (!asked) service.ready(outcome);
  };

  const askToReload = (): void => {
    reloads = reloads.then(reload);
  };

  const handlers = {
    SIGTERM: () => onStopSignal('SIGTERM'),
    SIGINT: () => onStopSignal('SIGINT'),
    SIGHUP: askToReload,
    SIGUSR2: () => {
      if (state === 'running') deps.reportNow();
    },
    unhandledRejection: onBug,
    uncaughtException: onBug,
  };

  const live = async (): Promise<number> => {
    let wasStarted = false;
    try {
      await deps.start(stop.signal);
      wasStarted = true;
      if (!asked) {
        state = 'running';
        service.ready('running');
      }
      await stopAsked.promise;
      state = 'draining';
      const drained = await drain(deps);
      return exitCode || (drained ? 0 : EXIT_CUT_SHORT);
    } catch (error) {
      if (!asked) throw error;
      return exitCode;
    } finally {
      state = 'closing';
      if (!stop.signal.aborted) stop.abort(new Error('the agent is stopping'));
      await close(deps);
      state = 'stopped';
      if (wasStarted) log.info({}, 'agent stopped');
    }
  };

  return {
    state: () => state,
    askToReload,
    run: () => listening(deps.signals, handlers, () => Promise.race([live(), secondSignal.promise])),
  };
}

const NEVER = new AbortController().signal;

/** Handles signals while `work` runs. */
async function listening<T>(
  signals: LifecycleDeps['signals'],
  handlers: Readonly<Record<string, (error: unknown) => void>>,
  work: () => Promise<T>,
): Promise<T> {
  for (const [event, handler] of Object.entries(handlers)) signals.on(event, handler);
  try {
    return await work();
  } finally {
    for (const [event, handler] of Object.entries(handlers)) signals.off(event, handler);
  }
}

/** A sentence about the result; never fails. */
async function reloaded({ reload, log }: LifecycleDeps, signal: AbortSignal): Promise<string> {
  try {
    const outcome = await reload(signal);
    log.info({ outcome }, 'configuration reloaded');
    return outcome;
  } catch (error) {
    log.error({ err: error }, 'reload rejected, the old configuration stays');
    return `reload rejected: ${toAgentError(error).message}`;
  }
}

async function close({ clock, log, close }: LifecycleDeps): Promise<void> {
  await withDeadline(clock, NEVER, CLOSE_MS, 'closing', close).catch((error: unknown) =>
    log.error({ err: error }, 'closing failed'),
  );
}

/** Whether everything came to its end in time. */
async function drain({ clock, log, drainMs, drain }: LifecycleDeps): Promise<boolean> {
  try {
    await withDeadline(clock, NEVER, drainMs(), 'finishing what runs', drain);
    return true;
  } catch (error) {
    log.warn({ err: error }, 'work in progress is aborted, the next start takes it up again');
    return false;
  }
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((yes) => {
    resolve = yes;
  });
  return { promise, resolve: (value) => resolve(value) };
}
