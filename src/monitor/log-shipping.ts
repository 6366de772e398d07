import type { Clock } from '../lib/clock.ts';
import { isJsonObject } from '../lib/json.ts';
import type { LogLevel } from '../lib/log.ts';

/** One line of the agent log, in the form Waldur takes. */
export interface ShippedEntry {
  readonly time: Date;
  readonly level: string;
  readonly message: string;
  readonly module: string;
}

export interface LogShipperOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Entries kept while they cannot be shipped; the oldest go first. */
  readonly capacity: number;
  /** At most 100 entries; false when the server takes no logs, after which nothing is collected any more. */
  readonly ship: (entries: readonly ShippedEntry[], signal: AbortSignal) => Promise<boolean>;
}

export interface LogShipper {
  /** Takes a finished, scrubbed line of the log; keeps warnings and worse. Never throws. */
  collect(line: string, level: LogLevel): void;
  /** Ships on an interval until the signal fires. Failures are silent: a line about them would be shipped in turn. */
  run(signal: AbortSignal): Promise<void>;
  /** Ships what is left, once. */
  flush(signal: AbortSignal): Promise<void>;
}

const BATCH = 100;

export function createLogShipper(options: LogShipperOptions): LogShipper {
  const ring: ShippedEntry[] = [];
  let dropped = 0;
  let refused = false;

  const collect = (line: string, level: LogLevel): void => {
    if (refused || !SHIPPED_LEVELS.has(level)) return;
    const entry = readLine(line, level, options.clock);
    if (ring.push(entry) <= options.capacity) return;
    ring.shift();
    dropped++;
  };

  const shipBatch = async (signal: AbortSignal): Promise<boolean> => {
    const lost = dropped;
    const notice = lost > 0 ? [droppedEntry(lost, options.clock.now())] : [];
    const batch = ring.splice(0, BATCH - notice.length);
    dropped = 0;
    try {
      refused = !(await options.ship([...notice, ...batch], signal));
      return true;
    } catch {
      ring.unshift(...batch);
      const surplus = Math.max(0, ring.length - options.capacity);
      ring.splice(0, surplus);
      dropped += lost + surplus;
      return false;
    }
  };

  const flush = async (signal: AbortSignal): Promise<void> => {
    let shipped = true;
    while (ring.length > 0 && shipped && !refused) shipped = await shipBatch(signal);
    if (refused) ring.length = 0;
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await options.clock.sleep(options.intervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await flush(signal);
    }
  };

  return { collect, run, flush };
}

const SHIPPED_LEVELS: ReadonlySet<LogLevel> = new Set(['warn', 'error', 'fatal']);

function readLine(line: string, level: LogLevel, clock: Clock): ShippedEntry {
  const fields = parse(line);
  const error = isJsonObject(fields['err']) ? fields['err'] : {};
  const message = [fields['msg'], error['message']].filter((part) => typeof part === 'string').join(': ');
  const component = fields['component'];
  return {
    time: clock.now(),
    level,
    message: message === '' ? line.trim() : message,
    module: typeof component === 'string' ? component : 'daemon',
  };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function droppedEntry(count: number, time: Date): ShippedEntry {
  return { time, level: 'warn', message: `${count} log entries were dropped before this one`, module: 'daemon' };
}
