import type { Log } from '../../../src/lib/log.ts';

/** Keeps what is logged as lines of text. */
export function keepingLog(lines: string[]): Log {
  const keep = (fields: object, message: string): void => {
    const shown = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.stack : value]);
    lines.push(`${message} ${JSON.stringify(shown)}`);
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}
