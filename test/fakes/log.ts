import type { Log } from '../../src/lib/log.ts';

/** A log nobody reads. */
export function silentLog(): Log {
  const nothing = (): void => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: nothing, child: silentLog };
}
