import { execFile } from 'node:child_process';
import { writeSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';

/** Tells systemd how the service is doing. Best effort: nothing here throws, and without systemd nothing happens. */
export interface ServiceManager {
  ready(status: string): void;
  reloading(): void;
  stopping(status: string): void;
  /** Sent only when it differs from the last one: the helper costs a process. */
  status(text: string): void;
  /** Pings the watchdog for as long as `alive` says so; returns a function that ends it. */
  keepWatchdog(clock: Clock, alive: () => boolean): () => void;
}

export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** CLOCK_MONOTONIC in microseconds, which `Type=notify-reload` asks for. */
  readonly monotonicUs: () => bigint;
  readonly onError: (error: Error) => void;
}

type Send = (...assignments: readonly string[]) => void;

/** Speaks sd_notify(3); Node has no datagram sockets in the file system, so it goes another way. */
export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const send = pickTransport(options);
  let shown = '';
  const status = (text: string): string => {
    // A newline would begin another assignment.
    shown = `STATUS=${text.replaceAll(/[\r\n]+/g, ' ')}`;
    return shown;
  };
  return {
    ready: (text) => send('READY=1', status(text)),
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${options.monotonicUs()}`),
    stopping: (text) => send('STOPPING=1', status(text)),
    status: (text) => {
      const before = shown;
      if (status(text) !== before) send(shown);
    },
    keepWatchdog: (clock, alive) => {
      const intervalMs = watchdogIntervalMs(options);
      if (intervalMs === undefined) return () => undefined;
      let cancel = (): void => undefined;
      const ping = (): void => {
        if (alive()) send('WATCHDOG=1');
        cancel = clock.after(intervalMs, ping);
      };
      ping();
      return () => cancel();
    },
  };
}

/** Half of what systemd allows; undefined when no watchdog is armed for this process. */
function watchdogIntervalMs({ env, pid }: ServiceManagerOptions): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  const forUs = (env['WATCHDOG_PID'] ?? String(pid)) === String(pid);
  return forUs && microseconds > 0 ? microseconds / 2000 : undefined;
}

function pickTransport({ env, pid, onError }: ServiceManagerOptions): Send {
  if (!env['NOTIFY_SOCKET']) return () => undefined;
  const names = env['LISTEN_PID'] === String(pid) ? (env['LISTEN_FDNAMES'] ?? '').split(':') : [];
  const index = names.indexOf('notify');
  return index < 0 ? sendByHelper(env, onError) : sendToDescriptor(3 + index, onError);
}

/** systemd 253 and later: `OpenFile=/run/systemd/notify:notify` passes a connected datagram socket, from 3 upwards. */
function sendToDescriptor(fd: number, onError: (error: Error) => void): Send {
  return (...assignments) => {
    try {
      writeSync(fd, assignments.join('\n'));
    } catch (error) {
      onError(error as Error);
    }
  };
}

const HELPER_TIMEOUT_MS = 5000;

/** Before systemd 253: systemd-notify(1), which needs `NotifyAccess=all`. One at a time, to keep the order. */
function sendByHelper(env: ServiceManagerOptions['env'], onError: (error: Error) => void): Send {
  let last = Promise.resolve();
  const run = (assignments: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      execFile('systemd-notify', assignments, { env, timeout: HELPER_TIMEOUT_MS }, (error) => {
        if (error !== null) onError(error);
        resolve();
      });
    });
  return (...assignments) => {
    last = last.then(() => run(assignments));
  };
}
