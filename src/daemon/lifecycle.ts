import type { EventEmitter } from 'node:events';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { LifecycleState } from '../monitor/health.ts';
import type { ServiceManager } from './service-manager.ts';
import { createStopRequest } from './stop-request.ts';

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
const EXIT_CUT_SHORT = 75;

/** `starting → running → draining → closing → stopped`, and the only place that listens to signals. */
export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { service, log } = deps;
  const life = new AbortController();
  let state: LifecycleState = 'starting';
  let reloads = Promise.resolve();
  const stop = createStopRequest(deps, () => {
    if (state === 'starting') life.abort(new Error('the agent was stopped while it started'));
  });

  const reload = async (): Promise<void> => {
    if (state !== 'running' || stop.isAsked()) return;
    service.reloading();
    const outcome = await reloaded(deps, life.signal);
    if (!stop.isAsked()) service.ready(outcome);
  };

  const askToReload = (): void => {
    reloads = reloads.then(reload);
  };

  const handlers = {
    SIGTERM: () => stop.onSignal('SIGTERM'),
    SIGINT: () => stop.onSignal('SIGINT'),
    SIGHUP: askToReload,
    SIGUSR2: () => state === 'running' && deps.reportNow(),
    unhandledRejection: stop.onBug,
    uncaughtException: stop.onBug,
  };

  const live = async (): Promise<number> => {
    let wasStarted = false;
    try {
      await deps.start(life.signal);
      wasStarted = true;
      if (!stop.isAsked()) {
        state = 'running';
        service.ready('running');
      }
      await stop.asked;
      state = 'draining';
      const code = await drain(deps);
      return stop.exitCode() || code;
    } catch (error) {
      if (!stop.isAsked()) throw error;
      return stop.exitCode();
    } finally {
      state = 'closing';
      await close(deps, life);
      state = 'stopped';
      if (wasStarted) log.info({}, 'agent stopped');
    }
  };

  return {
    state: () => state,
    askToReload,
    run: () => listening(deps.signals, handlers, () => Promise.race([live(), stop.askedTwice])),
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

/** Aborts what still runs and releases everything; a failure is logged. */
async function close({ clock, log, close }: LifecycleDeps, life: AbortController): Promise<void> {
  if (!life.signal.aborted) life.abort(new Error('the agent is stopping'));
  await withDeadline(clock, NEVER, CLOSE_MS, 'closing', close).catch((error: unknown) =>
    log.error({ err: error }, 'closing failed'),
  );
}

/** Returns the exit code: 0 when everything came to its end in time. */
async function drain({ clock, log, drainMs, drain }: LifecycleDeps): Promise<number> {
  try {
    await withDeadline(clock, NEVER, drainMs(), 'finishing what runs', drain);
    return 0;
  } catch (error) {
    log.warn({ err: error }, 'work in progress is aborted, the next start takes it up again');
    return EXIT_CUT_SHORT;
  }
}
