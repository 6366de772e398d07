import { toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ServiceManager } from './service-manager.ts';

/** Whether the process was asked to stop, why, and with which exit code it ends. */
export interface StopRequest {
  isAsked(): boolean;
  /** Resolves when a stop was asked for. */
  readonly asked: Promise<void>;
  /** Resolves with an exit code when the signal came twice. */
  readonly askedTwice: Promise<number>;
  /** 0, or 70 after a bug. */
  exitCode(): number;
  onSignal(signal: keyof typeof EXIT_SECOND): void;
  onBug(error: unknown): void;
}

const EXIT_BUG = 70;
const EXIT_SECOND = { SIGINT: 130, SIGTERM: 143 } as const;

/** @param onAsked called once */
export function createStopRequest(
  { service, log }: { readonly service: Pick<ServiceManager, 'stopping'>; readonly log: Log },
  onAsked: () => void,
): StopRequest {
  const first = deferred<void>();
  const second = deferred<number>();
  let asked = false;
  let exitCode = 0;

  const ask = (): void => {
    if (asked) return;
    asked = true;
    service.stopping('finishing what runs');
    onAsked();
    first.resolve();
  };

  return {
    isAsked: () => asked,
    asked: first.promise,
    askedTwice: second.promise,
    exitCode: () => exitCode,
    onSignal: (signal) => {
      if (asked) {
        log.warn({ signal }, 'second signal, leaving at once');
        second.resolve(EXIT_SECOND[signal]);
        return;
      }
      log.info({ signal }, 'stopping; a second signal leaves at once');
      ask();
    },
    onBug: (error) => {
      log.error({ err: toAgentError(error) }, 'unexpected error, stopping');
      exitCode = EXIT_BUG;
      ask();
    },
  };
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((yes) => {
    resolve = yes;
  });
  return { promise, resolve: (value) => resolve(value) };
}
