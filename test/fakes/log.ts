import type { Log, LogFields } from '../../src/lib/log.ts';

/** A log no one reads. */
export function silentLog(): Log {
  const nothing = (): void => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: nothing, child: silentLog };
}

/** A log that keeps what it is told, as `level message`, with the fields of each. */
export function recordingLog(): { readonly log: Log; readonly said: { text: string; fields: LogFields }[] } {
  const said: { text: string; fields: LogFields }[] = [];
  const keep =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void said.push({ text: `${level} ${message}`, fields });
  const log: Log = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => log,
  };
  return { log, said };
}
